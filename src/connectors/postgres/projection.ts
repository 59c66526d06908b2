/** What is selected to make records: key, version, when it was modified, and the fields asked for. */
import type { SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { columnsNamed, quoted, type Column, type Table } from './catalog.ts';
import { textIn, type Parse, type Row } from './database.ts';
import { instantText, parsersFor } from './types.ts';

export interface Projection {
  /** The select list for a table alias. */
  readonly sql: string;
  /** How many result columns it takes. */
  readonly width: number;
  readonly parserOf: (typeOid: number) => Parse;
  readonly recordOf: (row: Row) => SystemRecord;
}

/**
 * The version is xmin, the transaction that wrote the row, with ctid, the row version's place in the table.
 *
 * Equal token ⇒ equal record: whatever changes a row makes a new row version, with the xmin of the changing transaction.
 * Two changes by one transaction share their xmin, and a RETURNING shows the first of them when an AFTER trigger makes a
 * second; but the two row versions lie at different places, because the first place is not free before that transaction
 * has ended. Freezing keeps xmin readable (since 9.4), so vacuum changes no token. After 2^32 transactions an xmin comes
 * again, and only on the same place would the token repeat. Unequal tokens may stand for equal records: VACUUM FULL and
 * CLUSTER move rows. In a partitioned table a place is only one together with its partition.
 */
function versionColumns(table: Table): readonly string[] {
  return table.partitioned ? ['tableoid', 'xmin', 'ctid'] : ['xmin', 'ctid'];
}

/** The version as one SQL expression, spelled like the records' own. */
export function versionSql(table: Table, alias: string): string {
  return `(${versionColumns(table)
    .map((column) => `${alias}.${column}::text`)
    .join(` || ' ' || `)})`;
}

export function projectionOf(table: Table, fields: readonly string[], alias: string): Projection {
  const { key, cursorColumn } = table;
  const keyWidth = key.length;
  const versions = versionColumns(table);
  const fieldsAt = keyWidth + versions.length + (cursorColumn === null ? 0 : 1);
  const columns = columnsNamed(table, fields);
  const selected = [
    ...key.map((column) => `${alias}.${quoted(column.name)}::text`),
    ...versions.map((column) => `${alias}.${column}::text`),
    ...(cursorColumn === null ? [] : [epochSql(cursorColumn, alias)]),
    ...columns.map((column) => `${alias}.${quoted(column.name)}`),
  ];
  return {
    sql: selected.join(', '),
    width: selected.length,
    parserOf: parsersFor([...table.columns.values()].map(({ type }) => type)),
    recordOf: (row) => {
      const values = new Map<string, NativeValue>();
      for (let index = 0; index < fields.length; index += 1) {
        values.set(fields[index] ?? '', row[fieldsAt + index] ?? null);
      }
      const id = idOf(key, row);
      let version = textIn(row[keyWidth]);
      for (let index = 1; index < versions.length; index += 1) version += ` ${textIn(row[keyWidth + index])}`;
      const modifiedAtMs = cursorColumn === null ? Number.NaN : Math.floor(Number(row[fieldsAt - 1]) * 1_000);
      if (!Number.isFinite(modifiedAtMs) || row[fieldsAt - 1] === null)
        return { id, version, fields: values };
      return { id, version, fields: values, modifiedAtMs };
    },
  };
}

/** A timestamp without zone is taken in the zone of the session, as the server itself does. */
function epochSql(column: Column, alias: string): string {
  return `date_part('epoch', ${alias}.${quoted(column.name)}::timestamptz)`;
}

/** The record's id from a row that begins with the key columns as text: the value itself, or a JSON array of several. */
export function idOf(key: readonly Column[], row: Row): string {
  const [only] = key;
  if (key.length === 1 && only !== undefined) return keyPart(only, textIn(row[0]));
  return JSON.stringify(key.map((column, index) => keyPart(column, textIn(row[index]))));
}

/** An instant's text depends on the session's zone, and that of a `char(n)` on whether it was cast, which cuts its blanks; an id must not. */
function keyPart(column: Column, text: string): string {
  switch (column.type.base) {
    case 'timestamptz':
      return instantText(text);
    case 'bpchar':
      return text.replace(/ +$/u, '');
    default:
      return text;
  }
}

/** The key's parts as text, or null when the text cannot be an id of this table. */
export function keyOfId(table: Table, id: string): readonly string[] | null {
  if (table.key.length === 1) return [id];
  try {
    const parts: unknown = JSON.parse(id);
    const isKey =
      Array.isArray(parts) &&
      parts.length === table.key.length &&
      parts.every((part) => typeof part === 'string');
    return isKey ? parts : null;
  } catch {
    return null;
  }
}

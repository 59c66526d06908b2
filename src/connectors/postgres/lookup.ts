/** Reading the records asked for by id or by a field's value. */
import type { Lookup, SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { columnsNamed, quoted, type Column, type Table } from './catalog.ts';
import type { Row, Statement } from './database.ts';
import { BATCH_RECORDS_MAX } from './describe.ts';
import { failureOf, isAboutOneRecord } from './failures.ts';
import { keyOfId, projectionOf } from './projection.ts';

/** Runs one statement and throws what the driver throws: on a lent connection, or on one of the pool. */
export type Run = (statement: Statement) => Promise<readonly Row[]>;

export async function getRecords(
  run: Run,
  table: Table,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly Lookup[]> {
  const projection = projectionOf(table, fields, 't');
  const found = new Map<number, SystemRecord>();
  const keyed = ids.flatMap((id, index) => {
    const key = keyOfId(table, id);
    return key === null ? [] : [{ index, key }];
  });
  const parts = table.key.map((column, part) => ({ column, name: `k${String(part)}` }));
  const text =
    `select x.i, ${projection.sql} from json_to_recordset($1::json) as x(i int4, ` +
    `${parts.map(({ name, column }) => `${name} ${column.type.sqlName}`).join(', ')}) join ${table.sqlName} t ` +
    `on ${parts.map(({ name, column }) => `t.${quoted(column.name)} = x.${name}`).join(' and ')}`;
  await splitting(keyed, async (chunk) => {
    const wanted = chunk.map(({ index, key }) => ({
      i: index,
      ...Object.fromEntries(key.map((value, part) => [`k${String(part)}`, value])),
    }));
    const rows = await run({ text, values: [JSON.stringify(wanted)], parserOf: projection.parserOf });
    for (const [index, ...row] of rows) found.set(Number(index), projection.recordOf(row));
  });
  return ids.map((id, index): Lookup => {
    const record = found.get(index);
    // A type may take two texts for equal, as citext does: what has this key is then another record, and this one is not there.
    if (record !== undefined) return record.id === id ? { kind: 'found', record } : { kind: 'absent', id };
    // Under row security nobody but the policy knows whether a row is not there or only not ours to see.
    return { kind: table.rowSecurity ? 'hidden' : 'absent', id };
  });
}

export async function findRecords(
  run: Run,
  table: Table,
  search: { readonly field: string; readonly values: readonly NativeValue[]; readonly recordsMax: number },
  fields: readonly string[],
): Promise<readonly SystemRecord[]> {
  const projection = projectionOf(table, fields, 't');
  const [column] = columnsNamed(table, [search.field]);
  if (column === undefined) return [];
  const found = new Map<string, SystemRecord>();
  await splitting(search.values.slice(), async (chunk) => {
    const left = search.recordsMax - found.size;
    if (left <= 0) return;
    const text = `select ${projection.sql} from ${table.sqlName} t where ${matchSql(column, chunk)} limit ${String(left)}`;
    const values = chunk.filter((value) => value !== null).map((value) => ({ v: value }));
    const rows = await run({ text, values: [JSON.stringify(values)], parserOf: projection.parserOf });
    for (const record of rows.map(projection.recordOf)) found.set(record.id, record);
  });
  return [...found.values()].slice(0, search.recordsMax);
}

/** json has no equality, jsonb has. */
function matchSql(column: Column, values: readonly NativeValue[]): string {
  const isJson = column.type.base === 'json';
  const left = `t.${quoted(column.name)}${isJson ? '::jsonb' : ''}`;
  const type = isJson ? 'jsonb' : column.type.sqlName;
  const equal = `${left} = any (select x.v from json_to_recordset($1::json) as x(v ${type}))`;
  return values.includes(null) ? `(${equal} or ${left} is null)` : equal;
}

/** A value that its column's type cannot even hold matches nothing, and must not spoil the statement for the others. */
async function splitting<T>(
  wanted: readonly T[],
  act: (chunk: readonly T[]) => Promise<void>,
): Promise<void> {
  if (wanted.length === 0) return;
  if (wanted.length > BATCH_RECORDS_MAX) {
    await splitting(wanted.slice(0, BATCH_RECORDS_MAX), act);
    await splitting(wanted.slice(BATCH_RECORDS_MAX), act);
    return;
  }
  try {
    await act(wanted);
  } catch (error) {
    if (!isAboutOneRecord(error) || failureOf(error).kind !== 'invalid') throw error;
    if (wanted.length === 1) return;
    const middle = Math.ceil(wanted.length / 2);
    await splitting(wanted.slice(0, middle), act);
    await splitting(wanted.slice(middle), act);
  }
}

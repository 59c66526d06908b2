import type { Lookup, SnapshotPage, SnapshotRequest, SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Catalog } from './catalog.ts';
import { readUntilAborted, type Client } from './client.ts';
import { identifier, spell } from './codec.ts';
import { refuse } from './failures.ts';
import { isAfter, keyIsOneOf, keyLiterals, keyOrder } from './key.ts';
import { recordReader, selectList, unknownField } from './row.ts';
import { stampOf } from './stamp.ts';
import type { Table } from './table.ts';

/** What every way of reading needs. */
export interface Source {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly cursorColumn: string | null;
}

const KEYS_PER_STATEMENT_MAX = 1_000;

/** In the order of the key, page by page from where the last page ended: every record that stays is met, whatever changes around it. */
export async function* readAll(source: Source, request: SnapshotRequest): AsyncGenerator<SnapshotPage> {
  const { collection, fields, pageRecordsMax, signal } = request;
  const table = await source.catalog.keyed(collection);
  const toRecord = recordReader(table, fields, stampOf(table, source.cursorColumn));
  let after = request.resume === null ? null : parseResume(collection, request.resume);
  for (let isLast = false; !isLast && !signal.aborted;) {
    const where = after === null ? '' : `where ${afterId(table, after)}`;
    const rows = await readUntilAborted(
      source.client,
      `select ${selectList(table)} from ${identifier(table.name)} ${where}
       order by ${keyOrder(table).join(', ')} limit ${String(pageRecordsMax)}`,
      signal,
    );
    if (rows === null) return;
    const records = rows.map(toRecord);
    after = records.at(-1)?.id ?? after;
    isLast = rows.length < pageRecordsMax;
    yield {
      records,
      unreadable: [],
      resume: after === null ? null : { table: collection, after },
      complete: isLast,
    };
  }
}

export function getRecords(
  source: Source,
  collection: string,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly Lookup[]> {
  return source.catalog.withTable(collection, async (table) => {
    const toRecord = recordReader(table, fields, stampOf(table, source.cursorColumn));
    const found = new Map<string, SystemRecord>();
    for (let from = 0; from < ids.length; from += KEYS_PER_STATEMENT_MAX) {
      const keys = ids.slice(from, from + KEYS_PER_STATEMENT_MAX).flatMap((id) => {
        const literals = keyLiterals(table, id);
        return literals === null ? [] : [literals];
      });
      if (keys.length === 0) continue;
      const sql = `select ${selectList(table)} from ${identifier(table.name)} where ${keyIsOneOf(table, keys)}`;
      for (const record of (await source.client.read(sql)).map(toRecord)) found.set(record.id, record);
    }
    // By the exact id: a collation that takes `a` for `A` would otherwise answer with another record than was asked for.
    return ids.map((id): Lookup => {
      const record = found.get(id);
      return record === undefined ? { kind: 'absent', id } : { kind: 'found', record };
    });
  });
}

export interface FindRequest {
  readonly collection: string;
  readonly field: string;
  readonly values: readonly NativeValue[];
  readonly fields: readonly string[];
  readonly recordsMax: number;
}

/** Equal is what the column's collation takes for equal: that is what its unique key goes by. */
export function findRecords(source: Source, request: FindRequest): Promise<readonly SystemRecord[]> {
  return source.catalog.withTable(request.collection, async (table) => {
    const column = table.columns.find(({ name }) => name === request.field);
    if (column === undefined) throw unknownField(table, request.field);
    const toRecord = recordReader(table, request.fields, stampOf(table, source.cursorColumn));
    const literals = request.values.flatMap((value) => {
      const spelled = spell(column.codec, value);
      return value === null || spelled.kind === 'refused' ? [] : [spelled.text];
    });
    if (literals.length === 0 || request.recordsMax === 0) return [];
    const rows = await source.client.read(
      `select ${selectList(table)} from ${identifier(table.name)}
       where ${identifier(column.name)} in (${literals.join(', ')})
       order by ${keyOrder(table).join(', ')} limit ${String(request.recordsMax)}`,
    );
    return rows.map(toRecord);
  });
}

function afterId(table: Table, id: string): string {
  const literals = keyLiterals(table, id);
  if (literals === null) throw expired(table.name);
  return isAfter(keyOrder(table), literals);
}

function parseResume(collection: string, resume: NonNullable<SnapshotRequest['resume']>): string {
  const { table, after } = typeof resume === 'object' ? (resume as Readonly<Record<string, unknown>>) : {};
  if (table !== collection || typeof after !== 'string') throw expired(collection);
  return after;
}

function expired(collection: string): Error {
  return refuse(
    'config',
    'cursor_expired',
    `the stored position does not belong to ${collection} as it is now`,
    {
      advice: 'The collection is read from the beginning; nothing has to be done.',
    },
  );
}

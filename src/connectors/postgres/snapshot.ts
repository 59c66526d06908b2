/** Reading a whole table in key order, page by page, each page a statement of its own: no transaction is held open. */
import type { Cursor, SnapshotPage, SnapshotRequest } from '../../connector/contract.ts';
import { quoted, type Table } from './catalog.ts';
import { textIn, type Database, type Row, type Statement } from './database.ts';
import { cursorExpired } from './expired.ts';
import { projectionOf, type Projection } from './projection.ts';

interface Batch {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

export async function* readAll(
  database: Database,
  table: Table,
  request: SnapshotRequest,
): AsyncGenerator<SnapshotPage> {
  const { fields, pageRecordsMax } = request;
  const projection = projectionOf(table, fields, 't');
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const read = async (after: readonly string[] | null): Promise<Batch> => {
    const rows = await database.query(pageStatement(table, projection, after, pageRecordsMax), signal);
    return { rows: rows.slice(0, pageRecordsMax), hasMore: rows.length > pageRecordsMax };
  };
  try {
    let batch = await read(keyOfCursor(table, request.resume));
    while (!request.signal.aborted) {
      const last = batch.rows.at(-1)?.slice(0, table.key.length).map(textIn) ?? null;
      // The next page is fetched while the caller works on this one.
      const next = batch.hasMore ? read(last) : null;
      next?.catch(() => undefined);
      const records = batch.rows.map(projection.recordOf);
      yield {
        records,
        unreadable: [],
        resume: last === null ? null : { key: last },
        complete: next === null,
      };
      if (next === null) return;
      batch = await next;
    }
  } finally {
    stop.abort();
  }
}

/** One record more than the page holds is read, to know whether another page follows. */
function pageStatement(
  table: Table,
  projection: Projection,
  after: readonly string[] | null,
  recordsMax: number,
): Statement {
  const keys = table.key.map(({ name }) => `t.${quoted(name)}`).join(', ');
  const where = after === null ? '' : ` where (${keys}) > (${keyParameters(table, 1)})`;
  return {
    text: `select ${projection.sql} from ${table.sqlName} t${where} order by ${keys} limit ${String(recordsMax + 1)}`,
    values: after ?? [],
    parserOf: projection.parserOf,
  };
}

/** Parameters from number `first` on, cast to the types of the key, so that comparing uses the key's index. */
export function keyParameters(table: Table, first: number): string {
  return table.key.map(({ type }, index) => `$${String(first + index)}::${type.sqlName}`).join(', ');
}

function keyOfCursor(table: Table, resume: Cursor): readonly string[] | null {
  if (resume === null) return null;
  const key: unknown = typeof resume === 'object' && 'key' in resume ? resume['key'] : null;
  if (Array.isArray(key) && key.length === table.key.length && key.every((part) => typeof part === 'string'))
    return key;
  throw cursorExpired(table, 'it does not fit the table’s primary key');
}

/** One look at what has changed in an object: by SystemModstamp, the bin included, and by the log of deletes. */
import type { ChangesRequest } from '../../connector/contract.ts';
import { pagesOf, type Notice, type Told, type ToldRecords } from '../../connector/notices.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { deletedSince } from './deleted.ts';
import { GET_BATCH_MAX } from './describe.ts';
import { afterPoll, partWay, presentPosition, toCursor, type Position } from './position.ts';
import { selectRows, type Selection } from './read.ts';
import { recordOf, zoned } from './record.ts';
import { quoted } from './soql.ts';
import { textOf } from './wire.ts';

/** How often the log of deletes is read: it only adds what left the bin before anybody looked. */
const DELETES_EVERY_MS = 300_000;

/** What a feed works with. */
export interface Feed {
  readonly api: SalesforceApi;
  readonly selection: Selection;
  readonly overlapMs: number;
  readonly request: ChangesRequest;
  readonly told: ToldRecords;
}

/** Where the object stands now. */
export async function presentOf({ api, selection, overlapMs, request }: Feed): Promise<Position> {
  const { name } = selection.object;
  const soql = `SELECT SystemModstamp FROM ${name} ORDER BY SystemModstamp DESC NULLS LAST LIMIT 1`;
  const { rows, serverMs } = await api.query(soql, askingOf(request), true);
  const [row] = rows;
  return presentPosition(name, row === undefined ? null : stampOf(row), serverMs, overlapMs);
}

/** Everything since the position; the last page says that it is caught up. An abort interrupts it with a failure. */
export async function* poll(feed: Feed, start: Position): AsyncGenerator<Told<Position>> {
  const { api, selection, overlapMs, request } = feed;
  const limit = Math.max(1, Math.min(request.pageRecordsMax, GET_BATCH_MAX));
  const hasBin = selection.object.fields.has('IsDeleted');
  let after: { readonly stampMs: number; readonly id: string } | null = null;
  let highestMs: number | null = null;
  let before = start;
  for (;;) {
    const rest = ` WHERE ${whereOf(start, after)} ORDER BY SystemModstamp, Id LIMIT ${String(limit)}`;
    const columns = hasBin ? ['IsDeleted', ...masterColumn(selection)] : [];
    const more = { deletedToo: hasBin, columns };
    const { rows, serverMs } = await selectRows(api, selection, rest, askingOf(request), more);
    const last = rows.at(-1);
    if (last !== undefined) {
      after = { stampMs: stampOf(last), id: textOf(last['Id']) };
      highestMs = Math.max(highestMs ?? after.stampMs, after.stampMs);
    }
    const isLast = rows.length < limit || after === null;
    const notices = rows.flatMap((row) => noticesOf(feed, row));
    if (!isLast && after !== null) {
      const reached = partWay(start, after.stampMs, overlapMs);
      yield* pagesOf({ notices, before, after: reached, caughtUp: false }, toCursor, request.pageRecordsMax);
      before = reached;
      continue;
    }
    const polled = await withDeletes(
      feed,
      notices,
      afterPoll(start, highestMs, serverMs, overlapMs),
      serverMs,
    );
    const told = { notices: polled.notices, before, after: polled.position, caughtUp: true };
    yield* pagesOf(told, toCursor, request.pageRecordsMax);
    return;
  }
}

/** Ties are told apart by id, so that no page boundary can fall between two of them. */
function whereOf(start: Position, after: { readonly stampMs: number; readonly id: string } | null): string {
  if (after === null)
    return start.fromMs === null ? 'Id != null' : `SystemModstamp >= ${moment(start.fromMs)}`;
  const stamp = moment(after.stampMs);
  return `(SystemModstamp > ${stamp} OR (SystemModstamp = ${stamp} AND Id > ${quoted(after.id)}))`;
}

/** While following, what lies in the overlap is told once. */
function isNews({ told, request }: Feed, id: string, state: string): boolean {
  return !request.follow || told.isNews(id, state);
}

function noticesOf(feed: Feed, row: JsonObject): readonly Notice[] {
  const id = textOf(row['Id']);
  if (row['IsDeleted'] !== true) {
    const record = recordOf(row, feed.selection.fields);
    return isNews(feed, id, String(record.version)) ? [{ kind: 'record', record }] : [];
  }
  if (!isNews(feed, id, `deleted ${textOf(row['SystemModstamp'])}`)) return [];
  const masterId = textOf(row['MasterRecordId']);
  const gone: Notice = { kind: 'hint', hint: { id, kind: 'deleted' } };
  // A merge: what the loser had may live on in the master.
  return masterId === '' ? [gone] : [gone, { kind: 'hint', hint: { id: masterId, kind: 'changed' } }];
}

async function withDeletes(
  feed: Feed,
  notices: readonly Notice[],
  position: Position,
  serverMs: number,
): Promise<{ readonly notices: readonly Notice[]; readonly position: Position }> {
  const { api, selection, overlapMs, request } = feed;
  const isDue = serverMs - position.deletesMs >= DELETES_EVERY_MS + overlapMs;
  if (!selection.object.replicateable || !isDue) return { notices, position };
  const { ids, coveredMs } = await deletedSince(
    api,
    selection.object.name,
    position.deletesMs,
    askingOf(request),
  );
  const hints = ids.map((id): Notice => ({ kind: 'hint', hint: { id, kind: 'deleted' } }));
  return { notices: [...notices, ...hints], position: { ...position, deletesMs: coveredMs } };
}

function masterColumn({ object }: Selection): readonly string[] {
  return object.fields.has('MasterRecordId') ? ['MasterRecordId'] : [];
}

function askingOf({ signal }: ChangesRequest): Asking {
  return { purpose: 'capture', signal };
}

function stampOf(row: JsonObject): number {
  return Date.parse(zoned(textOf(row['SystemModstamp'])));
}

function moment(atMs: number): string {
  return new Date(atMs).toISOString();
}

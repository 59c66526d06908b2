/** One look at what has changed in an object: by SystemModstamp, the bin included, and by the log of deletes. */
import type { ChangePage, ChangesRequest, Hint, SystemRecord } from '../../connector/contract.ts';
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
/** What was told is remembered, so as not to be told again at every poll; beyond this it is told again. */
const TOLD_MAX = 100_000;

/** What a feed works with. */
export interface Feed {
  readonly api: SalesforceApi;
  readonly selection: Selection;
  readonly overlapMs: number;
  readonly request: ChangesRequest;
  /** Record id → what was told of it in this reading. */
  readonly told: Map<string, string>;
}

/** A page, and the position behind it. */
export interface Told {
  readonly page: ChangePage;
  readonly position: Position;
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
export async function* poll(feed: Feed, start: Position): AsyncGenerator<Told> {
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
      yield* pagesOf(notices, { before, after: reached }, request.pageRecordsMax, false);
      before = reached;
      continue;
    }
    const polled = await withDeletes(
      feed,
      notices,
      afterPoll(start, highestMs, serverMs, overlapMs),
      serverMs,
    );
    yield* pagesOf(polled.notices, { before, after: polled.position }, request.pageRecordsMax, true);
    return;
  }
}

type Notice = { readonly record: SystemRecord } | { readonly hint: Hint };

/** Ties are told apart by id, so that no page boundary can fall between two of them. */
function whereOf(start: Position, after: { readonly stampMs: number; readonly id: string } | null): string {
  if (after === null)
    return start.fromMs === null ? 'Id != null' : `SystemModstamp >= ${moment(start.fromMs)}`;
  const stamp = moment(after.stampMs);
  return `(SystemModstamp > ${stamp} OR (SystemModstamp = ${stamp} AND Id > ${quoted(after.id)}))`;
}

function noticesOf(feed: Feed, row: JsonObject): readonly Notice[] {
  const id = textOf(row['Id']);
  if (row['IsDeleted'] !== true) {
    const record = recordOf(row, feed.selection.fields);
    return isNews(feed, id, String(record.version)) ? [{ record }] : [];
  }
  if (!isNews(feed, id, `deleted ${textOf(row['SystemModstamp'])}`)) return [];
  const masterId = textOf(row['MasterRecordId']);
  const gone: Notice = { hint: { id, kind: 'deleted' } };
  // A merge: what the loser had may live on in the master.
  return masterId === '' ? [gone] : [gone, { hint: { id: masterId, kind: 'changed' } }];
}

/** While following, what lies in the overlap is read at every poll and told once. */
function isNews({ told, request }: Feed, id: string, state: string): boolean {
  if (!request.follow) return true;
  if (told.get(id) === state) return false;
  if (told.size >= TOLD_MAX) told.clear();
  told.set(id, state);
  return true;
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
  const hints = ids.map((id): Notice => ({ hint: { id, kind: 'deleted' } }));
  return { notices: [...notices, ...hints], position: { ...position, deletesMs: coveredMs } };
}

/** Of several pages only the last carries the new position: before it, not everything is told. */
function* pagesOf(
  notices: readonly Notice[],
  { before, after }: { readonly before: Position; readonly after: Position },
  sizeMax: number,
  caughtUp: boolean,
): Generator<Told> {
  for (let start = 0; start === 0 || start < notices.length; start += sizeMax) {
    const part = notices.slice(start, start + sizeMax);
    const isLast = start + sizeMax >= notices.length;
    const position = isLast ? after : before;
    yield { page: pageOf(part, position, isLast && caughtUp), position };
  }
}

function pageOf(notices: readonly Notice[], position: Position, caughtUp: boolean): ChangePage {
  return {
    records: notices.flatMap((notice) => ('record' in notice ? [notice.record] : [])),
    hints: notices.flatMap((notice) => ('hint' in notice ? [notice.hint] : [])),
    unreadable: [],
    cursor: toCursor(position),
    caughtUp,
  };
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

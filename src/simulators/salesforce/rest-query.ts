/** Routes for queries and for what has changed: query, queryAll, queryMore, getUpdated, getDeleted. */
import type { HttpAnswer } from '../http-server.ts';
import { jsonAnswer } from './answer.ts';
import { objectOf, option, type Call, type Route } from './call.ts';
import type { Page } from './cursors.ts';
import { SalesforceError } from './failure.ts';
import { idOf, type SfRecord } from './record.ts';
import { attributesOf, jsonValue, type JsonRecord } from './render.ts';
import type { SObject } from './schema.ts';
import type { Column } from './soql-path.ts';
import { runQuery } from './soql.ts';
import { jsonMoment, jsonDateTime, msOf, parseDateTime } from './times.ts';
import type { Viewer } from './viewer.ts';

const PAGE_ROWS = 2_000;
const PAGE_ROWS_MIN = 200;
const MINUTE_MS = 60_000;
const WINDOW_DAYS_MS = 30 * 86_400_000;
const IDS_MAX = 600_000;

export const queryRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/query$/, run: (call) => query(call, false) },
  { method: 'GET', path: /^\/queryAll$/i, run: (call) => query(call, true) },
  { method: 'GET', path: /^\/query(?:All)?\/([^/]+)$/i, run: more },
  { method: 'GET', path: /^\/sobjects\/(\w+)\/updated$/, run: updated },
  { method: 'GET', path: /^\/sobjects\/(\w+)\/deleted$/, run: deleted },
];

function query(call: Call, includeDeleted: boolean): HttpAnswer {
  const result = runQuery(call.viewer, call.request.query.get('q') ?? '', includeDeleted);
  if (result.kind === 'count') return jsonAnswer(200, { totalSize: result.size, done: true, records: [] });
  const rows =
    result.kind === 'groups'
      ? result.rows.map((row) => ({ attributes: { type: 'AggregateResult' }, ...row }))
      : result.rows.map((record) => ({ ...result, record }));
  return page(call, call.cursors.first(rows, pageRows(call), call.session.login.actor.userId));
}

function more(call: Call): HttpAnswer {
  return page(call, call.cursors.next(call.params[0] ?? '', pageRows(call), call.session.login.actor.userId));
}

function page(call: Call, { rows, locator, total }: Page): HttpAnswer {
  const url = `/services/data/v${call.version}/query/${String(locator)}`;
  return jsonAnswer(200, {
    totalSize: total,
    done: locator === null,
    ...(locator === null ? {} : { nextRecordsUrl: url }),
    records: rows.map((row) => (isRow(row) ? selectedJson(call.viewer, row, call.version) : row)),
  });
}

interface Row {
  readonly kind: 'records';
  readonly object: SObject;
  readonly columns: readonly Column[];
  readonly record: SfRecord;
}

function isRow(row: unknown): row is Row {
  return typeof row === 'object' && row !== null && 'record' in row && 'columns' in row;
}

/** A selected record: parents as objects inside it, null where there is none. */
function selectedJson(viewer: Viewer, { object, columns, record }: Row, version: string): JsonRecord {
  const shown: JsonRecord = { attributes: attributesOf(object, record, version) };
  for (const column of columns) {
    const parent = insideOf(viewer, shown, column, object, record, version);
    const held = column.holder(record);
    if (parent !== null && held !== null) parent[column.field.name] = jsonValue(viewer, column.field, held);
  }
  return shown;
}

/** The object inside the shown record that the column belongs to. */
function insideOf(
  viewer: Viewer,
  shown: JsonRecord,
  column: Column,
  object: SObject,
  record: SfRecord,
  version: string,
): JsonRecord | null {
  let inside = shown;
  let owner = object;
  let holder: SfRecord = record;
  for (const name of column.relationships) {
    const field = owner.fields.find(({ relationshipName }) => relationshipName === name);
    const parent = viewer.org.store.get(holder[field?.name ?? '']);
    const parentObject = viewer.object(field?.referenceTo[0] ?? '');
    if (parent === null || parentObject === null) {
      inside[name] = null;
      return null;
    }
    const existing = inside[name];
    const next: JsonRecord = isJsonRecord(existing)
      ? existing
      : { attributes: attributesOf(parentObject, parent, version) };
    inside[name] = next;
    [inside, owner, holder] = [next, parentObject, parent];
  }
  return inside;
}

function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null;
}

function pageRows(call: Call): number {
  const wanted = Number(option(call, 'sforce-query-options', 'batchsize') ?? PAGE_ROWS);
  return Number.isInteger(wanted) ? Math.min(PAGE_ROWS, Math.max(PAGE_ROWS_MIN, wanted)) : PAGE_ROWS;
}

function updated(call: Call): HttpAnswer {
  const object = objectOf(call);
  const { startMs, endMs } = windowOf(call, call.org.clock.nowMs() - WINDOW_DAYS_MS);
  const ids = call.org
    .records(object.name)
    .filter((record) => call.viewer.sees(record) && isWithin(record['SystemModstamp'], startMs, endMs))
    .map(idOf);
  if (ids.length > IDS_MAX)
    throw new SalesforceError('EXCEEDED_ID_LIMIT', 'Too many ids; choose a shorter window');
  return jsonAnswer(200, { ids, latestDateCovered: covered(call, endMs) });
}

function deleted(call: Call): HttpAnswer {
  const object = objectOf(call);
  const earliestMs = Math.max(call.org.clock.nowMs() - call.org.binRetentionMs, call.org.deleteLogStartMs);
  const { startMs, endMs } = windowOf(call, earliestMs);
  const records = call.org
    .deleted(object.name)
    .filter(({ deletedAt }) => isWithin(deletedAt, startMs, endMs))
    .map(({ id, deletedAt }) => ({ id, deletedDate: jsonDateTime(deletedAt) }));
  return jsonAnswer(200, {
    deletedRecords: records,
    earliestDateAvailable: jsonMoment(earliestMs),
    latestDateCovered: covered(call, endMs),
  });
}

function isWithin(stored: unknown, startMs: number, endMs: number): boolean {
  const atMs = typeof stored === 'string' ? msOf(stored) : Number.NaN;
  return atMs >= startMs && atMs < endMs;
}

/** Seconds are ignored on both sides, and the end is no later than now. */
function windowOf(call: Call, earliestMs: number): { readonly startMs: number; readonly endMs: number } {
  const startMs = momentOf(call, 'start');
  const endMs = momentOf(call, 'end');
  if (endMs - startMs < MINUTE_MS)
    throw badWindow('endDate must be at least one minute greater than the startDate');
  if (startMs < Math.floor(earliestMs / MINUTE_MS) * MINUTE_MS) {
    throw badWindow('startDate before earliest date available');
  }
  return { startMs, endMs };
}

function momentOf(call: Call, name: string): number {
  // A plus sign that was not encoded arrives as a blank.
  const stored = parseDateTime((call.request.query.get(name) ?? '').replace(' ', '+'));
  if (stored === null) throw badWindow(`${name} is not a dateTime`);
  return Math.floor(msOf(stored) / MINUTE_MS) * MINUTE_MS;
}

function badWindow(message: string): SalesforceError {
  return new SalesforceError('INVALID_REPLICATION_DATE', message);
}

function covered(call: Call, endMs: number): string {
  return jsonMoment(Math.min(endMs, call.org.clock.nowMs() - call.org.inFlightMs));
}

/**
 * Reads an object as a whole, by one query job where it is large: tens of requests for a million records instead of hundreds.
 * What a job has found is as old as the job, and its pages say so. Where a job cannot be had, the object is read page by page.
 */
import type { SnapshotPage, SnapshotRequest } from '../../connector/contract.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Json } from '../../lib/json.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { cellsOf, type Cell } from './bulk-csv.ts';
import { refuse } from './failures.ts';
import { pauseMs } from './job-pause.ts';
import type { SalesforceObject } from './object.ts';
import { beginQuery, partOf, stateOf, stopQuery, type Part } from './query-job.ts';
import { readAll, type Selection } from './read.ts';
import { columnsOf, recordFrom } from './record.ts';
import { isObject, numberOf, objectIn, parseExactly, textOf } from './wire.ts';

/** A job that has found nothing by then is stopped. */
const JOB_MS_MAX = 60 * 60_000;
const POLL_MS_MIN = 500;
/** Rows of a part: few at first, and then as many as make a part of about this size. */
const PART_ROWS_FIRST = 2_000;
const PART_ROWS_MAX = 50_000;
const PART_CHARACTERS = 10_000_000;
/** Where a part is too large to be taken in, the next try asks for so many times fewer rows. */
const PART_CUT = 8;
/** What the Bulk API does not give, or not as REST does. */
const NOT_BY_JOB: ReadonlySet<string> = new Set(['address', 'location', 'json', 'anyType']);
const NUMBERS: ReadonlySet<string> = new Set(['int', 'long', 'double', 'currency', 'percent']);
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Where a read by a job has come to: behind so many rows of the part that begins at the locator. */
interface Place {
  readonly job: string;
  readonly locator: string | null;
  readonly skip: number;
}

/** Every record of the object. `jobFrom`: so many records make a job worth it; 0 for never. */
export async function* readWhole(
  api: SalesforceApi,
  selection: Selection,
  request: SnapshotRequest,
  jobFrom: number,
): AsyncGenerator<SnapshotPage> {
  const begun = placeIn(request.resume) ?? (await beginWhereWorth(api, selection, request, jobFrom));
  if (begun !== null && (yield* readByJob(api, selection, request, begun))) return;
  yield* readAll(api, selection, begun === null ? request : { ...request, resume: null });
}

function placeIn(resume: Json): Place | null {
  const job = isObject(resume) ? textOf(resume['job']) : '';
  if (!isObject(resume) || job === '') return null;
  const locator = textOf(resume['locator']);
  return { job, locator: locator === '' ? null : locator, skip: numberOf(resume['skip']) };
}

async function beginWhereWorth(
  api: SalesforceApi,
  { object, fields }: Selection,
  { resume, mayBeOld, signal }: SnapshotRequest,
  jobFrom: number,
): Promise<Place | null> {
  const mayBe = resume === null && mayBeOld === true && jobFrom > 0;
  if (!mayBe || fields.some(({ type }) => NOT_BY_JOB.has(type))) return null;
  const asking: Asking = { purpose: 'sweep', signal };
  if ((await countOf(api, object, asking)) < jobFrom) return null;
  const soql = `SELECT ${columnsOf(object.fields, fields).join(', ')} FROM ${object.name}`;
  const job = await beginQuery(api, soql, asking);
  return job === null ? null : { job, locator: null, skip: 0 };
}

/** What takes Salesforce too long to count is large. */
async function countOf(api: SalesforceApi, { name }: SalesforceObject, asking: Asking): Promise<number> {
  const query = { q: `SELECT COUNT() FROM ${name}` };
  try {
    const sending = { operation: 'count', method: 'GET', effect: 'read', query, ...asking } as const;
    return numberOf(objectIn((await api.json('/query', sending)).content, 'count')['totalSize']);
  } catch (error) {
    if (failureFrom(error).code === 'salesforce.query_timeout') return Infinity;
    throw error;
  }
}

/** False where the job comes to nothing and nothing of it was read, so that the object must be read in another way. */
async function* readByJob(
  api: SalesforceApi,
  selection: Selection,
  { pageRecordsMax, signal }: SnapshotRequest,
  start: Place,
): AsyncGenerator<SnapshotPage, boolean> {
  const asking: Asking = { purpose: 'sweep', signal };
  const columns = columnsOf(selection.object.fields, selection.fields);
  if (!(yield* awaited(api, start, asking))) return notByJob(start);
  let { locator, skip } = start;
  let rowsMax = PART_ROWS_FIRST;
  for (;;) {
    const part = await partWithin(api, { ...start, locator }, rowsMax, asking);
    if (part === null || !columns.every((name) => part.table.header.includes(name)))
      return notByJob({ ...start, locator, skip });
    if (part.next !== null && part.next === locator)
      throw refuse('unexpected_answer', 'The result of a query job does not come to its end.');
    const rows = cellsOf(part.table);
    // A place may lie behind this part, which was larger before.
    while (skip < rows.length || part.next === null) {
      const some = rows.slice(skip, skip + pageRecordsMax);
      skip += some.length;
      const isOver = skip >= rows.length;
      const complete = isOver && part.next === null;
      const place = isOver && !complete ? { locator: part.next, skip: 0 } : { locator, skip };
      const records = some.map((cell) => recordFrom(valueFrom(selection.object, cell), selection.fields));
      yield { records, unreadable: [], resume: { job: start.job, ...place }, complete, isOld: true };
      if (complete || signal.aborted) return true;
    }
    skip -= rows.length;
    locator = part.next;
    rowsMax = rowsFor(part, rowsMax);
  }
}

/** Of what was read already, nothing may be missing: then the read begins anew. */
function notByJob({ locator, skip }: Place): false {
  if (locator === null && skip === 0) return false;
  throw refuse('cursor_expired', 'Salesforce does not keep what a query job had found any more.');
}

/** Waits for the job, with an empty page as a sign of life after each look. False where it failed or is not known any more. */
async function* awaited(
  api: SalesforceApi,
  place: Place,
  asking: Asking,
): AsyncGenerator<SnapshotPage, boolean> {
  const startedMs = api.clock.monotonicMs();
  for (;;) {
    const state = await stateOf(api, place.job, asking);
    if (state !== 'running') return state === 'done';
    yield { records: [], unreadable: [], resume: { ...place }, complete: false, isOld: true };
    const waitedMs = api.clock.monotonicMs() - startedMs;
    if (waitedMs >= JOB_MS_MAX) {
      await stopQuery(api, place.job, asking);
      return false;
    }
    await api.clock.sleep(pauseMs(waitedMs, POLL_MS_MIN), asking.signal);
  }
}

/** A part that can be taken in: with very long rows, of few of them. */
async function partWithin(
  api: SalesforceApi,
  { job, locator }: Place,
  rowsMax: number,
  asking: Asking,
): Promise<Part | null> {
  for (let rows = rowsMax; ; rows = Math.ceil(rows / PART_CUT))
    try {
      return await partOf(api, job, locator, rows, asking);
    } catch (error) {
      if (failureFrom(error).code !== 'salesforce.answer_too_large' || rows === 1) throw error;
    }
}

function rowsFor({ table, characters }: Part, before: number): number {
  if (table.rows.length === 0) return before;
  const fitting = Math.floor((PART_CHARACTERS * table.rows.length) / Math.max(1, characters));
  return Math.max(1, Math.min(PART_ROWS_MAX, fitting));
}

/** A cell as REST would give the value, so that both ways tell one version of one record. */
function valueFrom({ fields }: SalesforceObject, cell: Cell): (name: string) => Json {
  return (name) => {
    const text = cell(name);
    const type = fields.get(name)?.type ?? 'string';
    if (text === '') return null;
    if (type === 'boolean') return text.toLowerCase() === 'true';
    if (type === 'datetime') return text.replace(/Z$/, '+0000');
    return NUMBERS.has(type) && NUMBER.test(text) ? parseExactly(text) : text;
  };
}

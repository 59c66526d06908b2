/** Carries out writes: together where that is cheap, each record for itself where it fails. */
import type { SystemRecord, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { must } from '../../lib/assert.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Json } from '../../lib/json.ts';
import type { Random } from '../../lib/random.ts';
import type { SalesforceApi } from './api.ts';
import { isForBulk } from './bulk-csv.ts';
import { isWorthBulk } from './bulk-worth.ts';
import { sendBulk, takeUpBulk, type Begun } from './bulk-write.ts';
import { sendCollections, type Packing } from './collections.ts';
import { withoutTaken } from './creates.ts';
import { failureOf } from './failures.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { readBack } from './read-back.ts';
import { inSendingOrder, rowOf, waves, type Outcome, type Outcomes, type Row } from './row.ts';
import type { Settings } from './settings.ts';
import { isId } from './soql.ts';

/** What writing works with. */
export interface Writing {
  readonly api: SalesforceApi;
  readonly object: SalesforceObject;
  readonly settings: Settings;
  readonly random: Random;
  /** Told of each bulk job before it begins; null where nobody wants to hear. */
  readonly begun: Begun | null;
  /** What readers ask of this object; null as long as nobody has read it. */
  readonly readFields: readonly SalesforceField[] | null;
}

/** Rows that lost a lock, used up a transaction or broke Salesforce are tried again at once, few at a time. */
const AGAIN: ReadonlySet<string> = new Set([
  'salesforce.unable_to_lock_row',
  'salesforce.governor_limit',
  'salesforce.unknown_exception',
]);
const AGAIN_TRIES_MAX = 3;
const AGAIN_ROWS_MAX = 50;
const AGAIN_MS = 200;
const AGAIN_MS_MAX = 2_000;

/** One result per request, in order. */
export async function writeAll(
  writing: Writing,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const results = new Map<WriteRequest, WriteResult>();
  let sent = false;
  for (const wave of waves(requests)) {
    try {
      for (const [request, result] of await writeWave(writing, wave)) results.set(request, result);
    } catch (error) {
      // Only before the first wave is it true that nothing was sent.
      if (!sent) throw error;
      const failure = failureFrom(error);
      for (const request of wave) results.set(request, { kind: 'failed', key: request.key, failure });
    }
    sent = true;
  }
  return requests.map((request) => must(results.get(request), 'every request has a result'));
}

/** One result per request, in order, of a bulk job that was begun by somebody else. */
export async function takeUpAll(
  api: SalesforceApi,
  object: SalesforceObject,
  token: Json,
  requests: readonly WriteRequest[],
  ageMs: number,
): Promise<readonly WriteResult[]> {
  const rows = requests.map((request) => rowOf(request, object));
  const outcomes = new Map(await takeUpBulk(api, rows, token, ageMs));
  add(outcomes, await withoutTaken(api, object, outcomes));
  return rows.map((row) => resultOf(row, must(outcomes.get(row), 'every row has an outcome'), undefined));
}

async function writeWave(
  writing: Writing,
  wave: readonly WriteRequest[],
): Promise<ReadonlyMap<WriteRequest, WriteResult>> {
  const rows = wave.map((request) => rowOf(request, writing.object));
  const outcomes = new Map<Row, Outcome>();
  for (const row of rows) {
    const settled = withoutSending(row);
    if (settled !== null) outcomes.set(row, settled);
  }
  const open = inSendingOrder(rows.filter((row) => !outcomes.has(row)));
  const bulk = new Set(isManyRows(writing, open.length) ? open.filter(isForBulk) : []);
  add(outcomes, await sendBulk(writing.api, writing.object.name, [...bulk], writing.begun));
  const single = open.filter((row) => !bulk.has(row));
  add(outcomes, await sendCollections(writing.api, writing.object.name, single, packingOf(writing)));
  await tryAgain(writing, outcomes);
  add(outcomes, await withoutTaken(writing.api, writing.object, outcomes));
  const written = bulk.size > 0 ? new Map<Row, SystemRecord>() : await readBack(writing, outcomes);
  return new Map(
    rows.map((row) => [
      row.request,
      resultOf(row, must(outcomes.get(row), 'sent rows have outcomes'), written.get(row)),
    ]),
  );
}

/** What needs no request: nothing to set, or an id that is none. */
function withoutSending({ operation, id, values }: Row): Outcome | null {
  if (operation !== 'insert' && !isId(id))
    return { kind: 'failed', failure: failureOf('record_gone', 'The record’s id is none of Salesforce’s.') };
  return operation === 'update' && values.length === 0 ? { kind: 'done', id } : null;
}

function isManyRows({ api, settings }: Writing, rows: number): boolean {
  const { usage } = api;
  return isWorthBulk(settings, rows, usage === null ? 1 : 1 - usage.used / Math.max(1, usage.max));
}

function packingOf({ settings }: Writing): Packing {
  return { rowsMax: 200, collectionsPerCall: settings.collectionsPerCall };
}

/** Records of one parent go again together and alone, so that they do not meet each other at its lock. */
async function tryAgain({ api, object, random }: Writing, outcomes: Map<Row, Outcome>): Promise<void> {
  for (let tries = 1; tries <= AGAIN_TRIES_MAX && !api.closed.aborted; tries += 1) {
    const again = [...outcomes].flatMap(([row, outcome]) =>
      outcome.kind === 'failed' && AGAIN.has(outcome.failure.code) ? [row] : [],
    );
    if (again.length === 0) return;
    await api.clock.sleep(backoffMs(tries, AGAIN_MS, AGAIN_MS_MAX, random), api.closed);
    const packing = { rowsMax: AGAIN_ROWS_MAX, collectionsPerCall: 1 };
    add(outcomes, await sendCollections(api, object.name, inSendingOrder(again), packing));
  }
}

function add(outcomes: Map<Row, Outcome>, more: Outcomes): void {
  for (const [row, outcome] of more) outcomes.set(row, outcome);
}

function resultOf({ request }: Row, outcome: Outcome, record: SystemRecord | undefined): WriteResult {
  const { key } = request;
  if (outcome.kind === 'failed') return { kind: 'failed', key, failure: outcome.failure };
  const written = { kind: 'written' as const, key, recordId: outcome.id };
  // Readers may not have asked for all that was written.
  const isTold = record !== undefined && [...request.fields.keys()].every((name) => record.fields.has(name));
  return isTold
    ? { ...written, version: record.version, fields: record.fields }
    : { ...written, version: null };
}

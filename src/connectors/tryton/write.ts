/**
 * Writes in batches. Tryton does a call as one transaction, so one bad record undoes the whole batch: a refused batch
 * is halved until the bad one stands alone, and the others go through.
 */
import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { must } from '../../lib/assert.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { Asking } from './client.ts';
import type { Collection, References, TrytonRecord } from './collection.ts';
import { failWith, mayBeOfOneRecord } from './failures.ts';
import { outcomeUnknown } from './http.ts';
import { numericId, readByIds } from './read.ts';

export const WRITE_BATCH_MAX = 50;

type Outcome =
  | { readonly kind: 'done'; readonly id: number; readonly prepared: Prepared }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A request that passed our own checks, with what Tryton's method takes for it. */
type Prepared =
  | { readonly kind: 'create'; readonly request: WriteRequest; readonly values: JsonObject }
  | {
      readonly kind: 'update';
      readonly request: WriteRequest;
      readonly values: JsonObject;
      readonly current: TrytonRecord;
    }
  | { readonly kind: 'delete'; readonly request: WriteRequest; readonly current: TrytonRecord };

/** `told`: the fields that the answers tell; those that are written are among them. */
export async function writeAll(
  client: Asking,
  collection: Collection,
  requests: readonly WriteRequest[],
  told: readonly string[],
): Promise<readonly WriteResult[]> {
  const results = new Map<WriteRequest, WriteResult>();
  let sent = false;
  for (const wave of waves(requests)) {
    try {
      const answers = await writeWave(client, collection, wave, told);
      for (const [request, result] of answers) results.set(request, result);
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

/** Splits so that no record occurs twice in a wave: the second write must see the first. */
function* waves(requests: readonly WriteRequest[]): Generator<readonly WriteRequest[]> {
  let wave: WriteRequest[] = [];
  let ids = new Set<string>();
  for (const request of requests) {
    const full = wave.length >= WRITE_BATCH_MAX;
    if (full || (request.recordId !== null && ids.has(request.recordId))) {
      yield wave;
      wave = [];
      ids = new Set();
    }
    wave.push(request);
    if (request.recordId !== null) ids.add(request.recordId);
  }
  if (wave.length > 0) yield wave;
}

async function writeWave(
  client: Asking,
  collection: Collection,
  wave: readonly WriteRequest[],
  told: readonly string[],
): Promise<ReadonlyMap<WriteRequest, WriteResult>> {
  const ids = wave.flatMap(({ recordId }) => numericId(recordId ?? '') ?? []);
  const currents = new Map<string, TrytonRecord>();
  for (const current of await readByIds(client, collection, ids, []))
    currents.set(current.record.id, current);
  const references = await collection.resolve(client, wave);

  const outcomes = new Map<WriteRequest, Outcome>();
  const prepared: Prepared[] = [];
  for (const request of wave) {
    try {
      prepared.push(prepare(collection, request, currents.get(request.recordId ?? ''), references));
    } catch (error) {
      outcomes.set(request, { kind: 'failed', failure: failureFrom(error) });
    }
  }
  for (const kind of ['create', 'update', 'delete'] as const) {
    await sendHalving(
      client,
      collection,
      prepared.filter((one) => one.kind === kind),
      outcomes,
    );
  }
  return new Map(await readBack(client, collection, outcomes, told));
}

function prepare(
  collection: Collection,
  request: WriteRequest,
  current: TrytonRecord | undefined,
  references: References,
): Prepared {
  const { kind, fields, recordId, ifVersion } = request;
  if (kind === 'create') return { kind, request, values: collection.createValues(fields, references) };
  const name = `Record ${recordId ?? ''} of ${collection.name}`;
  // Tryton deletes what does not exist without a word, so it must be looked at first.
  if (current === undefined) throw failWith('tryton.record_gone', `${name} does not exist (any more).`);
  if (ifVersion !== null && current.record.version !== ifVersion) {
    throw failWith('tryton.version_mismatch', `${name} was changed since it was read.`);
  }
  if (kind === 'delete') return { kind, request, current };
  return { kind, request, current, values: collection.updateValues(fields, current, references) };
}

/** Sends prepared requests of one kind as one transaction; what is refused because of one record, in halves. */
async function sendHalving(
  client: Asking,
  collection: Collection,
  batch: readonly Prepared[],
  outcomes: Map<WriteRequest, Outcome>,
): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  try {
    const ids = await send(client, collection.name, batch);
    for (const [index, prepared] of batch.entries()) {
      const id = must(ids[index], 'every record sent has an id');
      outcomes.set(prepared.request, { kind: 'done', id, prepared });
    }
  } catch (error) {
    const failure = failureFrom(error);
    if (batch.length > 1 && mayBeOfOneRecord(failure)) {
      const middle = Math.ceil(batch.length / 2);
      await sendHalving(client, collection, batch.slice(0, middle), outcomes);
      await sendHalving(client, collection, batch.slice(middle), outcomes);
      return;
    }
    for (const { request } of batch) {
      outcomes.set(request, { kind: 'failed', failure: withField(failure, request) });
    }
  }
}

/** Returns the ids of the records, in the order of the batch. */
async function send(client: Asking, model: string, batch: readonly Prepared[]): Promise<readonly number[]> {
  const [first] = batch;
  if (first?.kind === 'create') {
    const list = batch.map((one) => (one.kind === 'create' ? one.values : {}));
    const ids = await client.model(model, 'create', [list], { effect: 'write' });
    if (!isIdList(ids) || ids.length !== list.length)
      throw outcomeUnknown('its answer does not list the new records');
    return ids;
  }
  const existing = batch.flatMap((one) => (one.kind === 'create' ? [] : [one]));
  const ids = existing.map(({ current }) => current.id);
  const context = { _timestamp: timestampsOf(existing) };
  if (first?.kind === 'delete') {
    await client.model(model, 'delete', [ids], { effect: 'write', context });
    return ids;
  }
  // Tryton's `write` takes pairs of ids and values, so that different changes fit into one transaction.
  const args = existing.flatMap((one): Json[] =>
    isEmptyUpdate(one) || one.kind === 'delete' ? [] : [[one.current.id], one.values],
  );
  if (args.length > 0) await client.model(model, 'write', args, { effect: 'write', context });
  return ids;
}

/** Deleting an e-mail address that is not there changes nothing, and must not touch the record. */
function isEmptyUpdate(prepared: Prepared): boolean {
  return prepared.kind === 'update' && Object.keys(prepared.values).length === 0;
}

/** What Tryton compares before it writes: the party's own row and, where they are written too, the rows of its parts. */
function timestampsOf(
  batch: readonly { readonly request: WriteRequest; readonly current: TrytonRecord }[],
): JsonObject {
  const guarded = batch.filter(({ request }) => request.ifVersion !== null);
  return Object.fromEntries(guarded.flatMap(({ current }) => [...current.timestamps]));
}

function isIdList(json: Json): json is readonly number[] {
  return isJsonArray(json) && json.every((id) => typeof id === 'number');
}

/** Tryton names no field, but it quotes the value: where one field alone holds what is quoted, it is that one. */
function withField(failure: Failure, request: WriteRequest): Failure {
  if (failure.kind !== 'invalid' || failure.field !== undefined) return failure;
  const quoted = [...request.fields].flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' && failure.message.includes(`"${value}"`) ? [name] : [],
  );
  // Sentences about a contact or a number also quote the party's name.
  const precise = quoted.length > 1 ? quoted.filter((name) => name !== 'name') : quoted;
  const [field] = precise;
  return precise.length === 1 && field !== undefined ? { ...failure, field } : failure;
}

/** Reads what was written, in one call, for its new version and for what Tryton made of the values. */
async function readBack(
  client: Asking,
  collection: Collection,
  outcomes: ReadonlyMap<WriteRequest, Outcome>,
  fields: readonly string[],
): Promise<readonly (readonly [WriteRequest, WriteResult])[]> {
  const kept = [...outcomes].filter(
    ([request, outcome]) => outcome.kind === 'done' && request.kind !== 'delete',
  );
  const ids = kept.flatMap(([, outcome]) => (outcome.kind === 'done' ? [outcome.id] : []));
  const after = new Map<number, TrytonRecord>();
  try {
    for (const record of await readByIds(client, collection, ids, fields)) after.set(record.id, record);
  } catch (error) {
    // The writes stand; without a version they are read again when the change feed reports them.
    failureFrom(error);
  }
  return [...outcomes].map(
    ([request, outcome]) => [request, resultOf(request, outcome, after, client.userId)] as const,
  );
}

function resultOf(
  request: WriteRequest,
  outcome: Outcome,
  after: ReadonlyMap<number, TrytonRecord>,
  userId: number,
): WriteResult {
  const { key } = request;
  if (outcome.kind === 'failed') return { kind: 'failed', key, failure: outcome.failure };
  const recordId = String(outcome.id);
  const record = after.get(outcome.id);
  const unshared = record !== undefined && isAsWritten(outcome.prepared, record, userId);
  if (!unshared) return { kind: 'written', key, recordId, version: null };
  const { version, fields } = record.record;
  return { kind: 'written', key, recordId, version, fields };
}

/**
 * True when nobody else wrote between our write and our reading: their version must not pass for ours, or their edit
 * would be lost. Tryton stamps every row that a transaction touches with one time. So the record's own row must be ours,
 * and each part must have that same time or still the one it had before. The user must be the sync's alone for this.
 */
function isAsWritten(prepared: Prepared, after: TrytonRecord, userId: number): boolean {
  const before = prepared.kind === 'create' ? null : prepared.current;
  if (isEmptyUpdate(prepared)) return after.record.version === before?.record.version;
  const own = after.timestamps.get(after.row);
  const parts = [...after.timestamps].filter(([row]) => row !== after.row);
  const ours = parts.every(([row, time]) => time === own || time === before?.timestamps.get(row));
  const lost = [...(before?.parts.keys() ?? [])].filter((part) => !after.parts.has(part));
  return after.lastWriterId === userId && ours && lost.every((part) => prepared.request.fields.has(part));
}

/** Several writes in one request, each with a result of its own. */
import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure, FailureKind } from '../../connector/failure.ts';
import { batched } from '../../connector/http/batched.ts';
import type { Answer } from '../../connector/http/request.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Json } from '../../lib/json.ts';
import { draftOf, putAt, valueAt, type Draft } from '../../lib/pointer.ts';
import { holds, rowsAt, scalarText } from './answers.ts';
import type { RestApi } from './api.ts';
import type { Collection } from './collection.ts';
import type { ManyShape } from './description/writes.ts';
import { eachOf } from './each.ts';
import { failureOf } from './failures.ts';
import { askingOf, putFields } from './put.ts';

/** What may be the fault of one record of a batch. */
const OF_ONE_RECORD: ReadonlySet<FailureKind> = new Set(['invalid', 'precondition', 'permanent']);

interface Writing {
  readonly api: RestApi;
  readonly collection: Collection;
}

/** In batches of what the system takes; a batch that fails as a whole fails each of its writes. */
export async function writeMany(
  writing: Writing,
  shape: ManyShape,
  requests: readonly WriteRequest[],
  single: (request: WriteRequest) => Promise<WriteResult>,
): Promise<readonly WriteResult[]> {
  return await batched<WriteRequest, WriteResult>(requests, {
    system: 'rest',
    sizeMax: shape.max,
    send: (part) => sentOrSingly(writing, shape, part, single),
    failed: ({ key }, failure) => ({ kind: 'failed', key, failure }),
  });
}

/** A batch that was refused whole did nothing; whose fault it was, each by itself tells. */
async function sentOrSingly(
  writing: Writing,
  shape: ManyShape,
  part: readonly WriteRequest[],
  single: (request: WriteRequest) => Promise<WriteResult>,
): Promise<readonly WriteResult[]> {
  try {
    return await sendPart(writing, shape, part);
  } catch (error) {
    if (!OF_ONE_RECORD.has(failureFrom(error).kind)) throw error;
    return await eachOf(part, writing.api.atOnce, single);
  }
}

type Entry =
  | { readonly kind: 'ready'; readonly request: WriteRequest; readonly entry: Draft }
  | { readonly kind: 'refused'; readonly request: WriteRequest; readonly failure: Failure };

/** What cannot be said to the system at all is not sent, and does not keep the others. */
async function sendPart(
  { api, collection }: Writing,
  shape: ManyShape,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const entries = requests.map((request) => entryOf(collection, shape, request));
  const ready = entries.filter((entry) => entry.kind === 'ready');
  if (ready.length === 0)
    return entries.flatMap((entry) => (entry.kind === 'refused' ? [refused(entry)] : []));
  const list = ready.map(({ entry }) => entry);
  const [first] = requests;
  const kind = first?.kind ?? 'update';
  const body = putAt(draftOf(shape.body ?? {}), shape.list, list);
  const answer = await api.send(shape, { names: {}, body }, askingOf(api, collection, kind));
  const results = rowsAt(answer.content, shape.results, `${collection.name}.${kind}`);
  const told = new Map(
    ready.map(({ request, entry }, index) => [
      request.key,
      resultOf(api, shape, request, {
        result: resultFor(shape, results, entry, index, ready.length),
        entry,
        answer,
      }),
    ]),
  );
  return entries.map((entry) => told.get(entry.request.key) ?? refusedOrMissing(entry));
}

function entryOf(collection: Collection, shape: ManyShape, request: WriteRequest): Entry {
  try {
    let entry: Draft = putFields(collection, request, draftOf(shape.each ?? {}), shape.at);
    if (shape.id_at !== undefined && request.recordId !== null)
      entry = putAt(entry, shape.id_at, request.recordId);
    if (shape.if_version !== undefined && request.ifVersion !== null)
      entry = putAt(entry, shape.if_version, request.ifVersion);
    return { kind: 'ready', request, entry };
  } catch (error) {
    return { kind: 'refused', request, failure: failureFrom(error) };
  }
}

/** By what both sides call it, or by its place where there is one result for each. */
function resultFor(
  { by }: ManyShape,
  results: readonly Json[],
  entry: Draft,
  index: number,
  count: number,
): Json | undefined {
  if (by === undefined) return results.length === count ? results[index] : undefined;
  const sent = scalarText(valueAt(entry, by.sent));
  const mine = results.filter((result) => sent !== null && scalarText(valueAt(result, by.answered)) === sent);
  return mine.length === 1 ? mine[0] : undefined;
}

function resultOf(
  api: RestApi,
  shape: ManyShape,
  { key, recordId }: WriteRequest,
  {
    result,
    entry,
    answer,
  }: { readonly result: Json | undefined; readonly entry: Draft; readonly answer: Answer<Json> },
): WriteResult {
  const failure = failureIn(api, shape, result, entry, answer);
  if (failure !== null) return { kind: 'failed', key, failure };
  const id = recordId ?? (shape.id === undefined ? null : scalarText(valueAt(result, shape.id)));
  if (id !== null && id !== '') return { kind: 'written', key, recordId: id, version: null };
  return {
    kind: 'failed',
    key,
    failure: failureOf('id_missing', 'A result came without the id of the new record.'),
  };
}

function failureIn(
  api: RestApi,
  shape: ManyShape,
  result: Json | undefined,
  entry: Draft,
  answer: Answer<Json>,
): Failure | null {
  const listed = listedError(shape, entry, answer);
  if (listed !== null) return api.failureOf(listed, answer);
  if (result === undefined)
    return failureOf('result_missing', 'The answer to a batch holds no result for this record.');
  const { error, ok } = shape;
  const code = error === undefined ? '' : (scalarText(valueAt(result, error.code)) ?? '');
  if (ok === undefined ? code === '' : holds(ok, result)) return null;
  const message = error?.message === undefined ? '' : (scalarText(valueAt(result, error.message)) ?? '');
  const field = error?.field === undefined ? null : scalarText(valueAt(result, error.field));
  return api.failureOf({ code, message, ...(field === null ? {} : { field }) }, answer);
}

/** What a list of refused records says of this one; null where it is not among them. */
function listedError(
  { errors, by }: ManyShape,
  entry: Draft,
  { content }: Answer<Json>,
): { readonly code: string; readonly message: string } | null {
  const list = errors === undefined ? undefined : valueAt(content, errors.list);
  if (errors === undefined || by === undefined || !Array.isArray(list)) return null;
  const sent = scalarText(valueAt(entry, by.sent));
  const mine = (list as readonly Json[]).find((error) => scalarText(valueAt(error, errors.id)) === sent);
  if (mine === undefined || sent === null) return null;
  const message = errors.message === undefined ? '' : (scalarText(valueAt(mine, errors.message)) ?? '');
  return { code: scalarText(valueAt(mine, errors.code)) ?? '', message };
}

function refused({ request, failure }: Extract<Entry, { readonly kind: 'refused' }>): WriteResult {
  return { kind: 'failed', key: request.key, failure };
}

function refusedOrMissing(entry: Entry): WriteResult {
  if (entry.kind === 'refused') return refused(entry);
  return {
    kind: 'failed',
    key: entry.request.key,
    failure: failureOf('result_missing', 'The answer to a batch holds no result for this record.'),
  };
}

/** Creates, updates and deletes, one request each. */
import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure, FailureKind } from '../../connector/failure.ts';
import type { Answer } from '../../connector/http/request.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Json } from '../../lib/json.ts';
import { draftOf, valueAt, type Draft } from '../../lib/pointer.ts';
import { textAt } from './answers.ts';
import type { RestApi } from './api.ts';
import { rowOf, type Collection } from './collection.ts';
import type { CreateShape, WriteShape } from './description/writes.ts';
import { failureOf, refuse } from './failures.ts';
import { askingOf, putFields } from './put.ts';
import type { Filled } from './request.ts';
import { writeMany } from './write-many.ts';

export interface Writing {
  readonly api: RestApi;
  readonly collection: Collection;
}

/** After one of these the next write would fare no better, and is not sent. */
const ENDS_ALL: ReadonlySet<FailureKind> = new Set(['transient', 'rateLimited', 'auth', 'config']);

/** One result per request, in order. A write that the description does not know ⇒ failure `config`, nothing sent. */
export async function writeAll(
  writing: Writing,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const results = new Map<string, WriteResult>();
  for (const kind of ['create', 'update', 'delete'] as const) {
    const mine = requests.filter((request) => request.kind === kind);
    const shape = writing.collection.shape[kind];
    if (mine.length === 0) continue;
    if (shape === undefined)
      throw refuse(
        'not_writable',
        `The description says no way to ${kind} records of ${writing.collection.name}.`,
      );
    const done =
      shape.many === undefined || mine.length === 1
        ? await oneByOne(writing, shape, mine)
        : await writeMany(writing, shape.many, mine, (request) => writeOne(writing, shape, request));
    for (const result of done) results.set(result.key, result);
  }
  return requests.flatMap(({ key }) => results.get(key) ?? []);
}

async function oneByOne(
  writing: Writing,
  shape: WriteShape | CreateShape,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = [];
  const { atOnce } = writing.api;
  for (let start = 0; start < requests.length; start += atOnce) {
    const ended = results.find((result) => result.kind === 'failed' && ENDS_ALL.has(result.failure.kind));
    const part = requests.slice(start, start + atOnce);
    if (ended?.kind === 'failed') results.push(...part.map(({ key }) => failed(key, ended.failure)));
    else results.push(...(await Promise.all(part.map((request) => writeOne(writing, shape, request)))));
  }
  return results;
}

function failed(key: string, failure: Failure): WriteResult {
  return { kind: 'failed', key, failure };
}

async function writeOne(
  { api, collection }: Writing,
  shape: WriteShape | CreateShape,
  request: WriteRequest,
): Promise<WriteResult> {
  try {
    const filling = {
      names: namesIn(collection, request),
      slots: slotsOf(shape, request),
      form: shape.form ?? false,
      ...bodyOf(collection, shape, request),
    };
    const answer = await api.send(shape, filling, askingOf(api, collection, request.kind));
    return writtenBy(collection, shape, request, answer);
  } catch (error) {
    return failed(request.key, failureFrom(error));
  }
}

function bodyOf(collection: Collection, shape: WriteShape, request: WriteRequest): { readonly body?: Draft } {
  const constant = shape.body === undefined ? undefined : draftOf(shape.body);
  if (request.kind === 'delete') return constant === undefined ? {} : { body: constant };
  return { body: putFields(collection, request, constant ?? {}, shape.at) };
}

function slotsOf(shape: WriteShape, { key, recordId, ifVersion }: WriteRequest): readonly Filled[] {
  return [
    ...(shape.key === undefined ? [] : [{ slot: shape.key, value: key }]),
    ...(shape.id_at === undefined || recordId === null ? [] : [{ slot: shape.id_at, value: recordId }]),
    ...(shape.if_version === undefined || ifVersion === null
      ? []
      : [{ slot: shape.if_version, value: ifVersion }]),
  ];
}

/** For paths that name a record by its id, or a new one by a key of its own. */
function namesIn(
  collection: Collection,
  { recordId, fields }: WriteRequest,
): Readonly<Record<string, string>> {
  const named = [...fields].flatMap(([name, value]): readonly (readonly [string, string])[] =>
    collection.fields.has(name) && value !== null && typeof value !== 'object' ? [[name, String(value)]] : [],
  );
  return { ...Object.fromEntries(named), ...(recordId === null ? {} : { id: recordId }) };
}

function writtenBy(
  collection: Collection,
  shape: WriteShape | CreateShape,
  request: WriteRequest,
  { headers, content }: Answer<Json>,
): WriteResult {
  const { key, kind } = request;
  const record = valueAt(content, shape.answer.record);
  const recordId = request.recordId ?? newId(shape, headers, record);
  if (recordId === null) {
    const message = `${collection.name}.create was answered without the id of the new record.`;
    return failed(key, failureOf('id_missing', message));
  }
  const isTold = shape.answer.exact === true && kind !== 'delete' && record !== undefined && record !== null;
  if (!isTold) return { kind: 'written', key, recordId, version: null };
  const row = rowOf(collection, record, headers, [...collection.fields.values()], recordId);
  if (row.kind !== 'record') return { kind: 'written', key, recordId, version: null };
  return { kind: 'written', key, recordId, version: row.record.version, fields: row.record.fields };
}

/** In an address, the id is the last step of its path, or what stands there in brackets. */
function newId(
  shape: WriteShape | CreateShape,
  headers: Answer<Json>['headers'],
  record: Json | undefined,
): string | null {
  if (!('id' in shape) || shape.id === undefined) return null;
  const text = textAt(shape.id, headers, record);
  if (text === null || typeof shape.id === 'string') return text === '' ? null : text;
  const step =
    text
      .replace(/[?#].*$/, '')
      .replace(/\/$/, '')
      .split('/')
      .at(-1) ?? '';
  const inBrackets = /\(([^()]+)\)$/.exec(step)?.[1]?.replaceAll("'", '');
  const id = decoded(inBrackets ?? step);
  return id === '' ? null : id;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

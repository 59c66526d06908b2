/** Reads records: page by page in the order of ids, by id, and by value. */
import type { Lookup, SnapshotPage, SnapshotRequest, SystemRecord } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json } from '../../lib/json.ts';
import type { Asking, TrytonClient } from './client.ts';
import type { Collection, TrytonRecord } from './collection.ts';
import { failWith } from './failures.ts';
import { isObject, rowsOf } from './wire.ts';

export const PAGE_RECORDS_MAX = 500;
const ID_ASCENDING: Json = [['id', 'ASC']];
/** `active` named in a domain lifts Tryton's filter; the party's own rows must stay filtered, so no context does it. */
const ALSO_INACTIVE: Json = ['active', 'in', [true, false, null]];

interface PageQuery {
  readonly domain: readonly Json[];
  readonly fields: readonly string[];
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export async function readPage(
  client: Asking,
  collection: Collection,
  query: PageQuery,
): Promise<readonly TrytonRecord[]> {
  const { domain, fields, limit, signal } = query;
  const inactiveToo = collection.hasActive ? [...domain, ALSO_INACTIVE] : domain;
  const args = [inactiveToo, 0, limit, ID_ASCENDING, collection.columns(fields)];
  const answer = await client.model(collection.name, 'search_read', args, { effect: 'read', signal });
  return rowsOf(answer, `${collection.name}.search_read`).map((row) => collection.decode(row, fields));
}

export function readByIds(
  client: Asking,
  collection: Collection,
  ids: readonly number[],
  fields: readonly string[],
  signal?: AbortSignal,
): Promise<readonly TrytonRecord[]> {
  if (ids.length === 0) return Promise.resolve([]);
  const query = { domain: [['id', 'in', ids]], fields, limit: ids.length };
  return readPage(client, collection, signal === undefined ? query : { ...query, signal });
}

export async function* readAll(
  client: TrytonClient,
  collection: Collection,
  request: SnapshotRequest,
): AsyncGenerator<SnapshotPage> {
  const limit = Math.max(1, Math.min(request.pageRecordsMax, PAGE_RECORDS_MAX));
  let afterId = resumeId(request.resume);
  while (!request.signal.aborted) {
    const domain = [['id', '>', afterId]];
    const page = await readPage(client, collection, {
      domain,
      fields: request.fields,
      limit,
      signal: request.signal,
    });
    afterId = page.at(-1)?.id ?? afterId;
    const complete = page.length < limit;
    yield { records: page.map(({ record }) => record), unreadable: [], resume: { afterId }, complete };
    if (complete) return;
  }
}

function resumeId(resume: Json): number {
  if (resume === null) return 0;
  const afterId = isObject(resume) ? resume['afterId'] : undefined;
  if (typeof afterId === 'number' && Number.isSafeInteger(afterId)) return afterId;
  throw failWith('tryton.cursor_expired', 'The place to go on from is not one of this connector.');
}

/** Looks up a page of ids; those that Tryton does not list are asked for by name, to tell gone from kept from us. */
export async function lookUp(
  client: TrytonClient,
  collection: Collection,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly Lookup[]> {
  const numbers = new Map(ids.map((id) => [id, numericId(id)]));
  const asked = [...new Set([...numbers.values()].filter((id) => id !== null))];
  const found = new Map<string, SystemRecord>();
  for (const chunk of chunks(asked, PAGE_RECORDS_MAX)) {
    for (const { record } of await readByIds(client, collection, chunk, fields)) found.set(record.id, record);
  }
  const missing = asked.filter((id) => !found.has(String(id)));
  const why = missing.length === 0 ? null : await whyMissing(client, collection.name, missing);
  return ids.map((id) => {
    const number = numbers.get(id) ?? null;
    const record = number === null ? undefined : found.get(String(number));
    if (record !== undefined) return { kind: 'found', record };
    return number === null || why === null ? { kind: 'absent', id } : { ...why, id };
  });
}

type Missing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * `search` leaves out what a record rule hides, `read` says so. Where a rule holds for this user, Tryton gives the same
 * answer for a record that is gone, so that answer counts as hidden. Asked in English, the language of the sentences.
 */
async function whyMissing(client: TrytonClient, model: string, ids: readonly number[]): Promise<Missing> {
  try {
    await client.model(model, 'read', [ids, ['id']], { effect: 'read', context: { language: 'en' } });
    return { kind: 'hidden' };
  } catch (error) {
    const failure = failureFrom(error);
    if (failure.code === 'tryton.record_gone') return { kind: 'absent' };
    return failure.code === 'tryton.record_forbidden' ? { kind: 'hidden' } : { kind: 'failed', failure };
  }
}

export async function findByValue(
  client: TrytonClient,
  collection: Collection,
  field: string,
  values: readonly NativeValue[],
  fields: readonly string[],
  recordsMax: number,
): Promise<readonly SystemRecord[]> {
  const wanted = values.filter((value) => value !== null);
  if (wanted.length === 0) return [];
  const condition = collection.domain(field, wanted);
  const read = fields.includes(field) ? fields : [...fields, field];
  const found: SystemRecord[] = [];
  let afterId = 0;
  while (found.length < recordsMax) {
    const domain = [...condition, ['id', '>', afterId]];
    const page = await readPage(client, collection, { domain, fields: read, limit: PAGE_RECORDS_MAX });
    const holders = page
      .map(({ record }) => record)
      .filter((record) => collection.holds(record, field, wanted));
    found.push(...holders.map((record) => only(record, fields)));
    afterId = page.at(-1)?.id ?? afterId;
    if (page.length < PAGE_RECORDS_MAX) break;
  }
  return found.slice(0, recordsMax);
}

function only(record: SystemRecord, fields: readonly string[]): SystemRecord {
  return { ...record, fields: new Map([...record.fields].filter(([name]) => fields.includes(name))) };
}

/** Tryton's ids are positive 32-bit integers; anything else names no record. */
export function numericId(id: string): number | null {
  const number = /^\d{1,10}$/.test(id) ? Number(id) : 0;
  return number > 0 && number <= 0x7fffffff ? number : null;
}

export function* chunks<T>(all: readonly T[], sizeMax: number): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += sizeMax) yield all.slice(start, start + sizeMax);
}

/**
 * Writes through collections: 200 records each, every record for itself, and up to five collections in one composite
 * request, which counts as one of the day's requests. Salesforce answers 200 even if all of them failed.
 */
import type { Failure } from '../../connector/failure.ts';
import { batched } from '../../connector/http/batched.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { errorIn, failureOf, failureOfRecord, systemErrorOf } from './failures.ts';
import { bodyOf, type Operation, type Outcome, type Outcomes, type Row } from './row.ts';
import { isObject, isTrue, numberOf, objectIn, objectsOf, spelled, textOf } from './wire.ts';

const ROWS_MAX = 200;
const COLLECTION_BYTES_MAX = 2_000_000;
const REQUEST_BYTES_MAX = 6_000_000;
/** What every record says of itself: type, id, and the signs around them. */
const ROW_BYTES = 200;
const SERVER_ERROR = 500;
const UNAVAILABLE = 503;
const DELIVERY: Asking = { purpose: 'delivery' };

/** How rows are put together. */
export interface Packing {
  readonly rowsMax: number;
  readonly collectionsPerCall: number;
}

interface Collection {
  readonly operation: Operation;
  readonly rows: readonly Row[];
  readonly bodies: readonly JsonObject[];
  readonly bytes: number;
}

type Answered =
  | { readonly kind: 'rows'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Sends the rows in their order; one outcome for each. */
export async function sendCollections(
  api: SalesforceApi,
  object: string,
  rows: readonly Row[],
  packing: Packing,
): Promise<Outcomes> {
  const collections = packed(object, rows, Math.min(ROWS_MAX, packing.rowsMax));
  const answers = await batched<Collection, Answered>(collections, {
    system: 'salesforce',
    sizeMax: packing.collectionsPerCall,
    bytesMax: REQUEST_BYTES_MAX,
    bytesOf: ({ bytes }) => bytes,
    send: (together) => send(api, together),
    failed: (_, failure) => ({ kind: 'failed', failure }),
  });
  const outcomes = new Map<Row, Outcome>();
  for (const [index, { rows: sent }] of collections.entries()) {
    const answer = answers[index];
    for (const [place, row] of sent.entries()) {
      const own = answer?.kind === 'rows' ? answer.outcomes[place] : undefined;
      const failure = answer?.kind === 'failed' ? answer.failure : noOutcome();
      outcomes.set(row, own ?? { kind: 'failed', failure });
    }
  }
  return outcomes;
}

function packed(object: string, rows: readonly Row[], rowsMax: number): readonly Collection[] {
  const collections: { operation: Operation; rows: Row[]; bodies: JsonObject[]; bytes: number }[] = [];
  for (const row of rows) {
    const body = row.operation === 'delete' ? {} : bodyOf(row, object);
    const bytes = bytesMax(row);
    const last = collections.at(-1);
    const isOpen =
      last?.operation === row.operation &&
      last.rows.length < rowsMax &&
      last.bytes + bytes <= COLLECTION_BYTES_MAX;
    if (last !== undefined && isOpen) {
      last.rows.push(row);
      last.bodies.push(body);
      last.bytes += bytes;
    } else collections.push({ operation: row.operation, rows: [row], bodies: [body], bytes });
  }
  return collections;
}

/** No more than this, without spelling the record out: a character takes three bytes at the most, or a backslash. */
function bytesMax({ values }: Row): number {
  return values.reduce(
    (bytes, [{ name }, value]) => bytes + name.length + 3 * spelled(value).length,
    ROW_BYTES,
  );
}

async function send(api: SalesforceApi, collections: readonly Collection[]): Promise<readonly Answered[]> {
  const [only, ...others] = collections;
  if (only !== undefined && others.length === 0) return [await sendOne(api, only)];
  const compositeRequest = collections.map((collection, index) => {
    const { method, below, body } = wording(collection);
    return {
      method,
      url: api.url(below),
      referenceId: `c${String(index)}`,
      ...(body === null ? {} : { body }),
    };
  });
  // Not collated: then their order would be Salesforce's to choose.
  const value = { allOrNone: false, collateSubrequests: false, compositeRequest };
  const answer = objectIn(await api.post('/composite', 'write', value, 'write', DELIVERY), 'write');
  const parts = objectsOf(answer['compositeResponse']);
  return collections.map(({ rows }, index) => partOf(parts[index], rows.length));
}

async function sendOne(api: SalesforceApi, collection: Collection): Promise<Answered> {
  const { method, below, body } = wording(collection);
  const sending = { operation: 'write', method, effect: 'write' as const, ...DELIVERY };
  const answer = await api.json(
    below,
    body === null ? sending : { ...sending, body: { kind: 'json', value: body } },
  );
  return outcomesOf(answer.content, collection.rows.length);
}

function wording({ operation, rows, bodies }: Collection): {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly below: string;
  readonly body: Json;
} {
  const below = '/composite/sobjects';
  if (operation !== 'delete')
    return {
      method: operation === 'insert' ? 'POST' : 'PATCH',
      below,
      body: { allOrNone: false, records: bodies },
    };
  const ids = rows.map(({ id }) => encodeURIComponent(id)).join(',');
  return { method: 'DELETE', below: `${below}?ids=${ids}&allOrNone=false`, body: null };
}

function partOf(part: JsonObject | undefined, count: number): Answered {
  if (part === undefined) return { kind: 'failed', failure: noOutcome() };
  const status = numberOf(part['httpStatusCode']);
  const body = part['body'] ?? null;
  const error = status >= 400 ? errorIn(body) : null;
  if (status >= SERVER_ERROR && status !== UNAVAILABLE) return { kind: 'failed', failure: noOutcome() };
  return error === null ? outcomesOf(body, count) : { kind: 'failed', failure: failureOfRecord(error) };
}

function outcomesOf(content: Json, count: number): Answered {
  const rows = content !== null && typeof content === 'object' && isJsonArray(content) ? content : [];
  if (rows.length !== count) return { kind: 'failed', failure: noOutcome() };
  return { kind: 'rows', outcomes: rows.map(outcomeOf) };
}

function outcomeOf(result: Json): Outcome {
  if (!isObject(result)) return { kind: 'failed', failure: noOutcome() };
  if (isTrue(result['success'])) return { kind: 'done', id: textOf(result['id']) };
  const [error] = objectsOf(result['errors']);
  return {
    kind: 'failed',
    failure: error === undefined ? noOutcome() : failureOfRecord(systemErrorOf(error)),
  };
}

function noOutcome(): Failure {
  return failureOf('outcome_unknown', 'Salesforce’s answer does not say what became of the record.');
}

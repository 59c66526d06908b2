/** One JSON-RPC request over HTTP: bounded in time and size, every way it can fail turned into a failure. */
import { ConnectorFailure } from '../../connector/failure.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Json } from '../../lib/json.ts';
import { failWith } from './failures.ts';
import { parseJson } from './wire.ts';

const CONNECT_AND_READ_TIMEOUT_MS = 60_000;
/** Shorter than a read's: the sooner a lost write is known, the sooner it is looked up. */
const WRITE_TIMEOUT_MS = 30_000;
/** A page of 500 records with long texts is below 5 MB; more is a mistake or an attack. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const RETRY_AFTER_DEFAULT_MS = 60_000;
const RETRY_AFTER_MAX_MS = 3_600_000;

/** `write`: after a lost answer nobody knows whether it happened. `read`: it does not matter. */
export type Effect = 'read' | 'write';

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly params: readonly Json[];
  readonly authorization: string | null;
  readonly effect: Effect;
  readonly signal: AbortSignal;
}

export type HttpAnswer =
  | { readonly kind: 'answer'; readonly body: Json }
  | { readonly kind: 'status'; readonly status: number };

/** The parsed body of a 200, or the status where its meaning depends on what was asked: 401, 403 and 404. */
export async function post(request: HttpRequest, clock: Clock): Promise<HttpAnswer> {
  const timeoutMs = request.effect === 'write' ? WRITE_TIMEOUT_MS : CONNECT_AND_READ_TIMEOUT_MS;
  const timeout = new AbortController();
  const done = new AbortController();
  const overdue = clock.sleep(timeoutMs, done.signal).then(() => timeout.abort());
  try {
    return await exchange(request, AbortSignal.any([request.signal, timeout.signal]));
  } catch (error) {
    if (error instanceof ConnectorFailure) throw error;
    throw failureOfFetch(error, request, timeout.signal.aborted ? timeoutMs : null);
  } finally {
    done.abort();
    await overdue;
  }
}

async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, params, authorization } = request;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(request.url, {
    method: 'POST',
    headers: authorization === null ? headers : { ...headers, authorization },
    body: JSON.stringify({ id: 0, method, params }),
    // A redirect would carry the session to wherever it points.
    redirect: 'manual',
    signal,
  });
  if (response.status === 200)
    return { kind: 'answer', body: parseBody(await readText(response, request), request) };
  await response.body?.cancel();
  const { status } = response;
  if (status === 401 || status === 403 || status === 404) return { kind: 'status', status };
  throw failureOfStatus(status, response.headers.get('retry-after'), request);
}

async function readText(response: Response, request: HttpRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      const size = `${String(ANSWER_BYTES_MAX / 1024 / 1024)} MB`;
      if (request.effect === 'write') throw outcomeUnknown(`its answer is larger than ${size}`);
      throw failWith('tryton.answer_too_large', `The answer to ${request.method} is larger than ${size}.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, request: HttpRequest): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (request.effect === 'write') throw outcomeUnknown('its answer is not JSON', error);
    throw failWith('tryton.not_tryton', `The answer to ${request.method} is not JSON.`, {}, error);
  }
}

function failureOfStatus(status: number, retryAfter: string | null, request: HttpRequest): ConnectorFailure {
  const answered = `Tryton's server answered HTTP ${String(status)} to ${request.method}.`;
  if (status === 429)
    return failWith('tryton.rate_limited', answered, { retryAfterMs: retryAfterMs(retryAfter) });
  if (status === 413) return failWith('tryton.request_too_large', answered);
  if (status === 503)
    return failWith('tryton.no_answer', answered, { retryAfterMs: retryAfterMs(retryAfter) });
  if (status >= 500 && request.effect === 'write')
    return outcomeUnknown(`the answer was HTTP ${String(status)}`);
  if (status >= 500) return failWith('tryton.no_answer', answered);
  return failWith('tryton.not_tryton', answered);
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? '');
  return seconds > 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : RETRY_AFTER_DEFAULT_MS;
}

/** Codes of failures before a single byte of the request left. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function failureOfFetch(error: unknown, request: HttpRequest, timeoutMs: number | null): ConnectorFailure {
  const code = causeCode(error);
  const { host } = new URL(request.url);
  if (NOT_SENT.has(code)) {
    return failWith('tryton.unreachable', `No connection to ${host} (${code}).`, {}, error);
  }
  if (error instanceof Error && error.cause instanceof Error && error.cause.message === 'bad port') {
    const message = `HTTP does not allow the port of ${host}; let Tryton listen on another one.`;
    return failWith('tryton.bad_setting', message, { field: 'url' }, error);
  }
  if (code.includes('CERT') || code.startsWith('ERR_TLS') || code.includes('SIGNATURE')) {
    return failWith(
      'tryton.untrusted_certificate',
      `The certificate of ${host} is not trusted (${code}).`,
      {},
      error,
    );
  }
  const why =
    timeoutMs === null ? `the connection broke (${code})` : `no answer within ${String(timeoutMs / 1_000)} s`;
  if (request.effect === 'write')
    return outcomeUnknown(request.signal.aborted ? 'it was interrupted' : why, error);
  if (request.signal.aborted)
    return failWith('tryton.interrupted', `${request.method} was interrupted.`, {}, error);
  return failWith('tryton.no_answer', `${request.method} on ${host}: ${why}.`, {}, error);
}

export function outcomeUnknown(why: string, cause?: unknown): ConnectorFailure {
  const message = `A write was sent to Tryton, and ${why}: it may or may not have happened.`;
  return failWith('tryton.outcome_unknown', message, {}, cause);
}

/** Node hides the reason of `fetch failed` in the error's cause, sometimes one level deeper for several addresses. */
function causeCode(error: unknown): string {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth += 1
  ) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    if (current instanceof AggregateError) return causeCode(current.errors[0]);
  }
  return error instanceof Error ? error.name : 'unknown';
}

/** One try of a request: through the gates, onto the wire, and what came back judged. */
import type { Json } from '../../lib/json.ts';
import { ConnectorFailure } from '../failure.ts';
import type { LimitNews } from './budget.ts';
import { classify, type Verdict } from './classify.ts';
import type { HttpClientOptions } from './client-options.ts';
import { collected, parsedJson } from './content.ts';
import { failureOfHalt } from './halt-failure.ts';
import type { Outcome, Pressure, Turn } from './pressure.ts';
import type { Redactor } from './redact.ts';
import type { Answer, HttpRequest } from './request.ts';
import { sendAndFollow } from './send.ts';
import { TransportError } from './transport-error.ts';
import { type Errand, failureOfTransport } from './transport-failure.ts';
import type { Received, Transport } from './transport.ts';

/** Where a system asks for less without saying for how long. */
const PAUSE_DEFAULT_MS = 10_000;
const UNAVAILABLE = 503;

/** What a client works with. */
export interface Kit {
  readonly options: HttpClientOptions;
  readonly transport: Transport;
  readonly pressure: Pressure;
  readonly redactor: Redactor;
}

/** Makes the content of an answer with a good status. May throw `ConnectorFailure` and `TransportError`. */
export interface Reader<Content> {
  read(received: Received, errand: Errand): Promise<{ readonly content: Content; readonly json: Json }>;
  /** The content is read later, and the turn lasts until then. */
  readonly streams: boolean;
}

/** What became of one try. */
export type Attempt<Content> =
  /** `turn` is for the caller to end; null when it is over. */
  | { readonly kind: 'answer'; readonly answer: Answer<Content>; readonly turn: Turn | null }
  | {
      readonly kind: 'failed';
      readonly failure: ConnectorFailure;
      /** We stopped it ourselves, so trying again at once is in vain. */
      readonly ours: boolean;
      /** The headers that were refused, when it was the credential that was. */
      readonly refused: Readonly<Record<string, string>> | null;
      /** Null when there was no answer. */
      readonly status: number | null;
    };

interface Exchanged<Content> {
  readonly attempt: Attempt<Content>;
  readonly outcome: Outcome;
  readonly said?: LimitNews | undefined;
}

/** Tries once. Throws only what is a bug. */
export async function attempt<Content>(
  kit: Kit,
  request: HttpRequest,
  url: URL,
  reader: Reader<Content>,
): Promise<Attempt<Content>> {
  const turn = await kit.pressure.enter(request);
  if ('kind' in turn) {
    const failure = failureOfHalt(turn, kit.options.system, kit.options.title);
    return { kind: 'failed', failure, ours: true, refused: null, status: null };
  }
  let done: Exchanged<Content> | null = null;
  try {
    done = await authorizedExchange(kit, request, url, reader);
  } finally {
    const held = done?.attempt.kind === 'answer' && reader.streams;
    if (!held) await turn.leave(done?.outcome ?? { kind: 'none' }, done?.said);
  }
  return done.attempt.kind === 'answer' && reader.streams ? { ...done.attempt, turn } : done.attempt;
}

async function authorizedExchange<Content>(
  kit: Kit,
  request: HttpRequest,
  url: URL,
  reader: Reader<Content>,
): Promise<Exchanged<Content>> {
  const { authorizer } = kit.options;
  let credential: Readonly<Record<string, string>>;
  try {
    credential = (await authorizer?.headers({ method: request.method, url }, request.signal)) ?? {};
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return failed(error, { kind: 'unsent' }, null);
  }
  return await exchange(kit, request, url, credential, reader);
}

async function exchange<Content>(
  kit: Kit,
  request: HttpRequest,
  url: URL,
  credential: Readonly<Record<string, string>>,
  reader: Reader<Content>,
): Promise<Exchanged<Content>> {
  const { system, title } = kit.options;
  const errand = { system, title, operation: request.operation, effect: request.effect, host: url.host };
  let status: number | null = null;
  try {
    const received = await sendAndFollow(kit, request, url, credential, reader.streams);
    status = received.status;
    if (!isOk(status) && request.expects?.includes(status) !== true) {
      const json = leniently(await collected(received.chunks), kit);
      return refused(kit, request, received, json, credential);
    }
    const { content, json } = await reader.read(received, errand);
    const heard = { status, headers: received.headers, content: json };
    // Systems that say no with a 200.
    if (isOk(status) && (kit.options.failures.readError?.(heard) ?? null) !== null)
      return refused(kit, request, received, json, credential);
    const answer = { status, headers: received.headers, content };
    const said = kit.options.readLimits?.(heard);
    return { attempt: { kind: 'answer', answer, turn: null }, outcome: { kind: 'worked' }, said };
  } catch (error) {
    if (error instanceof TransportError)
      return failed(failureOfTransport(error, errand), outcomeOf(error), status);
    if (error instanceof ConnectorFailure) return failed(error, { kind: 'failed' }, status);
    throw error;
  }
}

function refused(
  kit: Kit,
  { operation, effect }: HttpRequest,
  { status, headers }: Received,
  json: Json,
  credential: Readonly<Record<string, string>>,
): Exchanged<never> {
  const { options, redactor } = kit;
  const heard = { status, headers, content: json };
  const error = options.failures.readError?.(heard) ?? null;
  const reading = { ...options, redactor, nowMs: options.clock.nowMs() };
  const verdict = classify({ status, headers, error, operation, effect }, reading);
  return {
    attempt: {
      kind: 'failed',
      failure: new ConnectorFailure(verdict.failure),
      ours: false,
      refused: verdict.failure.kind === 'auth' ? credential : null,
      status,
    },
    outcome: outcomeOfVerdict(verdict, status),
    said: options.readLimits?.(heard),
  };
}

function failed(failure: ConnectorFailure, outcome: Outcome, status: number | null): Exchanged<never> {
  const ours = outcome.kind === 'none' || outcome.kind === 'unsent';
  return { attempt: { kind: 'failed', failure, ours, refused: null, status }, outcome };
}

/** What a transport error says about the system: nothing, when it was we who broke off or never dialled. */
export function outcomeOf({ reason }: TransportError): Outcome {
  const ours = ['interrupted', 'forbidden', 'certificate', 'malformed'].includes(reason);
  if (ours) return { kind: 'none' };
  return { kind: reason === 'tooLarge' || reason === 'encoding' ? 'worked' : 'failed' };
}

function outcomeOfVerdict({ failure, rule }: Verdict, status: number): Outcome {
  const limited = failure.kind === 'rateLimited';
  if (limited || status === UNAVAILABLE) {
    const pauseMs = failure.retryAfterMs ?? (limited ? PAUSE_DEFAULT_MS : 0);
    return { kind: 'throttled', pauseMs, limit: rule.limit ?? null, ok: limited, failure };
  }
  const broken = failure.kind === 'transient' || failure.kind === 'unknownOutcome';
  return { kind: broken ? 'failed' : 'worked' };
}

/** The JSON of an error's body, or null where it has none: then the status alone must do. */
function leniently(body: Buffer, { options }: Kit): Json {
  const parsed = parsedJson(body.toString('utf8'), options.parseJson);
  return parsed.kind === 'json' ? parsed.value : null;
}

/** Whether a status is one of success. */
export function isOk(status: number): boolean {
  return status >= 200 && status <= 299;
}

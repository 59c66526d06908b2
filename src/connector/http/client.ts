import { ConnectorFailure } from '../failure.ts';
import { attempt, type Attempt, type Kit, outcomeOf, type Reader } from './attempt.ts';
import type { HttpClient, HttpClientOptions } from './client-options.ts';
import { createMemoryBudgets } from './memory-budgets.ts';
import { urlOf } from './path.ts';
import { Pressure, type Turn } from './pressure.ts';
import { BYTES_READER, jsonReader, STREAM_READER, TEXT_READER } from './readers.ts';
import { createRedactor } from './redact.ts';
import type { Answer, HttpRequest } from './request.ts';
import { fullJitterMs, RetryBudget, TRIES_MAX } from './retry.ts';
import { TransportError } from './transport-error.ts';
import { failureOfTransport } from './transport-failure.ts';
import { createTransport } from './transport.ts';

const CONCURRENCY = { start: 4, max: 16 };
const WAIT_MS_MAX = 10_000;

/** Dials nothing yet. An address that is none ⇒ failure `config`. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const kit = kitOf(options);
  const retries = new RetryBudget();
  const json = jsonReader(options.parseJson);
  const whole = async <Content>(request: HttpRequest, reader: Reader<Content>): Promise<Answer<Content>> =>
    (await tried(kit, retries, request, reader)).answer;
  return {
    json: (request) => whole(request, json),
    text: (request) => whole(request, TEXT_READER),
    bytes: (request) => whole(request, BYTES_READER),
    stream: async (request) => {
      const { answer, turn } = await tried(kit, retries, request, STREAM_READER);
      return {
        ...answer,
        content: turn === null ? answer.content : held(kit, request, answer.content, turn),
      };
    },
    close: async () => {
      await kit.transport.close();
      await kit.pressure.close();
    },
  };
}

function kitOf(options: HttpClientOptions): Kit {
  const { clock, connectionKey, authorizer, secrets = [], network } = options;
  if (!URL.canParse(options.baseUrl) || !/^https?:$/.test(new URL(options.baseUrl).protocol)) {
    const message = 'The address of the connection is no http or https address';
    throw new ConnectorFailure({ kind: 'config', code: `${options.system}.bad_address`, message });
  }
  const concurrency = options.concurrency ?? CONCURRENCY;
  return {
    options,
    transport: createTransport({
      clock,
      ...(network === undefined ? {} : { network }),
      socketsMax: concurrency.max,
    }),
    pressure: new Pressure({
      connectionKey,
      clock,
      concurrency,
      limits: options.limits ?? [],
      budgets: options.budgets ?? createMemoryBudgets(clock),
      waitMsMax: options.waitMsMax ?? WAIT_MS_MAX,
    }),
    redactor: createRedactor(() => [...secrets, ...(authorizer?.secrets() ?? [])]),
  };
}

/** Tries until there is an answer, or a failure that another try would not mend. */
async function tried<Content>(
  kit: Kit,
  retries: RetryBudget,
  request: HttpRequest,
  reader: Reader<Content>,
): Promise<Extract<Attempt<Content>, { readonly kind: 'answer' }>> {
  const url = urlOf(kit.options.baseUrl, request.path, request.query);
  if (url === null) throw foreignAddress(kit, request);
  const { clock, random, authorizer } = kit.options;
  retries.earn();
  let renewed = false;
  for (let tries = 1; ; tries += 1) {
    const startedMs = clock.monotonicMs();
    const result = await attempt(kit, request, url, reader);
    tell(kit, request, url, result, tries, startedMs);
    if (result.kind === 'answer') return result;
    // A refused credential means that nothing happened, so a write may go again as well, once, with a new one.
    if (result.refused !== null && !renewed && (await authorizer?.refused(result.refused)) === true) {
      renewed = true;
      continue;
    }
    if (!mayRetry(kit, request, result, tries) || !retries.spend()) throw result.failure;
    await clock.sleep(fullJitterMs(tries, random), request.signal);
  }
}

function mayRetry(
  kit: Kit,
  request: HttpRequest,
  result: Extract<Attempt<unknown>, { readonly kind: 'failed' }>,
  tries: number,
): boolean {
  const { kind, retryAfterMs = 0 } = result.failure.failure;
  const worthIt = kind === 'transient' || kind === 'rateLimited';
  // A pause that was asked for is sat out in the gauge; one that is too long is for the queue, not for a sleeping call.
  const soon = retryAfterMs <= (kit.options.waitMsMax ?? WAIT_MS_MAX);
  return (
    request.effect === 'read' &&
    worthIt &&
    soon &&
    !result.ours &&
    tries < TRIES_MAX &&
    !request.signal.aborted
  );
}

async function* held(
  kit: Kit,
  request: HttpRequest,
  chunks: AsyncIterable<Uint8Array>,
  turn: Turn,
): AsyncGenerator<Uint8Array> {
  const { system, title, baseUrl } = kit.options;
  let failure: TransportError | null = null;
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    failure = error;
    const { operation, effect } = request;
    throw failureOfTransport(error, { system, title, operation, effect, host: new URL(baseUrl).host });
  } finally {
    await turn.leave(failure === null ? { kind: 'worked' } : outcomeOf(failure));
  }
}

function tell(
  { options, redactor }: Kit,
  request: HttpRequest,
  url: URL,
  result: Attempt<unknown>,
  tries: number,
  startedMs: number,
): void {
  if (options.onExchange === undefined) return;
  const { operation, method, body } = request;
  const came =
    result.kind === 'answer' ? redactor.answer(result.answer) : redactor.text(result.failure.failure.code);
  options.onExchange({
    operation,
    text: `${redactor.request({ method, url, body })} → ${came}`,
    status: result.kind === 'answer' ? result.answer.status : result.status,
    attempt: tries,
    tookMs: options.clock.monotonicMs() - startedMs,
  });
}

function foreignAddress({ options: { system, title } }: Kit, { operation }: HttpRequest): ConnectorFailure {
  return new ConnectorFailure({
    kind: 'config',
    code: `${system}.foreign_address`,
    message: `${title}, ${operation}: the address is not one of this connection; nothing was sent`,
  });
}

/** The described API of one connection: sends requests as the description says them. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { classify, type Reading } from '../../connector/http/classify.ts';
import type { HttpClient } from '../../connector/http/client-options.ts';
import { createHttpClient } from '../../connector/http/client.ts';
import type { SystemError } from '../../connector/http/failures.ts';
import { createRedactor } from '../../connector/http/redact.ts';
import type { Answer, Effect, Purpose } from '../../connector/http/request.ts';
import type { Json } from '../../lib/json.ts';
import type { Account } from './account.ts';
import { SINGLES_AT_ONCE } from './card.ts';
import type { Description } from './description/shape.ts';
import type { RequestShape } from './description/words.ts';
import { exactJson } from './exact.ts';
import { limitOf, limitReader } from './limits.ts';
import { requestOf, type Filling } from './request.ts';
import { failureTable } from './table.ts';

/** Whom a request serves, and until when. */
export interface Asking {
  /** In fixed words: `contacts.list`. */
  readonly operation: string;
  readonly effect: Effect;
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
  /** Statuses that are answers and not failures. */
  readonly expects?: readonly number[];
}

export class RestApi {
  readonly #account: Account;
  readonly #client: HttpClient;
  readonly #closing = new AbortController();
  readonly #reading: () => Reading;
  readonly #names: Readonly<Record<string, string>>;
  /** Requests of one kind that may be under way together. */
  readonly atOnce: number;
  readonly baseUrl: string;

  constructor(
    description: Description,
    account: Account,
    { baseUrl, accountName }: { readonly baseUrl: string; readonly accountName: string | undefined },
    { clock, random, connectionKey, budgets, network }: ConnectorContext,
  ) {
    this.#account = account;
    this.baseUrl = baseUrl;
    this.#names = accountName === undefined ? {} : { account: accountName };
    this.atOnce = Math.min(SINGLES_AT_ONCE, description.at_once);
    const failures = failureTable(description.errors);
    const redactor = createRedactor(() => [...account.secrets, ...(account.authorizer?.secrets() ?? [])]);
    const { title } = description;
    this.#reading = () => ({ system: 'rest', title, failures, redactor, nowMs: clock.nowMs() });
    this.#client = createHttpClient({
      system: 'rest',
      title,
      baseUrl,
      connectionKey,
      clock,
      random,
      budgets,
      network,
      ...(account.authorizer === null ? {} : { authorizer: account.authorizer }),
      headers: { accept: 'application/json', ...description.headers },
      failures,
      limits: description.limits.map(limitOf),
      readLimits: limitReader(description.limits),
      concurrency: { start: this.atOnce, max: description.at_once },
      timeoutMs: description.timeout,
      parseJson: exactJson,
      secrets: account.secrets,
    });
  }

  /** Aborts when the session is closed, for requests that nobody else can end. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  async send(shape: RequestShape, filling: Filling, asking: Asking): Promise<Answer<Json>> {
    const built = requestOf(shape, { ...filling, names: { ...this.#names, ...filling.names } });
    return await this.#client.json({
      ...built,
      ...asking,
      query: { ...built.query, ...this.#account.query },
    });
  }

  /** A page by the address that the system gave for it; the client refuses another origin. */
  async follow(address: string, shape: RequestShape, asking: Asking): Promise<Answer<Json>> {
    const { headers, method, body } = requestOf(shape, { names: this.#names });
    const url = URL.parse(address, `${this.baseUrl}/`);
    const missing = Object.entries(this.#account.query).filter(
      ([name]) => url?.searchParams.has(name) !== true,
    );
    const more = body === undefined ? {} : { body };
    const query = Object.fromEntries(missing);
    return await this.#client.json({
      method,
      headers,
      ...more,
      ...asking,
      path: url?.href ?? address,
      query,
    });
  }

  /** What an error within an answer means, by the same table as that of whole answers. */
  failureOf(error: SystemError, { status, headers }: Answer<Json>): Failure {
    const refusal = { status, headers, error, operation: 'batch', effect: 'write' as const };
    return classify(refusal, this.#reading()).failure;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
    await this.#account.close();
  }
}

/** Salesforce's REST API, one method per kind of request. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { HttpClient } from '../../connector/http/client-options.ts';
import { createHttpClient } from '../../connector/http/client.ts';
import { path } from '../../connector/http/path.ts';
import type { Answer, Effect, HttpRequest, Purpose } from '../../connector/http/request.ts';
import { tokenAuthorizer } from '../../connector/oauth/authorizers.ts';
import type { Clock } from '../../lib/clock.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { Account, Deployment } from './account.ts';
import { FAILURES, refuse } from './failures.ts';
import { DAILY, limitReader, type Usage } from './limits.ts';
import type { Settings } from './settings.ts';
import { isTrue, objectIn, objectsOf, parseExactly, textOf } from './wire.ts';

/** What every request says, beyond what it asks. */
export interface Asking {
  readonly purpose: Purpose;
  readonly signal?: AbortSignal;
}

type Sending = Pick<HttpRequest, 'operation' | 'method' | 'effect' | 'purpose'> &
  Partial<Pick<HttpRequest, 'body' | 'query' | 'headers' | 'signal' | 'expects' | 'answerBytesMax'>>;

/** Rows of a query, and the server's own time of the answer. */
export interface Rows {
  readonly rows: readonly JsonObject[];
  readonly serverMs: number;
}

/** Salesforce itself gives a request ten minutes; one that takes longer than this is given up by us. */
export const TIMEOUT_MS = 120_000;
/** After that, Salesforce itself ends a request. */
export const EXECUTION_MS_MAX = 600_000;
/** Continuations of one query: 2,000 rows come in at most ten of the smallest size. */
const MORE_MAX = 20;

export class SalesforceApi {
  readonly clock: Clock;
  readonly account: Account;
  /** Aborts when the session closes. */
  readonly closed: AbortSignal;
  readonly #client: HttpClient;
  readonly #version: string;
  readonly #closing = new AbortController();
  #usage: Usage | null = null;

  constructor(account: Account, settings: Settings, context: ConnectorContext, deployment: Deployment) {
    this.account = account;
    this.clock = context.clock;
    this.closed = this.#closing.signal;
    this.#version = settings.apiVersion;
    this.#client = createHttpClient({
      system: 'salesforce',
      title: 'Salesforce',
      baseUrl: account.instanceUrl,
      connectionKey: context.connectionKey,
      clock: context.clock,
      random: context.random,
      authorizer: tokenAuthorizer(account.source),
      headers: headersOf(settings),
      failures: FAILURES,
      limits: [DAILY],
      readLimits: limitReader((usage) => {
        this.#usage = usage;
      }),
      timeoutMs: TIMEOUT_MS,
      parseJson: parseExactly,
      ...(deployment.network === undefined ? {} : { network: deployment.network }),
      ...(deployment.budgets === undefined ? {} : { budgets: deployment.budgets }),
    });
  }

  /** What the latest answer said of the day's allowance; null before the first. */
  get usage(): Usage | null {
    return this.#usage;
  }

  /** A path below this version of the API, as composite requests name it too. */
  url(below: string): string {
    return `/services/data/v${this.#version}${below}`;
  }

  async get(below: string, operation: string, asking: Asking): Promise<Json> {
    return (await this.json(below, { operation, method: 'GET', effect: 'read', ...asking })).content;
  }

  async json(below: string, sending: Sending): Promise<Answer<Json>> {
    return await this.#client.json(this.#request(below, sending));
  }

  async text(below: string, sending: Sending): Promise<Answer<string>> {
    return await this.#client.text(this.#request(below, sending));
  }

  async post(below: string, operation: string, value: Json, effect: Effect, asking: Asking): Promise<Json> {
    const body = { kind: 'json' as const, value };
    return (await this.json(below, { operation, method: 'POST', effect, body, ...asking })).content;
  }

  /** All rows of a query that is limited to a page; Salesforce may hand wide rows out in several parts. */
  async query(soql: string, asking: Asking, deletedToo = false): Promise<Rows> {
    const sending = { operation: 'query', method: 'GET' as const, effect: 'read' as const, ...asking };
    const first = await this.json(deletedToo ? '/queryAll' : '/query', { ...sending, query: { q: soql } });
    const rows = [...objectsOf(objectIn(first.content, 'query')['records'])];
    let part = objectIn(first.content, 'query');
    for (let more = 0; !isTrue(part['done']); more += 1) {
      const next = textOf(part['nextRecordsUrl']);
      if (next === '' || more >= MORE_MAX)
        throw refuse('unexpected_answer', 'A query does not come to its end.');
      part = objectIn((await this.#client.json(this.#whole(next, sending))).content, 'query');
      rows.push(...objectsOf(part['records']));
    }
    return { rows, serverMs: this.#serverMs(first) };
  }

  /** The records of these ids, in order; null for those that are not there for us. At most 2,000. */
  async retrieve(
    object: string,
    ids: readonly string[],
    fields: readonly string[],
    asking: Asking,
  ): Promise<readonly (JsonObject | null)[]> {
    const content = await this.post(
      path`/composite/sobjects/${object}`,
      'retrieve',
      { ids, fields },
      'read',
      asking,
    );
    const rows = isJsonArray(content) ? content : [];
    if (rows.length !== ids.length)
      throw refuse('unexpected_answer', 'Records were asked for, and not as many came.');
    return rows.map((row) => (row === null ? null : objectIn(row, 'retrieve')));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
    await this.account.close();
  }

  #request(below: string, sending: Sending): HttpRequest {
    return this.#whole(this.url(below), sending);
  }

  #whole(whole: string, sending: Sending): HttpRequest {
    return { ...sending, path: whole, signal: sending.signal ?? this.closed };
  }

  /** Only spans between two of these mean anything. */
  #serverMs({ headers }: Answer<Json>): number {
    const atMs = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(atMs) ? this.clock.nowMs() : atMs;
  }
}

function headersOf({ duplicateRules }: Settings): Readonly<Record<string, string>> {
  const named = { 'sforce-call-options': 'client=Trueup' };
  return duplicateRules === 'allow' ? { ...named, 'sforce-duplicate-rule-header': 'allowSave=true' } : named;
}

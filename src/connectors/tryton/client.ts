/** A logged-in connection to one Tryton database. */
import type { Clock } from '../../lib/clock.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import { failureOfError } from './errors.ts';
import { failWith } from './failures.ts';
import { post, type Effect, type HttpAnswer } from './http.ts';
import { isObject, unexpected } from './wire.ts';

export interface Account {
  /** Scheme, host and port, without a path. */
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** Of Tryton's messages and of translated values. */
  readonly language: string;
}

export interface CallOptions {
  readonly effect: Effect;
  readonly signal?: AbortSignal | undefined;
  /** Added to the user's own context, such as `_timestamp`. */
  readonly context?: JsonObject;
  /** By the monotonic clock: a request that would begin later, as after a slow login, is not sent. */
  readonly beginByMs?: number;
}

/** What one call asks Tryton through. */
export type Asking = Pick<TrytonClient, 'model' | 'userId'>;

const READ: CallOptions = { effect: 'read' };

export class TrytonClient {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #authorization: string | null = null;
  /** The login under way: many requests whose session ended share one, because Tryton counts attempts. */
  #login: Promise<string> | null = null;
  #userId = 0;
  #context: JsonObject = {};

  constructor(account: Account, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.#context = { language: account.language };
  }

  /** The id of the account's user in Tryton. */
  get userId(): number {
    return this.#userId;
  }

  /** Logs in and takes the user's own context (company, employee), without which many models refuse to work. */
  async open(): Promise<void> {
    const preferences = await this.model('res.user', 'get_preferences', [true], READ);
    if (isObject(preferences)) this.#context = { ...preferences, language: this.#account.language };
  }

  /** Calls a method of a model. Throws `ConnectorFailure` and nothing else. */
  model(model: string, method: string, args: readonly Json[], options: CallOptions): Promise<Json> {
    const context = { ...this.#context, ...options.context };
    return this.call(`model.${model}.${method}`, [...args, context], options);
  }

  async call(method: string, params: readonly Json[], options: CallOptions = READ): Promise<Json> {
    const authorization = this.#authorization ?? (await this.#logIn(options.signal));
    const answer = await this.#post(method, params, authorization, options);
    if (answer.kind === 'answer') return resultOf(answer.body, method, options.effect);
    if (answer.status !== 401) throw this.#refused(answer.status, method);
    // The session ended (restart, age, logout). A 401 says that nothing was done: once more with a new one.
    const renewed =
      this.#authorization === authorization ? await this.#logIn(options.signal) : this.#authorization;
    const second = await this.#post(method, params, renewed, options);
    if (second.kind === 'answer') return resultOf(second.body, method, options.effect);
    throw this.#refused(second.status, method);
  }

  async close(): Promise<void> {
    const authorization = this.#authorization;
    if (authorization !== null) await this.#logOut(authorization);
    this.#closing.abort();
  }

  async #logOut(authorization: string): Promise<void> {
    try {
      await this.#post('common.db.logout', [], authorization, READ);
    } catch {
      // A session that cannot be ended now ends by age.
    }
  }

  #post(
    method: string,
    params: readonly Json[],
    authorization: string | null,
    options: CallOptions,
  ): Promise<HttpAnswer> {
    if (this.#clock.monotonicMs() > (options.beginByMs ?? Infinity)) {
      const message = `Too much time had passed before it was the turn of ${method}, which was not sent.`;
      throw failWith('tryton.not_sent', message);
    }
    const url = `${this.#account.url}/${encodeURIComponent(this.#account.database)}/`;
    const signal =
      options.signal === undefined
        ? this.#closing.signal
        : AbortSignal.any([options.signal, this.#closing.signal]);
    return post({ url, method, params, authorization, effect: options.effect, signal }, this.#clock);
  }

  /** The signal ends the caller's waiting, not the login, which others may be waiting for too. */
  async #logIn(signal?: AbortSignal): Promise<string> {
    this.#login ??= this.#requestSession().finally(() => {
      this.#login = null;
    });
    const login = this.#login;
    if (signal === undefined) return login;
    return new Promise((resolve, reject) => {
      const giveUp = (): void =>
        reject(failWith('tryton.interrupted', 'The login to Tryton was interrupted.'));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      login.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  async #requestSession(): Promise<string> {
    const { user, password, language, database } = this.#account;
    const params = [user, { password: password.reveal() }, language];
    const answer = await this.#post('common.db.login', params, null, READ);
    if (answer.kind === 'status') throw this.#refused(answer.status, 'common.db.login');
    const session = resultOf(answer.body, 'common.db.login', 'read');
    const [userId, token] = isJsonArray(session) ? session : [];
    if (typeof userId !== 'number' || typeof token !== 'string') {
      throw failWith('tryton.not_tryton', `The server has no login for database ${database}.`);
    }
    this.#userId = userId;
    const text = Buffer.from(`${user}:${String(userId)}:${token}`, 'utf8').toString('base64');
    this.#authorization = `Session ${text}`;
    return this.#authorization;
  }

  #refused(status: number, method: string): Error {
    const { user, database, url } = this.#account;
    if (status === 401)
      return failWith('tryton.login_refused', `Tryton refuses user ${user} of database ${database}.`);
    if (status === 404)
      return failWith('tryton.database_unknown', `The server at ${url} has no database ${database}.`);
    return failWith('tryton.no_access', `User ${user} of database ${database} may not call ${method}.`);
  }
}

function resultOf(body: Json, method: string, effect: Effect): Json {
  if (!isObject(body)) throw unexpected(method);
  const error = body['error'];
  if (error !== undefined) throw failureOfError(error, method, effect);
  return body['result'] ?? null;
}

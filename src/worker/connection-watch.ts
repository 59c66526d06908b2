/** Watches one open connection while it is used, and keeps in the store how it stands. What it notes is never waited for. */
import type { Session, WriteResult } from '../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import type { BudgetStore } from '../connector/http/budget.ts';
import type { Clock } from '../lib/clock.ts';
import { noteQuotas, noteThrottled, type QuotaSample } from '../store/connection-health.ts';
import { setConnectionState } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { failureOfError, stored } from './failures.ts';
import { OUTAGE_RETRY_CAP_MS, RETRY_AFTER_MAX_MS } from './limits.ts';
import type { Log } from './runtime.ts';

/** Nothing answered for this long, and nobody was lucky in between: the system cannot be reached. */
const UNREACHABLE_AFTER_MS = 10_000;
/** What goes well is not news: it is noted this often. */
const NOTE_EVERY_MS = 30_000;

export interface WatchedConnection {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

type Noted = 'connected' | 'reauthorise' | 'unreachable';

export class ConnectionWatch {
  readonly #connection: WatchedConnection;
  readonly #quotas = new Map<string, QuotaSample>();
  /** The last note, after which the next one is written. */
  #notes: Promise<void> = Promise.resolve();
  #noted: Noted = 'connected';
  #notedAtMs: number;
  #failingSinceMs: number | null = null;

  /** Of a connection that was just opened, which is noted already. */
  constructor(connection: WatchedConnection) {
    this.#connection = connection;
    this.#notedAtMs = connection.clock.monotonicMs();
  }

  succeeded(): void {
    this.#failingSinceMs = null;
    const isDue = this.#connection.clock.monotonicMs() - this.#notedAtMs >= NOTE_EVERY_MS;
    if (this.#noted !== 'connected' || isDue) this.#become('connected', null);
  }

  failed(failure: Failure): void {
    const nowMs = this.#connection.clock.monotonicMs();
    if (failure.kind === 'auth') this.#become('reauthorise', failure);
    if (failure.kind === 'rateLimited') {
      const waitMs = Math.min(failure.retryAfterMs ?? OUTAGE_RETRY_CAP_MS, RETRY_AFTER_MAX_MS);
      this.#note((tx) => noteThrottled(tx, this.#connection.name, failure.message, waitMs));
    }
    if (failure.kind !== 'transient') return;
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#failingSinceMs >= UNREACHABLE_AFTER_MS) this.#become('unreachable', failure);
  }

  /** The store of budgets, with an ear for what the system says of its limits. */
  budgets(inner: BudgetStore): BudgetStore {
    return {
      reserve: (key, wish) => inner.reserve(key, wish),
      pause: (key, forMs, by) => inner.pause(key, forMs, by),
      learn: (key, learned) => {
        const { unitsRemaining, unitsMax = key.limit.units } = learned;
        if (unitsRemaining !== undefined)
          this.#quotas.set(key.limit.name, {
            limit: key.limit.name,
            max: unitsMax,
            used: Math.max(0, unitsMax - unitsRemaining),
          });
        return inner.learn(key, learned);
      },
    };
  }

  /** Writes down what is known and not noted yet. */
  async close(): Promise<void> {
    if (this.#quotas.size > 0) this.#note((tx) => this.#noteQuotas(tx));
    await this.#notes;
  }

  #become(state: Noted, failure: Failure | null): void {
    const isNews = state !== this.#noted;
    const nowMs = this.#connection.clock.monotonicMs();
    if (!isNews && nowMs - this.#notedAtMs < NOTE_EVERY_MS) return;
    this.#noted = state;
    this.#notedAtMs = nowMs;
    this.#note(async (tx) => {
      await setConnectionState(tx, this.#connection.name, state, failure === null ? null : stored(failure));
      await this.#noteQuotas(tx);
    });
  }

  async #noteQuotas(tx: Tx): Promise<void> {
    if (this.#quotas.size > 0) await noteQuotas(tx, this.#connection.name, [...this.#quotas.values()]);
  }

  #note(action: (tx: Tx) => Promise<void>): void {
    this.#notes = this.#notes
      .then(() => this.#connection.transaction(action))
      .catch((error: unknown) => {
        // No work may fail because nobody could write down how it goes; the next call is noted again.
        const { name: connection, log } = this.#connection;
        this.#notedAtMs = Number.NEGATIVE_INFINITY;
        log.warn(
          { connection, code: failureOfError(error).code },
          'how a connection stands could not be noted',
        );
      });
  }
}

/** The session, each call of which says how the connection stands. Closing it closes the watch. */
export function watchedSession(session: Session, watch: ConnectionWatch): Session {
  const heard = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const result = await call;
      watch.succeeded();
      return result;
    } catch (error) {
      if (error instanceof ConnectorFailure) watch.failed(error.failure);
      throw error;
    }
  };
  const { excessiveRights, digests, errorLog, takeUp } = session;
  return {
    describe: (collections) => heard(session.describe(collections)),
    readAll: (request) => heardPages(session.readAll(request), watch),
    readChanges: (request) => heardPages(session.readChanges(request), watch),
    get: (collection, ids, fields) => heard(session.get(collection, ids, fields)),
    find: (collection, field, values, fields, recordsMax) =>
      heard(session.find(collection, field, values, fields, recordsMax)),
    write: async (collection, requests, begun) => {
      try {
        const results = await session.write(collection, requests, begun);
        const failure = commonFailure(results);
        if (failure === null) watch.succeeded();
        else watch.failed(failure);
        return results;
      } catch (error) {
        if (error instanceof ConnectorFailure) watch.failed(error.failure);
        throw error;
      }
    },
    ...(digests === undefined
      ? {}
      : {
          digests: {
            buckets: (request) => heard(digests.buckets(request)),
            records: (request, buckets, recordsMax) => heard(digests.records(request, buckets, recordsMax)),
          },
        }),
    ...(takeUp === undefined
      ? {}
      : {
          takeUp: (collection, token, requests, ageMs) => heard(takeUp(collection, token, requests, ageMs)),
        }),
    // It says itself how it goes, and is nothing that the connection is there for.
    ...(errorLog === undefined ? {} : { errorLog }),
    ...(excessiveRights === undefined ? {} : { excessiveRights: (uses) => heard(excessiveRights(uses)) }),
    close: async () => {
      await session.close();
      await watch.close();
    },
  };
}

async function* heardPages<Page>(pages: AsyncIterable<Page>, watch: ConnectionWatch): AsyncGenerator<Page> {
  try {
    for await (const page of pages) {
      watch.succeeded();
      yield page;
    }
  } catch (error) {
    if (error instanceof ConnectorFailure) watch.failed(error.failure);
    throw error;
  }
}

/** The failure of all writes of a batch, which is then the connection's rather than theirs. */
function commonFailure(results: readonly WriteResult[]): Failure | null {
  const [first] = results;
  if (first?.kind !== 'failed') return null;
  const isCommon = results.every(
    (result) => result.kind === 'failed' && result.failure.code === first.failure.code,
  );
  return isCommon ? first.failure : null;
}

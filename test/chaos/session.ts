/** A connection to a simulated system over HTTP, with time limits: what is not known of a write's outcome is said to be unknown. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';

import type {
  CapabilityCard,
  ChangePage,
  ChangesRequest,
  Lookup,
  Session,
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import { ConnectorFailure, type FailureKind } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { SystemShape } from '../world/system-shape.ts';
import { bodyOf } from './child.ts';
import {
  orderNow,
  type CallName,
  type Calls,
  type Envelope,
  type WireRecord,
  type WireResult,
} from './protocol.ts';

/** Longer than a delay on the way, shorter than the time that a proxy holds a request back. */
const CALL_TIMEOUT_MS = 4_000;
const POLL_EVERY_MS = 250;
/** A feed in which nothing happens shows this often that it is alive. */
const SIGN_OF_LIFE_EVERY_MS = 2_000;
const PAGE_RECORDS_MAX = 100;
const RETRY_AFTER_MAX_MS = 10_000;

export function cardOf(shape: SystemShape): CapabilityCard {
  return {
    version: shape.version === 'none' ? 'none' : 'opaque',
    conditionalWrite: shape.conditionalWrite,
    createIdentity: shape.createIdentity,
    readLagMs: shape.readLagMs,
    deletes: shape.feedTellsDeletes ? 'feed' : 'lookup',
    feed: shape.feed,
    executionMaxMs: shape.executionMaxMs,
    writeBatchMax: 10,
    getBatchMax: 50,
    can: { create: true, update: true, delete: true },
  };
}

export class HttpSession implements Session {
  readonly #card: CapabilityCard;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  /** What each record was last shown as of: what a write then overwrites unseen is told from what it could have known. */
  readonly #looked = new Map<string, number>();

  constructor(card: CapabilityCard, port: number) {
    this.#card = card;
    this.#port = port;
  }

  describe(): ReturnType<Session['describe']> {
    return Promise.resolve([{ name: 'things', fields: [], card: this.#card, recordsEstimate: null }]);
  }

  async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    let after = Number(request.resume ?? 0);
    for (;;) {
      const countMax = Math.min(PAGE_RECORDS_MAX, request.pageRecordsMax);
      const page = await this.#read('readAll', { after, countMax }, request.signal);
      if (page === null) return;
      ({ after } = page.answer);
      const { complete } = page.answer;
      const records = this.#seen(page.answer.records, page.order);
      yield { records, unreadable: [], resume: complete ? null : after, complete };
      if (complete) return;
    }
  }

  async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    const { signal, follow } = request;
    let since = request.since === null ? null : Number(request.since);
    let toldMs = -SIGN_OF_LIFE_EVERY_MS;
    const countMax = Math.min(PAGE_RECORDS_MAX, request.pageRecordsMax);
    while (!signal.aborted) {
      const page = await this.#read('readChanges', { since, countMax }, signal);
      if (page === null) return;
      const { cursor, caughtUp, hints } = page.answer;
      const nowMs = systemClock.monotonicMs();
      if (cursor !== since || nowMs - toldMs >= SIGN_OF_LIFE_EVERY_MS || !follow) {
        toldMs = nowMs;
        const records = this.#seen(page.answer.records, page.order);
        yield { records, hints, unreadable: [], cursor, caughtUp };
      }
      since = cursor;
      if (!follow && caughtUp) return;
      if (caughtUp) await systemClock.sleep(POLL_EVERY_MS, signal);
    }
  }

  async get(_collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    const { answer, order } = await this.#call('get', { ids });
    return answer.lookups.map((lookup): Lookup => {
      if (lookup.kind === 'absent') return lookup;
      const [record] = this.#seen([lookup.record], order);
      return record === undefined ? { kind: 'absent', id: lookup.record.id } : { kind: 'found', record };
    });
  }

  async find(
    _collection: string,
    field: string,
    values: readonly NativeValue[],
    _fields: readonly string[],
    countMax: number,
  ): Promise<readonly SystemRecord[]> {
    const { answer, order } = await this.#call('find', { field, values, countMax });
    return this.#seen(answer.records, order);
  }

  async write(_collection: string, requests: readonly WriteRequest[]): Promise<readonly WriteResult[]> {
    const sentOrder = orderNow();
    const wire = requests.map(({ key, kind, recordId, ifVersion, fields }) => ({
      key,
      kind,
      recordId,
      ifVersion,
      fields: Object.fromEntries(fields),
      lookedOrder: this.#looked.get(recordId ?? '') ?? 0,
      sentOrder,
    }));
    try {
      const { answer } = await this.#call('write', { requests: wire });
      return answer.results.map(resultOf);
    } catch (error) {
      if (!(error instanceof ConnectorFailure) || error.failure.kind !== 'unknownOutcome') throw error;
      const { failure } = error;
      return requests.map(({ key }) => ({ kind: 'failed', key, failure }));
    }
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }

  #seen(records: readonly WireRecord[], order: number): readonly SystemRecord[] {
    return records.map(({ id, version, fields }) => {
      this.#looked.set(id, order);
      return { id, version, fields: new Map(Object.entries(fields)) };
    });
  }

  /** Null when the reader no longer wants the answer: that is the end of a reading, and no failure of the system's. */
  async #read<Name extends CallName>(
    name: Name,
    ask: Calls[Name]['ask'],
    signal: AbortSignal,
  ): Promise<Envelope<Name> | null> {
    try {
      return await this.#call(name, ask, signal);
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  async #call<Name extends CallName>(
    name: Name,
    ask: Calls[Name]['ask'],
    signal?: AbortSignal,
  ): Promise<Envelope<Name>> {
    const limit = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const sent = { isSent: false };
    try {
      const ended = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      const message = await this.#send(name, JSON.stringify(ask), ended, sent);
      const body = await bodyOf(message);
      refuse(name, message);
      const envelope = JSON.parse(body.toString('utf8')) as Envelope<Name>;
      if (!envelope.isAnswer) throw new Error('this is no answer of the system');
      return envelope;
    } catch (error) {
      if (error instanceof ConnectorFailure) throw error;
      const isLost = name === 'write' && sent.isSent;
      throw failed(isLost ? 'unknownOutcome' : 'transient', isLost ? 'answer_lost' : 'no_answer', error);
    }
  }

  /** `sent` turns true as soon as the request may have left: on a connection that stands it is believed to have. */
  #send(
    name: CallName,
    body: string,
    signal: AbortSignal,
    sent: { isSent: boolean },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const options = { agent: this.#agent, method: 'POST', path: `/${name}`, headers, signal };
      const request = httpRequest({ ...options, host: '127.0.0.1', port: this.#port }, resolve);
      request.once('socket', (socket) => {
        sent.isSent = !socket.connecting;
        if (sent.isSent) return;
        socket.once('connect', () => {
          sent.isSent = true;
        });
      });
      request.once('error', reject);
      request.end(body);
    });
  }
}

function resultOf(result: WireResult): WriteResult {
  if (result.kind === 'failed') return result;
  const { key, recordId, version, fields } = result;
  if (fields === null) return { kind: 'written', key, recordId, version: null };
  return { kind: 'written', key, recordId, version, fields: new Map(Object.entries(fields)) };
}

/** What the way to the system says by a status: 429 and 503 come before anything has happened, 504 may come after. */
function refuse(name: CallName, { statusCode, headers }: IncomingMessage): void {
  if (statusCode === 200) return;
  const retryAfterMs = Number(headers['retry-after'] ?? 1) * 1_000;
  if (statusCode === 429)
    throw failed('rateLimited', 'throttled', undefined, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
  if (statusCode === 503) throw failed('transient', 'unavailable');
  throw failed(name === 'write' ? 'unknownOutcome' : 'transient', 'gateway');
}

function failed(kind: FailureKind, code: string, cause?: unknown, retryAfterMs?: number): ConnectorFailure {
  const message = `the way to the system failed: ${code}`;
  const failure = { kind, code: `chaos.${code}`, message };
  return new ConnectorFailure(retryAfterMs === undefined ? failure : { ...failure, retryAfterMs }, { cause });
}

/** One Subscribe stream: events go out as long as the client has asked for more, and silence is kept alive. */
import { status, type ServerDuplexStream } from '@grpc/grpc-js';

import type { Clock } from '../../lib/clock.ts';
import type { FetchRequest, FetchResponse } from '../../lib/proto/pubsub-api.ts';
import { parseReplay, replayBytes, type EventBus } from './event-bus.ts';
import { pubSubError } from './pubsub-failure.ts';

export interface SubscriptionParts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly rpcId: string;
  readonly settings: SubscriptionSettings;
  /** Throws when the stream's session is no longer good. */
  readonly checkSession: () => void;
  /** Throws when there is no such topic for this user. */
  readonly checkTopic: (topic: string) => void;
}

export interface SubscriptionSettings {
  /** An empty answer is sent after this long without events. */
  keepAliveMs: number;
  /** A client that has got all it asked for must ask again within this time. */
  idleMs: number;
}

type Stream = ServerDuplexStream<FetchRequest, FetchResponse>;

const PENDING_MAX = 100;
const METHOD = 'Subscribe';

export class Subscription {
  readonly #stream: Stream;
  readonly #parts: SubscriptionParts;
  readonly #ended = new AbortController();
  #topic: string | null = null;
  #place = 0n;
  #pending = 0;
  /** Replaced whenever something was said, so that the wait for silence begins again. */
  #quiet = new AbortController();

  constructor(stream: Stream, parts: SubscriptionParts) {
    this.#stream = stream;
    this.#parts = parts;
    const forget = parts.bus.onPublish(() => this.#attempt(() => this.#deliver()));
    this.#ended.signal.addEventListener('abort', forget, { once: true });
    stream.on('data', (request: FetchRequest) => this.#attempt(() => this.#take(request)));
    stream.on('end', () => this.end());
    stream.on('cancelled', () => this.#finish());
    stream.on('error', () => this.#finish());
  }

  /** Null until the client has said what it wants, and again once the stream has ended. */
  topic(): string | null {
    return this.#ended.signal.aborted ? null : this.#topic;
  }

  /** Ends the stream without an error. */
  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#finish();
    this.#stream.end();
  }

  /** Ends the stream with an error, as a restart of the real system does. */
  fail(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#finish();
    this.#stream.emit('error', error);
  }

  #take(request: FetchRequest): void {
    if (request.numRequested <= 0) {
      throw this.#invalid(
        'subscription.fetch.requested.events.invalid',
        'num_requested must be greater than zero.',
      );
    }
    if (this.#topic === null) this.#begin(request);
    else if (request.topicName !== '' && request.topicName !== this.#topic) {
      throw this.#invalid('subscription.fetch.topic.mismatch', 'The topic must stay the same on a stream.');
    }
    this.#pending = Math.min(PENDING_MAX, this.#pending + request.numRequested);
    this.#deliver();
    this.#listen();
  }

  #begin(request: FetchRequest): void {
    if (request.topicName === '') throw this.#invalid('topic.validation.empty', 'The topic name is blank.');
    this.#parts.checkTopic(request.topicName);
    this.#place = this.#startOf(request);
    this.#topic = request.topicName;
  }

  #startOf({ replayPreset, replayId }: FetchRequest): bigint {
    if (replayPreset === 'EARLIEST') return 0n;
    if (replayPreset === 'LATEST') return this.#parts.bus.tip();
    if (replayId.length === 0) {
      throw this.#invalid('subscription.fetch.replayid.validation.failed', 'The Replay ID is missing.');
    }
    const replay = parseReplay(replayId);
    if (replay !== null && this.#parts.bus.isReplayable(replay)) return replay;
    const message =
      'The Replay ID validation failed. Ensure that the replay_id field value in FetchRequest is valid and refers to an event that is within the retention window.';
    throw this.#invalid('subscription.fetch.replayid.corrupted', message);
  }

  #deliver(): void {
    if (this.#topic === null || this.#pending === 0) return;
    const events = this.#parts.bus.after(this.#topic, this.#place, this.#pending);
    const last = events.at(-1);
    if (last === undefined) return;
    this.#parts.checkSession();
    this.#place = last.replay;
    this.#pending -= events.length;
    this.#say(
      events.map(({ id, schemaId, payload, replay }) => ({
        event: { id, schemaId, payload },
        replayId: replayBytes(replay),
      })),
    );
  }

  #say(events: FetchResponse['events']): void {
    this.#stream.write({
      events,
      latestReplayId: replayBytes(this.#place),
      rpcId: this.#parts.rpcId,
      pendingNumRequested: this.#pending,
    });
    this.#listen();
  }

  /** Starts the wait for silence, or for a client that does not ask again, anew. */
  #listen(): void {
    this.#quiet.abort();
    if (this.#ended.signal.aborted) return;
    const quiet = new AbortController();
    this.#quiet = quiet;
    const { keepAliveMs, idleMs } = this.#parts.settings;
    const isIdle = this.#pending === 0;
    const signal = AbortSignal.any([quiet.signal, this.#ended.signal]);
    this.#parts.clock
      .sleep(isIdle ? idleMs : keepAliveMs, signal)
      .then(() => {
        if (!signal.aborted) this.#attempt(() => this.#onSilence(isIdle));
      })
      .catch((error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))));
  }

  #onSilence(isIdle: boolean): void {
    if (isIdle) {
      this.end();
      return;
    }
    this.#parts.checkSession();
    this.#place = this.#parts.bus.tip();
    this.#say([]);
  }

  #attempt(step: () => void): void {
    if (this.#ended.signal.aborted) return;
    try {
      step();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #finish(): void {
    this.#ended.abort();
  }

  #invalid(code: string, message: string): Error {
    return pubSubError(status.INVALID_ARGUMENT, code, message, { id: this.#parts.rpcId, method: METHOD });
  }
}

/** One object's change events, across streams that break: each new one goes on where the last one ended. */
import { status, type ServiceError } from '@grpc/grpc-js';

import type { Hint } from '../../connector/contract.ts';
import type { AccessToken, TokenSource } from '../../connector/oauth/token-source.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Clock } from '../../lib/clock.ts';
import type { FetchResponse } from '../../lib/proto/pubsub-api.ts';
import { decoded, type EventMeaning } from './change-event.ts';
import { refuse } from './failures.ts';
import type { FetchStream, PubSub } from './pubsub.ts';

/** What came of waiting for events. */
export type Heard =
  | { readonly kind: 'events'; readonly hints: readonly Hint[]; readonly replay: string }
  | { readonly kind: 'quiet' }
  /** Something may have been missed, or could not be understood: poll now. */
  | { readonly kind: 'look' };

export interface StreamParts {
  readonly pubSub: PubSub;
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly topic: string;
}

/** As many events as Salesforce sends without being asked again. */
const EVENTS_MAX = 100;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** A position that Salesforce no longer has, or that comes from another instance of the org. */
const EXPIRED = /replayid\.(?:corrupted|validation\.failed)$/;

type Up = { readonly stream: FetchStream; readonly token: AccessToken; pending: number };

export class EventStream {
  readonly #parts: StreamParts;
  #replay: string | null;
  #up: Up | null = null;
  #arrived: FetchResponse[] = [];
  #ended: { readonly error: ServiceError | null } | null = null;
  #wake: (() => void) | null = null;
  #failures = 0;
  #retryAtMs = 0;

  constructor(parts: StreamParts, replay: string | null) {
    this.#parts = parts;
    this.#replay = replay;
  }

  /** Whether events come at the moment. */
  isUp(): boolean {
    return this.#up !== null && this.#failures === 0;
  }

  /** Connects; a failure to do so is no failure, for it is tried again while others poll. */
  async open(signal: AbortSignal): Promise<void> {
    const { source, pubSub, topic, clock } = this.#parts;
    let token: AccessToken;
    try {
      token = await source.accessToken(signal);
    } catch (error) {
      failureFrom(error);
      this.#backOff(clock.monotonicMs());
      return;
    }
    const up: Up = { stream: pubSub.subscribe(token), token, pending: EVENTS_MAX };
    this.#up = up;
    this.#ended = null;
    up.stream.on('data', (response: FetchResponse) => this.#take(up, response));
    up.stream.on('error', (error: ServiceError) => this.#end(up, error));
    up.stream.on('end', () => this.#end(up, null));
    const from =
      this.#replay === null
        ? { replayPreset: 'LATEST' as const }
        : { replayPreset: 'CUSTOM' as const, replayId: Buffer.from(this.#replay, 'base64') };
    up.stream.write({ topicName: topic, numRequested: EVENTS_MAX, ...from });
  }

  /** Waits for events, at most `waitMs`. A position that is no longer kept, or an overflow ⇒ failure `cursor_expired`. */
  async next(waitMs: number, signal: AbortSignal): Promise<Heard> {
    const { clock } = this.#parts;
    if (this.#up === null && clock.monotonicMs() >= this.#retryAtMs) {
      const isFirst = this.#replay === null;
      await this.open(signal);
      // Without a place to go on from, what happened in between is found by a poll.
      if (isFirst && this.#up !== null) return { kind: 'look' };
    }
    const retryInMs = this.#up === null ? Math.max(0, this.#retryAtMs - clock.monotonicMs()) : waitMs;
    if (this.#arrived.length === 0 && this.#ended === null)
      await this.#sleep(Math.min(waitMs, retryInMs), signal);
    const arrived = this.#arrived.splice(0);
    if (arrived.length > 0) return await this.#read(arrived);
    if (this.#ended !== null) await this.#afterEnd(this.#ended.error);
    return { kind: 'quiet' };
  }

  close(): void {
    const up = this.#up;
    this.#up = null;
    up?.stream.cancel();
  }

  #take(up: Up, response: FetchResponse): void {
    if (this.#up !== up) return;
    up.pending = response.pendingNumRequested;
    this.#failures = 0;
    this.#arrived.push(response);
    this.#wake?.();
  }

  #end(up: Up, error: ServiceError | null): void {
    if (this.#up !== up) return;
    this.#up = null;
    this.#ended = { error };
    this.#wake?.();
  }

  async #sleep(waitMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#parts.clock.sleep(waitMs, AbortSignal.any([woken.signal, signal]));
    this.#wake = null;
  }

  async #read(responses: readonly FetchResponse[]): Promise<Heard> {
    const hints: Hint[] = [];
    for (const { events } of responses) {
      for (const { event, replayId } of events) {
        const meaning = await this.#meaningOf(event.schemaId, event.payload);
        if (meaning === null) return { kind: 'look' };
        if (meaning.kind === 'overflow')
          throw refuse('cursor_expired', 'More changed at once than Salesforce tells one by one.');
        hints.push(...meaning.hints);
        this.#replay = Buffer.from(replayId).toString('base64');
      }
    }
    const latest = responses.at(-1);
    if (latest !== undefined && latest.latestReplayId.length > 0)
      this.#replay = Buffer.from(latest.latestReplayId).toString('base64');
    this.#askForMore();
    return this.#replay === null ? { kind: 'quiet' } : { kind: 'events', hints, replay: this.#replay };
  }

  /** Null when the event cannot be understood; it is then told again after the next start, and polled for now. */
  async #meaningOf(schemaId: string, bytes: Uint8Array): Promise<EventMeaning | null> {
    const up = this.#up;
    if (up === null) return null;
    try {
      return decoded(await this.#parts.pubSub.schema(schemaId, up.token), bytes);
    } catch {
      // Whatever the library says of bytes that are not Avro: nothing of it is worth more than a poll.
      return null;
    }
  }

  #askForMore(): void {
    const up = this.#up;
    if (up === null || up.pending > EVENTS_MAX / 2) return;
    const numRequested = EVENTS_MAX - up.pending;
    up.pending = EVENTS_MAX;
    up.stream.write({ topicName: this.#parts.topic, numRequested });
  }

  async #afterEnd(error: ServiceError | null): Promise<void> {
    const ended = this.#ended;
    this.#ended = null;
    if (ended === null) return;
    const code = String(error?.metadata?.get('error-code')[0] ?? '');
    if (EXPIRED.test(code))
      throw refuse('cursor_expired', 'Salesforce no longer keeps the events since the stored position.');
    if (error?.code === status.UNAUTHENTICATED) await this.#renew();
    this.#backOff(this.#parts.clock.monotonicMs());
  }

  /** The token of the stream was refused: the next one gets another. */
  async #renew(): Promise<void> {
    const { source } = this.#parts;
    try {
      await source.refused(await source.accessToken(new AbortController().signal));
    } catch (error) {
      failureFrom(error);
    }
  }

  #backOff(nowMs: number): void {
    this.#failures += 1;
    this.#retryAtMs = nowMs + Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(10, this.#failures - 1));
  }
}

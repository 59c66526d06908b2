/** Published events by topic, each with an opaque place in the stream; they are kept for a while and then gone. */
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';

export interface BusEvent {
  readonly replay: bigint;
  readonly id: string;
  readonly schemaId: string;
  readonly payload: Buffer;
  readonly atMs: number;
}

const RETENTION_MS = 72 * 3_600_000;
/** Replay ids are ten bytes on the wire, the last two zero; some clients keep and send only the first eight. */
const REPLAY_BYTES = 10;
const REPLAY_BYTES_SHORT = 8;
const STEP_MAX = 40;
const FIRST = 1_000_000;

export class EventBus {
  /** How long an event can be replayed. */
  retentionMs = RETENTION_MS;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #topics = new Map<string, BusEvent[]>();
  /** Every replay id that was given out and is still good, with its moment. */
  readonly #issued = new Map<bigint, number>();
  readonly #listeners = new Set<() => void>();
  #last: bigint;
  #held: (() => void)[] | null = null;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#last = BigInt(FIRST + Math.floor(random.fraction() * FIRST));
  }

  /** Puts an event into all these topics. Its place is null while delivery is paused: it gets one when it goes on. */
  publish(topics: readonly string[], event: Omit<BusEvent, 'replay' | 'atMs'>): bigint | null {
    if (this.#held !== null) {
      this.#held.push(() => this.#append(topics, event));
      return null;
    }
    return this.#append(topics, event);
  }

  /** Events stay away from now on, as they do when the real bus lags. */
  pause(): void {
    this.#held ??= [];
  }

  /** Lets the held events through, in order. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const append of held) append();
  }

  /** At most `count` events of a topic behind a place in the stream. */
  after(topic: string, replay: bigint, count: number): readonly BusEvent[] {
    this.#expire();
    const events = this.#topics.get(topic) ?? [];
    const start = events.findIndex((event) => event.replay > replay);
    return start === -1 ? [] : events.slice(start, start + count);
  }

  /** A fresh place at the end of the stream, for those who begin there or hear that nothing is new. */
  tip(): bigint {
    return this.#issue();
  }

  /** Whether a client may go on from here: the id was given out, and not longer ago than events are kept. */
  isReplayable(replay: bigint): boolean {
    this.#expire();
    return this.#issued.has(replay);
  }

  /** Forgets everything before this moment, whatever the retention says. */
  forgetBefore(atMs: number): void {
    for (const [replay, issuedMs] of this.#issued) if (issuedMs < atMs) this.#issued.delete(replay);
    for (const [topic, events] of this.#topics) {
      this.#topics.set(
        topic,
        events.filter((event) => event.atMs >= atMs),
      );
    }
  }

  /** Makes every replay id of the past invalid, as a move of the org to another instance does. */
  reset(): void {
    this.#issued.clear();
    this.#topics.clear();
  }

  onPublish(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(topics: readonly string[], event: Omit<BusEvent, 'replay' | 'atMs'>): bigint {
    const replay = this.#issue();
    const placed = { ...event, replay, atMs: this.#clock.nowMs() };
    for (const topic of topics) {
      const events = this.#topics.get(topic);
      if (events === undefined) this.#topics.set(topic, [placed]);
      else events.push(placed);
    }
    for (const listener of this.#listeners) listener();
    return replay;
  }

  #issue(): bigint {
    this.#last += BigInt(1 + Math.floor(this.#random.fraction() * STEP_MAX));
    this.#issued.set(this.#last, this.#clock.nowMs());
    return this.#last;
  }

  #expire(): void {
    const oldestMs = this.#clock.nowMs() - this.retentionMs;
    const [first] = this.#issued.values();
    if (first !== undefined && first < oldestMs) this.forgetBefore(oldestMs);
  }
}

export function replayBytes(replay: bigint): Buffer {
  const bytes = Buffer.alloc(REPLAY_BYTES);
  bytes.writeBigUInt64BE(replay);
  return bytes;
}

/** Null for bytes that no replay id is made of. */
export function parseReplay(bytes: Uint8Array): bigint | null {
  if (bytes.length !== REPLAY_BYTES && bytes.length !== REPLAY_BYTES_SHORT) return null;
  return Buffer.from(bytes).readBigUInt64BE();
}

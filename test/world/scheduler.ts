/**
 * Virtual time, and who goes on next. Whatever could be interrupted waits here; nothing moves unless the history lets it.
 * A run is repeatable because between two steps every promise that can settle has settled.
 */
import type { Clock } from '../../src/lib/clock.ts';

/** A process, or a request on its way: what is killed or frozen as one. */
export type Owner = string;

interface Parked {
  readonly owner: Owner;
  readonly point: string;
  readonly resume: () => void;
}

interface Sleeper extends Parked {
  readonly untilMs: number;
  readonly order: number;
}

/** Any instant will do; this one has a daylight-saving change ahead in most places. */
const START_MS = Date.UTC(2026, 2, 27, 22, 0, 0);

/** So many pauses may be passed in one flow: what goes on for longer is made to wait, so that it can be told and ended. */
const FLOW_MAX = 20_000;
const ON: Promise<void> = Promise.resolve();
const NO_TROUBLE = (): null => null;

export class Scheduler {
  nowMs = START_MS;
  steps = 0;
  /** Pauses that may still be passed without waiting: nobody else is there who could go on in between. */
  #flow = 0;
  readonly #ready: Parked[] = [];
  #sleepers: Sleeper[] = [];
  readonly #dead = new Set<Owner>();
  readonly #frozenUntilMs = new Map<Owner, number>();
  #order = 0;
  #timed: { readonly atMs: number; readonly action: () => void }[] = [];

  /**
   * Waits until the history lets the owner go on; for ever when the owner has been killed. Null where it goes on at once. `trouble` is
   * what it meets when it goes on after waiting.
   */
  pause(owner: Owner, point: string, trouble: () => Error | null = NO_TROUBLE): Promise<void> | null {
    if (this.#flow > 0 && !this.#dead.has(owner)) {
      this.#flow -= 1;
      this.steps += 1;
      return null;
    }
    return new Promise((resolve, reject) => {
      if (this.#dead.has(owner)) return;
      const resume = (): void => {
        const error = trouble();
        if (error === null) resolve();
        else reject(error);
      };
      this.#ready.push({ owner, point, resume });
    });
  }

  /** While the action runs, whoever would wait to be let on goes on at once: the calm in which one thing follows another. */
  async flowing<T>(action: () => Promise<T>): Promise<T> {
    this.#flow = FLOW_MAX;
    try {
      return await action();
    } finally {
      this.#flow = 0;
    }
  }

  sleep(owner: Owner, delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#dead.has(owner)) return;
      const sleeper = {
        owner,
        point: 'sleep',
        resume: resolve,
        untilMs: this.nowMs + Math.max(0, Math.ceil(delayMs)),
        order: (this.#order += 1),
      };
      if (signal?.aborted === true) {
        this.#ready.push(sleeper);
        return;
      }
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => this.#wake(sleeper), { once: true });
    });
  }

  #wake(sleeper: Sleeper): void {
    const before = this.#sleepers.length;
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    if (this.#sleepers.length < before) this.#ready.push(sleeper);
  }

  /** A clock whose hands may be off, as those of real machines are. */
  clock(owner: Owner, offMs = 0): Clock {
    return {
      nowMs: () => this.nowMs + offMs,
      monotonicMs: () => this.nowMs,
      sleep: (delayMs, signal) => this.sleep(owner, delayMs, signal),
    };
  }

  /** Does what nobody can hold up, at that very moment of the world. */
  at(atMs: number, action: () => void): void {
    this.#timed = [...this.#timed, { atMs, action }].toSorted((left, right) => left.atMs - right.atMs);
  }

  #doTimed(untilMs: number): void {
    for (;;) {
      const [next, ...rest] = this.#timed;
      if (next === undefined || next.atMs > untilMs) return;
      this.#timed = rest;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.action();
    }
  }

  /** As if the process had never gone on: what it waits for never comes. */
  kill(owner: Owner): void {
    this.#dead.add(owner);
    for (let index = this.#ready.length - 1; index >= 0; index -= 1)
      if (this.#ready[index]?.owner === owner) this.#ready.splice(index, 1);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.owner !== owner);
  }

  freeze(owner: Owner, forMs: number): void {
    this.#frozenUntilMs.set(owner, this.nowMs + forMs);
  }

  thawAll(): void {
    this.#frozenUntilMs.clear();
  }

  /** Moves time on; who slept until then, or before, may go on. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    if (this.#timed.length > 0) this.#doTimed(untilMs);
    this.nowMs = untilMs;
    if (this.#sleepers.length === 0) return;
    const due = this.#sleepers.filter((sleeper) => sleeper.untilMs <= this.nowMs);
    if (due.length === 0) return;
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.untilMs > this.nowMs);
    this.#ready.push(
      ...due.toSorted((left, right) => left.untilMs - right.untilMs || left.order - right.order),
    );
  }

  /** Moves time on to the next sleeper's end. False when nobody sleeps. */
  advanceToNext(): boolean {
    if (this.#sleepers.length === 0) return false;
    this.advance(Math.max(0, Math.min(...this.#sleepers.map(({ untilMs }) => untilMs)) - this.nowMs));
    return true;
  }

  get readyCount(): number {
    return this.#frozenUntilMs.size === 0 ? this.#ready.length : this.#runnable().length;
  }

  #runnable(): readonly Parked[] {
    return this.#ready.filter(({ owner }) => (this.#frozenUntilMs.get(owner) ?? 0) <= this.nowMs);
  }

  /** Lets the one at the place go on until it, and all that it sets going, waits again. */
  resume(place: number): Promise<void> {
    const runnable = this.#frozenUntilMs.size === 0 ? this.#ready : this.#runnable();
    const parked = runnable[place % Math.max(1, runnable.length)];
    if (parked === undefined) return ON;
    this.#ready.splice(this.#ready.indexOf(parked), 1);
    this.steps += 1;
    parked.resume();
    return settled();
  }
}

/**
 * Resolves when every promise that can settle by itself has settled: Node comes to the next tick only when no such promise is
 * left, and unlike a turn of the event loop it costs next to nothing.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

import type { Clock } from '../../src/lib/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];
  /** A wait of at most this is over at once, and its time has passed: pauses end, time limits stand. */
  readonly #hurryMsMax: number;
  /** Every wait that was begun, in milliseconds. */
  readonly sleptMs: number[] = [];

  constructor(options: { readonly startMs?: number; readonly hurryMsMax?: number } = {}) {
    this.#nowMs = options.startMs ?? 1_800_000_000_000;
    this.#hurryMsMax = options.hurryMsMax ?? -1;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** How many wait. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.sleptMs.push(delayMs);
    if (delayMs <= this.#hurryMsMax) {
      this.#nowMs += delayMs;
      return;
    }
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = {
        untilMs: this.#nowMs + delayMs,
        wake: () => {
          signal?.removeEventListener('abort', sleeper.wake);
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets time pass, and wakes whose time has come. */
  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const sleeper of this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs)) sleeper.wake();
  }
}

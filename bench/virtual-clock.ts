import type { Clock } from '../src/lib/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still while a request is on its way over a real socket and leaps from wait to wait otherwise, so
 * that minutes of waiting pass in the time that the requests themselves take.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();
  /** Requests that were sent and not answered, and those of them that the system is thinking about. */
  #out = 0;
  #considered = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = {
        untilMs: this.#nowMs + Math.max(0, delayMs),
        wake: () => {
          signal?.removeEventListener('abort', sleeper.wake);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** For a client: its wait of `timeoutMs`, which no other may equal, lasts as long as a request is out. */
  forClient(timeoutMs: number): Clock {
    return this.#counting((delayMs, by) => {
      if (delayMs === timeoutMs) this.#out += by;
    });
  }

  /** For a system that thinks before every answer, and waits for nothing else. */
  forSystem(): Clock {
    return this.#counting((_, by) => {
      this.#considered += by;
    });
  }

  /** Lets time pass until `untilMs`, each wait ending in its turn and what it set off settling before the next. */
  async runUntil(untilMs: number): Promise<void> {
    while (this.#nowMs < untilMs) {
      await settled();
      if (this.#out > this.#considered) continue;
      const next = Math.min(untilMs, ...[...this.#sleepers].map((sleeper) => sleeper.untilMs));
      this.#nowMs = Math.max(this.#nowMs, next);
      for (const sleeper of this.#sleepers) if (sleeper.untilMs <= this.#nowMs) sleeper.wake();
    }
  }

  #counting(count: (delayMs: number, by: 1 | -1) => void): Clock {
    return {
      nowMs: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      sleep: async (delayMs, signal) => {
        count(delayMs, 1);
        await this.sleep(delayMs, signal);
        count(delayMs, -1);
      },
    };
  }
}

/** Two turns of the event loop: one may still have handed over what a socket brought. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

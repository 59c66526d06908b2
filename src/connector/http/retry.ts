import type { Random } from '../../lib/random.ts';

/** Of one read; afterwards it waits in the queue like any other work. */
export const TRIES_MAX = 3;
const BASE_MS = 250;
const CAP_MS = 5_000;
/** What every first try earns: retries are at most a tenth of the requests. */
const EARNED = 0.1;
const SAVED_MAX = 10;
/** So that the first failure of a fresh connection may be tried again. */
const SAVED_AT_START = 2;

/** How long to wait before the next try, `tries` having failed: anything between nothing and a doubling span. */
export function fullJitterMs(tries: number, random: Random): number {
  return Math.floor(random.fraction() * Math.min(CAP_MS, BASE_MS * 2 ** (tries - 1)));
}

/** Retries a connection may still make. Without it, retries multiply the load exactly when a system has too much of it. */
export class RetryBudget {
  #saved = SAVED_AT_START;

  earn(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + EARNED);
  }

  /** True when there was one to spend. */
  spend(): boolean {
    // Ten tenths are a little less than one.
    if (this.#saved < 1 - 1e-9) return false;
    this.#saved -= 1;
    return true;
  }
}

import type { Purpose } from './request.ts';

/** More waiting than this is a flood: whoever comes next is turned away at once. */
const WAITING_MAX = 10_000;

/** Lets people through first and what could wait for tomorrow last. */
const RANK: Readonly<Record<Purpose, number>> = { person: 0, resolve: 1, delivery: 2, capture: 3, sweep: 4 };

interface Waiting {
  readonly rank: number;
  readonly enter: () => void;
}

/** Counts who is inside and keeps the others waiting in the order of their purpose, then of their coming. */
export class Gate {
  readonly #limit: () => number;
  readonly #waiting: Waiting[] = [];
  #inside = 0;

  /** `limit` is asked whenever somebody might enter. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get inside(): number {
    return this.#inside;
  }

  /** True when there was room at once. Being inside must be followed by one `leave`. */
  tryEnter(): boolean {
    if (this.#inside >= this.#limit()) return false;
    this.#inside += 1;
    return true;
  }

  /** True once inside; false when the signal aborted or too many wait. */
  async enter(purpose: Purpose, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || this.#waiting.length >= WAITING_MAX) return false;
    if (this.tryEnter()) return true;
    return await new Promise((resolve) => {
      const leaveQueue = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        resolve(false);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', leaveQueue);
        resolve(true);
      };
      const place: Waiting = { rank: RANK[purpose], enter };
      this.#queue(place);
      signal.addEventListener('abort', leaveQueue, { once: true });
    });
  }

  leave(): void {
    this.#inside -= 1;
    while (this.#inside < this.#limit()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside += 1;
      next.enter();
    }
  }

  #queue(place: Waiting): void {
    const behind = this.#waiting.findIndex(({ rank }) => rank > place.rank);
    this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, place);
  }
}

import { assert } from '../../../src/lib/assert.ts';

interface Wait {
  readonly holder: LockHolder;
  readonly wake: () => void;
  readonly fail: (error: unknown) => void;
}

/** Who can hold locks, and wait for another holder to end: the graph in which a deadlock is a circle. */
export class LockHolder {
  readonly #waiters: LockHolder[] = [];
  #wait: Wait | null = null;

  /** Whether to wait for that holder would make a circle of holders that wait for each other. */
  wouldDeadlock(holder: LockHolder): boolean {
    for (let next: LockHolder | undefined = holder; next !== undefined; next = next.#wait?.holder)
      if (next === this) return true;
    return false;
  }

  /** Resolves when the holder has ended; rejects when this one is interrupted. */
  awaitEnd(holder: LockHolder): Promise<void> {
    assert(this.#wait === null, 'a transaction runs one statement at a time');
    holder.#waiters.push(this);
    return new Promise<void>((resolve, reject) => {
      this.#wait = { holder, wake: resolve, fail: reject };
    });
  }

  /** Breaks off the wait under way, if any. */
  interrupt(error: unknown): void {
    const wait = this.#wait;
    if (wait === null) return;
    this.#wait = null;
    wait.holder.#waiters.splice(wait.holder.#waiters.indexOf(this), 1);
    wait.fail(error);
  }

  /** Wakes all that wait for this one, in the order in which they came; what they waited for may be taken again by then. */
  wakeWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) {
      waiter.#wait?.wake();
      waiter.#wait = null;
    }
  }
}

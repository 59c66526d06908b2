/** Records that something else holds a lock on: a write to one of them is refused with UNABLE_TO_LOCK_ROW. */
import { SalesforceError } from './failure.ts';

export class Locks {
  /** How many writes each lock still refuses. */
  readonly #refusals = new Map<string, number>();

  /** Locks a record until it is unlocked, or for so many writes that try. */
  lock(id: string, writes = Number.POSITIVE_INFINITY): void {
    this.#refusals.set(id, writes);
  }

  unlock(id: string): void {
    this.#refusals.delete(id);
  }

  check(id: string): void {
    const left = this.#refusals.get(id);
    if (left === undefined) return;
    if (left <= 1) this.#refusals.delete(id);
    else this.#refusals.set(id, left - 1);
    throw new SalesforceError(
      'UNABLE_TO_LOCK_ROW',
      `unable to obtain exclusive access to this record or 1 records: ${id}`,
    );
  }
}

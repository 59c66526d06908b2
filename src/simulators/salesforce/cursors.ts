/** Query results that are fetched page by page. A result keeps the records as they were when the query ran. */
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { SalesforceError } from './failure.ts';

const LIFETIME_MS = 2 * 86_400_000;
const CURSORS_MAX = 10_000;
const LOCATOR = /^(0r8[A-Za-z0-9]{15})-(\d{1,9})$/;

interface Cursor {
  readonly rows: readonly unknown[];
  readonly userId: string;
  readonly openedMs: number;
}

export interface Page {
  readonly rows: readonly unknown[];
  /** Where to go on; null on the last page. */
  readonly locator: string | null;
  readonly total: number;
}

export class Cursors {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #open = new Map<string, Cursor>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The first page of a result. */
  first(rows: readonly unknown[], size: number, userId: string): Page {
    if (rows.length <= size) return { rows, locator: null, total: rows.length };
    const id = `0r8${Buffer.from(this.#random.bytes(12)).toString('hex').slice(0, 15)}`;
    this.#open.set(id, { rows, userId, openedMs: this.#clock.nowMs() });
    if (this.#open.size > CURSORS_MAX) this.#open.delete(this.#open.keys().next().value ?? '');
    return this.#page(id, rows, 0, size);
  }

  /** A later page. Throws INVALID_QUERY_LOCATOR for a locator that is unknown, somebody else's, or two days old. */
  next(locator: string, size: number, userId: string): Page {
    const [, id = '', offset = ''] = LOCATOR.exec(locator) ?? [];
    const cursor = this.#open.get(id);
    const isGood = cursor !== undefined && this.#clock.nowMs() < cursor.openedMs + LIFETIME_MS;
    if (!isGood || cursor.userId !== userId)
      throw new SalesforceError('INVALID_QUERY_LOCATOR', 'invalid query locator');
    return this.#page(id, cursor.rows, Number(offset), size);
  }

  /** Forgets all of them, as a restart of the real system may. */
  closeAll(): void {
    this.#open.clear();
  }

  #page(id: string, rows: readonly unknown[], offset: number, size: number): Page {
    const end = offset + size;
    const locator = end < rows.length ? `${id}-${String(end)}` : null;
    return { rows: rows.slice(offset, end), locator, total: rows.length };
  }
}

/** How much the org lets itself be asked, and what it says when it is asked too much. */
import type { Clock } from '../../lib/clock.ts';
import { SalesforceError } from './failure.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

export class Limits {
  /** Requests in any 24 hours. */
  dailyRequestsMax = 100_000;
  /** Requests at once that have been running for longer than `longRunningMs`: our own delayed ones, and those of others. */
  longRunningMax = 25;
  longRunningMs = 20_000;
  longRunningOfOthers = 0;
  /** True answers every request with 503. */
  maintenance = false;
  /** Further rows of the answer to `GET /limits`, by name: what is allowed and what is left. */
  readonly others = new Map<string, { readonly max: number; readonly remaining: number }>([
    ['DailyBulkApiBatches', { max: 15_000, remaining: 15_000 }],
    ['DailyBulkV2QueryJobs', { max: 10_000, remaining: 10_000 }],
    ['DailyBulkV2QueryFileStorageMB', { max: 976_562, remaining: 976_562 }],
    ['HourlyPublishedPlatformEvents', { max: 250_000, remaining: 250_000 }],
    ['DailyDeliveredPlatformEvents', { max: 50_000, remaining: 50_000 }],
    ['DataStorageMB', { max: 10_240, remaining: 10_000 }],
  ]);
  readonly #clock: Clock;
  /** How many requests were taken in, by kind: `POST /composite/sobjects`. Parts of composite requests are none. */
  readonly taken = new Map<string, number>();
  /** How many were refused because a limit was reached. */
  refused = 0;
  readonly #usedInHour = new Map<number, number>();
  readonly #running = new Set<{ readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests of the last 24 hours, to the hour. */
  used(): number {
    const now = Math.floor(this.#clock.nowMs() / HOUR_MS);
    for (const hour of this.#usedInHour.keys()) if (hour <= now - HOURS) this.#usedInHour.delete(hour);
    return [...this.#usedInHour.values()].reduce((total, count) => total + count, 0);
  }

  /** Counts requests that somebody else made, who shares the org's allowance. */
  spend(count: number): void {
    const hour = Math.floor(this.#clock.nowMs() / HOUR_MS);
    this.#usedInHour.set(hour, (this.#usedInHour.get(hour) ?? 0) + count);
  }

  /** Counts a request, or refuses it. */
  admit(kind: string): void {
    const reached = this.#reached();
    if (reached !== null) {
      this.refused += 1;
      throw new SalesforceError('REQUEST_LIMIT_EXCEEDED', `${reached} Limit exceeded.`, { status: 403 });
    }
    this.taken.set(kind, (this.taken.get(kind) ?? 0) + 1);
    this.spend(1);
  }

  #reached(): string | null {
    if (this.used() >= this.dailyRequestsMax) return 'TotalRequests';
    const now = this.#clock.nowMs();
    const own = [...this.#running].filter(({ sinceMs }) => now - sinceMs >= this.longRunningMs).length;
    const isCrowded = own + this.longRunningOfOthers >= this.longRunningMax;
    return isCrowded ? 'ConcurrentRequests (Concurrent API Requests)' : null;
  }

  /** A request that takes its time. Call what this returns when it is over. */
  run(): () => void {
    const request = { sinceMs: this.#clock.nowMs() };
    this.#running.add(request);
    return () => this.#running.delete(request);
  }

  /** The value of the header that every answer of the REST API carries. */
  header(): string {
    return `api-usage=${String(this.used())}/${String(this.dailyRequestsMax)}`;
  }

  all(): Readonly<Record<string, Allowance>> {
    const remaining = Math.max(0, this.dailyRequestsMax - this.used());
    const rows: Record<string, Allowance> = {
      DailyApiRequests: { Max: this.dailyRequestsMax, Remaining: remaining },
    };
    for (const [name, { max, remaining: left }] of this.others) rows[name] = { Max: max, Remaining: left };
    return rows;
  }
}

interface Allowance {
  readonly Max: number;
  readonly Remaining: number;
}

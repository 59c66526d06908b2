/** What a reconciliation may take of the systems it reads, counted where every request takes its units. */
import type { BudgetKey, BudgetStore, Limit } from '../../connector/http/budget.ts';
import type { ReconcileSchedule } from '../../engine/model.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What one side may still have. */
export interface SideBudget {
  readonly beyond: ReconcileSchedule['beyond'];
  readonly recordsMax: number;
  readonly sampleRecords: number;
  /**
   * How much of its share of the system's limits is taken: 0 to 1, and more where it was overdrawn. 1 at least while a limit
   * gives nothing, because what is left is kept for others.
   */
  spent(): number;
}

/** What somebody may ask for who wants no more than a sample looked at. */
export const SAMPLE_RECORDS_MIN = 100;
export const SAMPLE_RECORDS_MAX = 100_000;

/** So many records and no more, whatever the limits of the system would give. */
export function sampleBudget(records: number): SideBudget {
  return { beyond: 'sample', recordsMax: records, sampleRecords: records, spent: () => 0 };
}

/** Counts what all sessions that are opened through it take of each limit. Lives for one reconciliation. */
export class Meter {
  readonly #schedule: Pick<ReconcileSchedule, 'shareMax' | 'everyHours'>;
  readonly #taken = new Map<string, Map<string, number>>();
  readonly #allowed = new Map<string, Map<string, number>>();
  readonly #refusing = new Map<string, Set<string>>();

  constructor(schedule: Pick<ReconcileSchedule, 'shareMax' | 'everyHours'>) {
    this.#schedule = schedule;
  }

  /**
   * The store of budgets, with a count of what the connection takes. All of it can wait, look-ups too, and so stops where sweeps
   * stop; only the connection's opening is asked as for a person, for it tells how the limits stand.
   */
  budgets(connection: string, inner: BudgetStore): BudgetStore {
    const taken = new Map<string, number>();
    const allowed = new Map<string, number>();
    this.#taken.set(connection, taken);
    this.#allowed.set(connection, allowed);
    const refusing = new Set<string>();
    this.#refusing.set(connection, refusing);
    const take = ({ limit }: BudgetKey, units: number): void => {
      taken.set(limit.name, Math.max(0, (taken.get(limit.name) ?? 0) + units));
      if (!allowed.has(limit.name)) allowed.set(limit.name, perDay(limit, limit.units));
    };
    return {
      reserve: async (key, wish) => {
        const purpose = wish.purpose === 'person' ? 'person' : 'sweep';
        const grant = await inner.reserve(key, { ...wish, purpose });
        if (grant.kind === 'granted') refusing.delete(key.limit.name);
        else if (grant.why !== 'paused') refusing.add(key.limit.name);
        take(key, (grant.kind === 'granted' ? grant.units : 0) - (wish.unused?.units ?? 0));
        return grant;
      },
      learn: (key, learned) => {
        if (learned.unitsMax !== undefined) allowed.set(key.limit.name, perDay(key.limit, learned.unitsMax));
        return inner.learn(key, learned);
      },
      pause: (key, forMs, by) => inner.pause(key, forMs, by),
    };
  }

  /** How much of the connection's share is taken, by its tightest limit; 0 for a system that says nothing of limits. */
  spent(connection: string): number {
    const { shareMax, everyHours } = this.#schedule;
    const share = (shareMax * Math.min(24, everyHours)) / 24;
    const limits = [...(this.#taken.get(connection) ?? [])];
    const isRefused = (this.#refusing.get(connection)?.size ?? 0) > 0;
    return limits.reduce(
      (most, [name, units]) => {
        const allowed = share * (this.#allowed.get(connection)?.get(name) ?? Infinity);
        return Math.max(most, units / Math.max(1, allowed));
      },
      isRefused ? 1 : 0,
    );
  }
}

/** What the limit lets through in a day, where the full bucket holds so many units. */
function perDay({ refill, units: configured }: Limit, units: number): number {
  const refillsPerDay =
    refill.kind === 'window'
      ? DAY_MS / refill.windowMs
      : (refill.unitsPerSecond * (DAY_MS / 1_000)) / Math.max(1, configured);
  return units * Math.max(1, refillsPerDay);
}

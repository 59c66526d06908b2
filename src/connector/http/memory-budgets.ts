import type { Clock } from '../../lib/clock.ts';
import type { Bucket } from './bucket.ts';
import type { BudgetStore } from './budget.ts';
import { createBudgets } from './create-budgets.ts';

/** Budgets of this process alone, gone with it. */
export function createMemoryBudgets(clock: Pick<Clock, 'monotonicMs'>): BudgetStore {
  const buckets = new Map<string, Bucket>();
  return createBudgets({
    change: async (connectionKey, limitName, next) => {
      const name = JSON.stringify([connectionKey, limitName]);
      const [bucket, result] = next(buckets.get(name) ?? null, clock.monotonicMs());
      buckets.set(name, bucket);
      return result;
    },
  });
}

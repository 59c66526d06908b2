import type { Clock } from '../../lib/clock.ts';
import { type Bucket, fullBucket, learned, paused, reserved } from './bucket.ts';
import type { BudgetKey, BudgetStore } from './budget.ts';

/** Budgets of this process alone, gone with it. */
export function createMemoryBudgets(clock: Pick<Clock, 'monotonicMs'>): BudgetStore {
  const buckets = new Map<string, Bucket>();
  const change = <T>(key: BudgetKey, next: (bucket: Bucket, nowMs: number) => readonly [Bucket, T]): T => {
    const name = JSON.stringify([key.connectionKey, key.limit.name]);
    const nowMs = clock.monotonicMs();
    const [bucket, result] = next(buckets.get(name) ?? fullBucket(key.limit, nowMs), nowMs);
    buckets.set(name, bucket);
    return result;
  };
  return {
    reserve: async (key, wish) =>
      change(key, (before, nowMs) => {
        const { bucket, grant } = reserved(before, key.limit, wish, nowMs);
        return [bucket, grant];
      }),
    learn: async (key, said) =>
      change(key, (bucket, nowMs) => [learned(bucket, key.limit, said, nowMs), undefined]),
    pause: async (key, forMs) => change(key, (bucket, nowMs) => [paused(bucket, forMs, nowMs), undefined]),
  };
}

import { type Bucket, fullBucket, learned, paused, reserved } from './bucket.ts';
import type { BudgetKey, BudgetStore } from './budget.ts';

/** Where buckets are kept. */
export interface BucketRows {
  /**
   * Keeps what `next` makes of the bucket (null when there is none yet) and of the keeper's time in milliseconds, while
   * nobody else changes it. `next` may run more than once.
   */
  change<T>(
    connectionKey: string,
    limitName: string,
    next: (bucket: Bucket | null, nowMs: number) => readonly [Bucket, T],
  ): Promise<T>;
}

/** Budgets over any keeper of buckets. */
export function createBudgets(rows: BucketRows): BudgetStore {
  const change = <T>(
    { connectionKey, limit }: BudgetKey,
    next: (bucket: Bucket, nowMs: number) => readonly [Bucket, T],
  ): Promise<T> =>
    rows.change(connectionKey, limit.name, (bucket, nowMs) =>
      next(bucket ?? fullBucket(limit, nowMs), nowMs),
    );
  return {
    reserve: (key, wish) =>
      change(key, (before, nowMs) => {
        const { bucket, grant } = reserved(before, key.limit, wish, nowMs);
        return [bucket, grant];
      }),
    learn: (key, said) =>
      change(key, (bucket, nowMs) => [learned(bucket, key.limit, said, nowMs), undefined]),
    pause: (key, forMs, by) => change(key, (bucket, nowMs) => [paused(bucket, forMs, by, nowMs), undefined]),
  };
}

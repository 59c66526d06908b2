/** What a running worker notes about its connections, and what it comes to in words that need no knowledge of failures. */
import type { Tx } from './database.ts';

/** How much of one limit of a system is used. Times are the store's, in milliseconds. */
export interface Quota {
  readonly limit: string;
  readonly max: number;
  readonly used: number;
  readonly atMs: number;
  /** An older sample, from which the pace is told. */
  readonly earlier: { readonly used: number; readonly atMs: number };
}

/** One look at a limit. */
export interface QuotaSample {
  readonly limit: string;
  readonly max: number;
  readonly used: number;
}

const PACE_MS = 60 * 60_000;
const PACE_MS_MIN = 60_000;
const HORIZON_MS = 24 * 60 * 60_000;
const LIMITS_MAX = 20;

/** The system asked to be left alone, or its limit is reserved for others. A shorter wait never ends a longer one. */
export async function noteThrottled(
  tx: Tx,
  connection: string,
  reason: string,
  waitMs: number,
): Promise<void> {
  await tx.execute(
    `update connections set throttled_reason = $2,
            throttled_until = greatest(throttled_until, clock_timestamp() + make_interval(secs => $3 / 1000.0))
      where name = $1`,
    [connection, reason, waitMs],
  );
}

export async function noteQuotas(tx: Tx, connection: string, samples: readonly QuotaSample[]): Promise<void> {
  const [row] = await tx.query<{ quotas: readonly Quota[]; now_ms: number }>(
    `select quotas, extract(epoch from clock_timestamp())::float8 * 1000 as now_ms from connections where name = $1 for update`,
    [connection],
  );
  if (row === undefined) return;
  const kept = new Map(row.quotas.map((quota) => [quota.limit, quota]));
  for (const sample of samples) kept.set(sample.limit, nextQuota(kept.get(sample.limit), sample, row.now_ms));
  await tx.execute('update connections set quotas = $2 where name = $1', [
    connection,
    JSON.stringify([...kept.values()].slice(-LIMITS_MAX)),
  ]);
}

/** The pace is told from what was used an hour ago, or since we have been looking. */
export function nextQuota(before: Quota | undefined, { limit, max, used }: QuotaSample, atMs: number): Quota {
  const first = { used, atMs };
  if (before === undefined || before.max !== max) return { limit, max, used, atMs, earlier: first };
  const isOld = atMs - before.earlier.atMs > 2 * PACE_MS;
  const earlier = isOld ? { used: before.used, atMs: before.atMs } : before.earlier;
  return { limit, max, used, atMs, earlier };
}

/** When the limit will be used up at the pace so far; null where that is not within a day, or cannot be told. */
export function usedUpAtMs({ max, used, atMs, earlier }: Quota): number | null {
  const spanMs = atMs - earlier.atMs;
  const pace = (used - earlier.used) / spanMs;
  if (spanMs < PACE_MS_MIN || pace <= 0) return null;
  const leftMs = (max - used) / pace;
  return leftMs > HORIZON_MS ? null : atMs + leftMs;
}

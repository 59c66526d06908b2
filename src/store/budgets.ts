/** Keeps the buckets of budgets. What may be taken from one is not decided here: that is the HTTP kit's rule. */
import { Collision, type Database, type Tx } from './database.ts';

/** One bucket. Times are the store's clock in milliseconds since 1970. */
export interface BucketRow {
  readonly unitsMax: number;
  readonly units: number;
  readonly atMs: number;
  readonly windowEndsMs: number | null;
  readonly pausedUntilMs: number;
  /** What the system said when it asked for the pause. */
  readonly pausedBy: {
    readonly code: string;
    readonly message: string;
    readonly advice?: string;
  } | null;
  /** When one was last let past its ceiling or a spent window, or first stopped there. */
  readonly probedAtMs: number | null;
}

/** The buckets of one workspace, for all workers. */
export interface BucketRows {
  /**
   * Stores what `next` makes of the bucket (null when it is new) and of the store's time, under the lock of its row alone.
   * `next` may run more than once. Fails only as the store does.
   */
  change<T>(
    connectionKey: string,
    limitName: string,
    next: (bucket: BucketRow | null, nowMs: number) => readonly [BucketRow, T],
  ): Promise<T>;
}

export function bucketRows(database: Database, workspaceNo: number): BucketRows {
  return {
    change: (connectionKey, limitName, next) =>
      database.transaction(workspaceNo, async (tx) => {
        const key = [workspaceNo, connectionKey, limitName];
        const found = await locked(tx, key);
        const [bucket, result] = next(found?.bucket ?? null, found?.nowMs ?? tx.nowMs);
        const values = [...key, ...columnsOf(bucket)];
        await (found === null ? insert(tx, values) : update(tx, values));
        return result;
      }),
  };
}

interface Locked {
  readonly bucket: BucketRow;
  readonly nowMs: number;
}

/** The time is asked for with the lock: the transaction may have begun before others that were let in first. */
async function locked(tx: Tx, key: readonly unknown[]): Promise<Locked | null> {
  const [row] = await tx.query<{
    units_max: number;
    units: number;
    at_ms: number;
    window_ends_ms: number | null;
    paused_until_ms: number;
    paused_by: BucketRow['pausedBy'];
    probed_at_ms: number | null;
    now_ms: number;
  }>(
    `select units_max, units, at_ms, window_ends_ms, paused_until_ms, paused_by, probed_at_ms,
            extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
       from budgets where workspace_no = $1 and connection_key = $2 and limit_name = $3 for update`,
    key,
  );
  if (row === undefined) return null;
  return {
    bucket: {
      unitsMax: row.units_max,
      units: row.units,
      atMs: row.at_ms,
      windowEndsMs: row.window_ends_ms,
      pausedUntilMs: row.paused_until_ms,
      pausedBy: row.paused_by,
      probedAtMs: row.probed_at_ms,
    },
    nowMs: row.now_ms,
  };
}

function columnsOf(bucket: BucketRow): readonly (number | string | null)[] {
  const { unitsMax, units, atMs, windowEndsMs, pausedUntilMs, pausedBy, probedAtMs } = bucket;
  const by = pausedBy === null ? null : JSON.stringify(pausedBy);
  return [unitsMax, units, atMs, windowEndsMs, pausedUntilMs, by, probedAtMs];
}

async function insert(tx: Tx, values: readonly unknown[]): Promise<void> {
  const inserted = await tx.execute(
    `insert into budgets (workspace_no, connection_key, limit_name, units_max, units, at_ms, window_ends_ms, paused_until_ms, paused_by, probed_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    values,
  );
  if (inserted === 0) throw new Collision('somebody else made the bucket in this very moment');
}

async function update(tx: Tx, values: readonly unknown[]): Promise<void> {
  await tx.execute(
    `update budgets set units_max = $4, units = $5, at_ms = $6, window_ends_ms = $7, paused_until_ms = $8, paused_by = $9, probed_at_ms = $10
      where workspace_no = $1 and connection_key = $2 and limit_name = $3`,
    values,
  );
}

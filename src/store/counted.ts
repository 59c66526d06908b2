/** The counts of a sync as they were taken last. Exact ones take about a second per million records: too long for a page. */
import type { Tx } from './database.ts';
import { countStates, countWrites, type SideCounts } from './status.ts';
import { countWaits } from './told-waits.ts';

export type OwedState = 'planned' | 'queued' | 'sent' | 'unknown' | 'held' | 'dead';

/** A side's records by state, and what is on its way there. */
export interface CountedSide extends SideCounts {
  readonly owed: Readonly<Record<OwedState, number>>;
  /** How many of the pending records and writes there wait for another record; absent in what was counted by older versions. */
  readonly waits?: number;
}

export interface Counted {
  readonly countedMs: number;
  readonly tookMs: number;
  readonly sides: readonly CountedSide[];
}

/** Null for a sync that was never counted. */
export async function lastCounted(
  tx: Tx,
  syncKeys: readonly string[],
): Promise<ReadonlyMap<string, Counted>> {
  const rows = await tx.query<{
    sync_key: string;
    counted_ms: number;
    took_ms: number;
    sides: readonly CountedSide[];
  }>(
    `select sync_key, extract(epoch from counted_at)::float8 * 1000 as counted_ms, took_ms, sides
       from counted where sync_key = any($1)`,
    [syncKeys],
  );
  return new Map(
    rows.map((row) => [row.sync_key, { countedMs: row.counted_ms, tookMs: row.took_ms, sides: row.sides }]),
  );
}

/** Counts afresh and keeps the result, with the time that it took by `monotonicMs`. */
export async function countNow(
  tx: Tx,
  syncKey: string,
  sides: readonly string[],
  monotonicMs: () => number,
): Promise<Counted> {
  const startedMs = monotonicMs();
  const states = await countStates(tx, syncKey, sides);
  const writes = await countWrites(tx, syncKey);
  const waits = await countWaits(tx, syncKey);
  const counted = states.map((side): CountedSide => {
    const owed = { planned: 0, queued: 0, sent: 0, unknown: 0, held: 0, dead: 0 };
    for (const write of writes) if (write.side === side.side) owed[write.state as OwedState] += write.count;
    const own = waits.filter((wait) => wait.side === side.side);
    return { ...side, owed, waits: own.reduce((sum, { count }) => sum + count, 0) };
  });
  const tookMs = monotonicMs() - startedMs;
  await tx.execute(
    `insert into counted (sync_key, counted_at, took_ms, sides) values ($1, to_timestamp($2::float8 / 1000), $3, $4)
     on conflict (sync_key) do update set counted_at = excluded.counted_at, took_ms = excluded.took_ms, sides = excluded.sides
        where counted.counted_at < excluded.counted_at`,
    [syncKey, tx.nowMs, tookMs, JSON.stringify(counted)],
  );
  return { countedMs: tx.nowMs, tookMs, sides: counted };
}

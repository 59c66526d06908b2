/** A worker's work in rounds that leap over every wait, and what the store says after them. */
import { captureChanges } from '../../src/worker/capture.ts';
import { deliverAll } from '../../src/worker/rounds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import type { TestStore } from './sync.ts';

const signal = new AbortController().signal;

/**
 * Makes all that waits due now, as if the longest wait had passed; what is dead stays dead, and what a worker has under its hands
 * is left to it: two that lock many rows, each in an order of its own, would wait for each other.
 */
export async function skipWaits({ raw: { pool } }: TestStore, { syncKey }: SyncRuntime): Promise<void> {
  await pool.query(
    `update hints set due_at = clock_timestamp() where ctid = any(array(
       select ctid from hints where sync_key = $1 and state = 'open' for update skip locked))`,
    [syncKey],
  );
  await pool.query(
    `update writes set due_at = clock_timestamp(), resolve_at = least(resolve_at, clock_timestamp()) where ctid = any(array(
       select ctid from writes where sync_key = $1 and state in ('queued', 'unknown') for update skip locked))`,
    [syncKey],
  );
  await pool.query(`update streams set due_at = clock_timestamp() where sync_key = $1 and kind = 'changes'`, [
    syncKey,
  ]);
}

/** Captures, looks and delivers on every side, again and again, waiting for nothing. */
export async function settleRounds(store: TestStore, runtime: SyncRuntime, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await skipWaits(store, runtime);
    await captureAndDeliver(runtime, 1);
  }
}

/** The same, but what has to wait waits. */
export async function captureAndDeliver(runtime: SyncRuntime, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
    await deliverAll(runtime, signal);
  }
}

export interface Waiting {
  readonly side: string;
  /** The record of a hint; null for a write. */
  readonly recordId: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly failure: string | null;
  /** Whole seconds until it is due; null for what is dead. */
  readonly dueInSeconds: number | null;
}

/** Every hint and every open write of the sync, by side and record. */
export async function waitingIn(
  { raw: { pool } }: TestStore,
  { syncKey }: SyncRuntime,
): Promise<readonly Waiting[]> {
  const { rows } = await pool.query<Waiting>(
    `select side, "recordId", state, attempts, failure,
            case when state <> 'dead' then round(extract(epoch from due_at - clock_timestamp()))::int end as "dueInSeconds"
       from (select side, record_id as "recordId", state, attempts, failure ->> 'code' as failure, due_at
               from hints where sync_key = $1
             union all
             select side, null, state, attempts, failure ->> 'code', due_at from writes where sync_key = $1) as waiting
      order by side, "recordId"`,
    [syncKey],
  );
  return rows;
}

/** Positions in feeds and snapshots, leased: one reader at a time, a rising epoch refuses the late one. */
import type { Json } from '../lib/json.ts';
import { failureText } from './codec.ts';
import type { StoredFailure, StreamKind, StreamLease, StreamMove } from './contract.ts';
import { allSyncs } from './control.ts';
import { LeaseLost, type Tx } from './database.ts';

interface StreamColumns {
  readonly lease_epoch: string;
  readonly checkpoint: Json;
  readonly run_id: string | null;
  readonly current_as_of_ms: number | null;
  readonly followed_since_ms: number | null;
  readonly attempts: number;
}

export async function leaseStream(
  tx: Tx,
  syncKey: string,
  side: string,
  kind: StreamKind,
  leaseMs: number,
): Promise<StreamLease | null> {
  const rows = await tx.query<StreamColumns>(
    `update streams
        set lease_epoch = lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0),
            last_attempt_at = clock_timestamp()
      where sync_key = $1 and side = $2 and kind = $3 and lease_until < now() and due_at <= now()
      returning lease_epoch, checkpoint, run_id, attempts, extract(epoch from current_as_of)::float8 * 1000 as current_as_of_ms,
                extract(epoch from followed_since)::float8 * 1000 as followed_since_ms`,
    [syncKey, side, kind, leaseMs],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    side,
    kind,
    epoch: Number(row.lease_epoch),
    checkpoint: row.checkpoint,
    runId: row.run_id,
    currentAsOfMs: row.current_as_of_ms,
    followedSinceMs: row.followed_since_ms,
    attempts: row.attempts,
  };
}

export async function moveStream(
  tx: Tx,
  syncKey: string,
  lease: StreamLease,
  move: StreamMove,
): Promise<void> {
  const touched = await tx.execute(
    `update streams
        set checkpoint = $5, current_as_of = coalesce(to_timestamp($6::float8 / 1000), current_as_of), run_id = $7,
            lease_until = clock_timestamp() + make_interval(secs => $8 / 1000.0),
            failure = case when $12 then failure end,
            last_success_at = case when $12 then last_success_at else clock_timestamp() end,
            due_at = clock_timestamp() + make_interval(secs => $9 / 1000.0),
            followed_since = case when $10 then to_timestamp($11::float8 / 1000) else followed_since end
      where sync_key = $1 and side = $2 and kind = $3 and lease_epoch = $4`,
    [
      syncKey,
      lease.side,
      lease.kind,
      lease.epoch,
      JSON.stringify(move.checkpoint),
      move.currentAsOfMs,
      move.runId ?? null,
      move.leaseMs,
      move.dueInMs ?? 0,
      move.followedSinceMs !== undefined,
      move.followedSinceMs ?? null,
      move.keepsFailure ?? false,
    ],
  );
  if (touched === 0)
    throw new LeaseLost(`the ${lease.kind} stream of ${lease.side} was taken over by another worker`);
}

export async function releaseStream(
  tx: Tx,
  syncKey: string,
  lease: StreamLease,
  dueInMs: number,
  failure: StoredFailure | null,
  askedSinceMs: number | null = null,
): Promise<void> {
  // A newer holder's lease is not ours to give back: then nothing matches, and that is right.
  await tx.execute(
    `update streams
        set lease_until = '-infinity',
            due_at = case when woken_at > coalesce(to_timestamp($7::float8 / 1000), last_attempt_at)
                          then greatest(woken_at, clock_timestamp())
                          else clock_timestamp() + make_interval(secs => $5 / 1000.0) end,
            failure = $6, attempts = $8
      where sync_key = $1 and side = $2 and kind = $3 and lease_epoch = $4`,
    [
      syncKey,
      lease.side,
      lease.kind,
      lease.epoch,
      dueInMs,
      failureText(failure),
      askedSinceMs,
      failure === null ? 0 : lease.attempts + 1,
    ],
  );
}

export async function wakeStream(
  tx: Tx,
  syncKey: string,
  side: string,
  kind: StreamKind,
  inMs: number,
): Promise<void> {
  await tx.execute(
    `update streams
        set due_at = clock_timestamp() + make_interval(secs => $4 / 1000.0),
            woken_at = greatest(woken_at, clock_timestamp() + make_interval(secs => $4 / 1000.0))
      where sync_key = $1 and side = $2 and kind = $3`,
    [syncKey, side, kind, inMs],
  );
}

/** A sweep of the side is due `everyMs` after the last one began, should it be due later. */
export async function sweepEvery(tx: Tx, syncKey: string, side: string, everyMs: number): Promise<void> {
  await tx.execute(
    `update streams set due_at = least(due_at, current_as_of + make_interval(secs => $3 / 1000.0))
      where sync_key = $1 and side = $2 and kind = 'sweep' and failure is null and current_as_of is not null`,
    [syncKey, side, everyMs],
  );
}

/** Makes due what failures of a connection put off: somebody has seen that it works again. */
export async function wakeConnection(tx: Tx, connection: string): Promise<void> {
  for (const { syncKey, definition } of await allSyncs(tx))
    for (const side of definition.sides)
      if (side.connection === connection) await wakeFailed(tx, syncKey, side.name);
}

/** As if nothing had been tried in vain; but a pause that the system itself asked for stands. */
async function wakeFailed(tx: Tx, syncKey: string, side: string): Promise<void> {
  await tx.execute(
    `update streams set due_at = clock_timestamp(), woken_at = clock_timestamp(), attempts = 0
      where sync_key = $1 and side = $2 and failure is not null and failure ->> 'kind' <> 'rateLimited'`,
    [syncKey, side],
  );
  await tx.execute(
    `update writes set due_at = clock_timestamp()
      where sync_key = $1 and side = $2 and state = 'queued' and failure ->> 'kind' = 'auth'`,
    [syncKey, side],
  );
}

/** Notes that the side was emptied on purpose, and makes its sweep due. */
export async function sayEmptied(tx: Tx, syncKey: string, side: string): Promise<void> {
  await tx.execute(
    `update streams set emptied_at = clock_timestamp(), due_at = clock_timestamp(), woken_at = clock_timestamp(), attempts = 0
      where sync_key = $1 and side = $2 and kind = 'sweep'`,
    [syncKey, side],
  );
}

export async function emptiedAtMs(tx: Tx, syncKey: string, side: string): Promise<number | null> {
  const rows = await tx.query<{ emptied_at_ms: number | null }>(
    `select extract(epoch from emptied_at)::float8 * 1000 as emptied_at_ms from streams
      where sync_key = $1 and side = $2 and kind = 'sweep'`,
    [syncKey, side],
  );
  return rows[0]?.emptied_at_ms ?? null;
}

export async function followsSinceMs(tx: Tx, syncKey: string, side: string): Promise<number | null> {
  const rows = await tx.query<{ since_ms: number | null }>(
    `select extract(epoch from followed_since)::float8 * 1000 as since_ms from streams
      where sync_key = $1 and side = $2 and kind = 'changes'`,
    [syncKey, side],
  );
  return rows[0]?.since_ms ?? null;
}

export async function isStreamOpen(
  tx: Tx,
  syncKey: string,
  side: string,
  kind: StreamKind,
): Promise<boolean> {
  const rows = await tx.query<{ open: boolean | null }>(
    `select due_at <= now() or lease_until >= now() or woken_at > coalesce(current_as_of, '-infinity') as open from streams
      where sync_key = $1 and side = $2 and kind = $3`,
    [syncKey, side, kind],
  );
  return rows[0]?.open ?? false;
}

export async function readAnewSinceMs(tx: Tx, syncKey: string): Promise<number | null> {
  const rows = await tx.query<{ since_ms: number | null }>(
    `select extract(epoch from min(woken_at))::float8 * 1000 as since_ms
       from streams where sync_key = $1 and kind = 'sweep' and current_as_of < woken_at`,
    [syncKey],
  );
  return rows[0]?.since_ms ?? null;
}

export async function streamFailure(
  tx: Tx,
  syncKey: string,
  side: string,
  kind: StreamKind,
): Promise<StoredFailure | null> {
  const rows = await tx.query<{ failure: StoredFailure | null }>(
    'select failure from streams where sync_key = $1 and side = $2 and kind = $3',
    [syncKey, side, kind],
  );
  return rows[0]?.failure ?? null;
}

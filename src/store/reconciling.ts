/** Who compares a side just now, and where the schedule of its reconciliation stands. */
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';

/** Takes the side for a time, unless somebody else has it: then since when, in milliseconds of the store's clock. */
export async function takeSide(
  tx: Tx,
  syncKey: string,
  side: string,
  by: string,
  leaseMs: number,
): Promise<{ readonly heldSinceMs: number } | null> {
  await tx.execute(
    'insert into reconciling (sync_key, side) values ($1, $2) on conflict (sync_key, side) do nothing',
    [syncKey, side],
  );
  const taken = await tx.execute(
    `update reconciling
        set lease_by = $3, lease_since = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
      where sync_key = $1 and side = $2 and lease_until < clock_timestamp()`,
    [syncKey, side, by, leaseMs],
  );
  if (taken > 0) return null;
  const [row] = await tx.query<{ since_ms: number }>(
    `select extract(epoch from coalesce(lease_since, clock_timestamp()))::float8 * 1000 as since_ms
       from reconciling where sync_key = $1 and side = $2`,
    [syncKey, side],
  );
  return { heldSinceMs: row?.since_ms ?? tx.nowMs };
}

/** A sign of life. Gives how many sides it still holds: what it was too slow for, another may have. */
export function keepSides(tx: Tx, syncKey: string, by: string, leaseMs: number): Promise<number> {
  return tx.execute(
    `update reconciling set lease_until = clock_timestamp() + make_interval(secs => $3 / 1000.0)
      where sync_key = $1 and lease_by = $2 and lease_until >= clock_timestamp()`,
    [syncKey, by, leaseMs],
  );
}

export async function leaveSides(tx: Tx, syncKey: string, by: string): Promise<void> {
  await tx.execute(
    `update reconciling set lease_by = null, lease_since = null, lease_until = '-infinity'
      where sync_key = $1 and lease_by = $2`,
    [syncKey, by],
  );
}

/** A side whose time has come, with its run that has not ended. */
export interface DueSide {
  readonly side: string;
  readonly runId: string | null;
  readonly progress: Json | null;
  readonly tries: number;
}

/**
 * The sides that nobody compares just now and that were not compared for the slot yet, or rest no longer. A side is due first
 * at the slot after the one in which its schedule was first seen.
 */
export async function dueSides(
  tx: Tx,
  syncKey: string,
  sides: readonly string[],
  slotMs: number,
): Promise<readonly DueSide[]> {
  await tx.execute(
    `insert into reconciling (sync_key, side, slot)
     select $1::bigint, side, to_timestamp($3::float8 / 1000) from unnest($2::text[]) as named (side)
     on conflict (sync_key, side) do update set slot = excluded.slot where reconciling.slot is null`,
    [syncKey, sides, slotMs],
  );
  const rows = await tx.query<{ side: string; run_id: string | null; progress: Json | null; tries: number }>(
    `select side, run_id, progress, tries from reconciling
      where sync_key = $1 and side = any($2) and lease_until < clock_timestamp() and rest_until <= clock_timestamp()
        and (slot < to_timestamp($3::float8 / 1000) or run_id is not null)
      order by side`,
    [syncKey, sides, slotMs],
  );
  return rows.map(({ side, run_id, progress, tries }) => ({ side, runId: run_id, progress, tries }));
}

/** Notes which run answers the schedule, and how far it has come; null before it has come anywhere. */
export async function keepPlace(
  tx: Tx,
  syncKey: string,
  side: string,
  place: { readonly runId: string; readonly progress: Json | null },
): Promise<void> {
  await tx.execute('update reconciling set run_id = $3, progress = $4 where sync_key = $1 and side = $2', [
    syncKey,
    side,
    place.runId,
    place.progress === null ? null : JSON.stringify(place.progress),
  ]);
}

/** The run goes on when this is over; `isTry` when it failed. */
export async function restSide(
  tx: Tx,
  syncKey: string,
  side: string,
  restMs: number,
  isTry: boolean,
): Promise<void> {
  await tx.execute(
    `update reconciling set rest_until = clock_timestamp() + make_interval(secs => $3 / 1000.0),
            tries = case when $4 then tries + 1 else 0 end
      where sync_key = $1 and side = $2`,
    [syncKey, side, restMs, isTry],
  );
}

/** The slot is answered, and the next one awaited. */
export async function settleSlot(tx: Tx, syncKey: string, side: string, slotMs: number): Promise<void> {
  await tx.execute(
    `update reconciling
        set slot = to_timestamp($3::float8 / 1000), run_id = null, progress = null, rest_until = '-infinity', tries = 0
      where sync_key = $1 and side = $2`,
    [syncKey, side, slotMs],
  );
}

/** How the schedule of a side stands, for people. */
export interface SideStanding {
  readonly side: string;
  /** Since when somebody compares it; null when nobody does. */
  readonly comparedSinceMs: number | null;
  /** Until when its unfinished run rests; null when it has none, or it does not rest. */
  readonly restsUntilMs: number | null;
  /** How many records the unfinished run has compared. */
  readonly seen: number | null;
}

export async function sideStandings(tx: Tx, syncKey: string): Promise<readonly SideStanding[]> {
  return tx.query<{
    side: string;
    comparedSinceMs: number | null;
    restsUntilMs: number | null;
    seen: number | null;
  }>(
    `select side,
            case when lease_until >= clock_timestamp() then extract(epoch from lease_since)::float8 * 1000 end as "comparedSinceMs",
            case when run_id is not null and rest_until > clock_timestamp() then extract(epoch from rest_until)::float8 * 1000 end
              as "restsUntilMs",
            (progress #>> '{tally,seen}')::int as seen
       from reconciling where sync_key = $1 order by side`,
    [syncKey],
  );
}

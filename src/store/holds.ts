/** Open holds: what waits for a person. */
import type { HoldReason } from '../engine/state.ts';
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';

/** An open hold. */
export interface HoldRow {
  readonly holdId: string;
  readonly identityId: string | null;
  readonly side: string;
  readonly recordId: string | null;
  readonly field: string | null;
  readonly reason: HoldReason;
  readonly seen: Json;
  readonly openedAtMs: number;
}

export interface ListedHold extends HoldRow {
  readonly syncKey: string;
}

interface HoldColumns {
  readonly sync_key: string;
  readonly hold_id: string;
  readonly identity_id: string | null;
  readonly side: string;
  readonly record_id: string | null;
  readonly field: string | null;
  readonly reason: HoldReason;
  readonly seen: Json;
  readonly opened_ms: number;
}

const HOLD_COLUMNS = `sync_key, hold_id, identity_id, side, record_id, field, reason, seen,
  extract(epoch from opened_at)::float8 * 1000 as opened_ms`;

function holdOf(row: HoldColumns): HoldRow {
  return {
    holdId: row.hold_id,
    identityId: row.identity_id,
    side: row.side,
    recordId: row.record_id,
    field: row.field,
    reason: row.reason,
    seen: row.seen,
    openedAtMs: row.opened_ms,
  };
}

function listedHold(row: HoldColumns): ListedHold {
  return { ...holdOf(row), syncKey: row.sync_key };
}

/** Those of one thing, or of all where `identityId` is null, the oldest first. */
export async function openHolds(
  tx: Tx,
  syncKey: string,
  identityId: string | null,
  countMax: number,
): Promise<readonly HoldRow[]> {
  const rows = await tx.query<HoldColumns>(
    `select ${HOLD_COLUMNS} from holds
      where sync_key = $1 and closed_at is null and ($2::uuid is null or identity_id = $2)
      order by opened_at limit $3`,
    [syncKey, identityId, countMax],
  );
  return rows.map(holdOf);
}

export interface HoldFilter {
  readonly syncKeys: readonly string[];
  readonly reason: string | null;
  readonly field: string | null;
}

/** Where a page of holds ended. */
export interface HoldPlace {
  readonly openedMs: number;
  readonly holdId: string;
}

/** Open holds, the oldest first, after a place. */
export async function holdsPage(
  tx: Tx,
  filter: HoldFilter,
  after: HoldPlace | null,
  countMax: number,
): Promise<readonly ListedHold[]> {
  const rows = await tx.query<HoldColumns>(
    `select found.* from unnest($1::bigint[]) as place (sync_key)
      cross join lateral (
        select ${HOLD_COLUMNS}, opened_at from holds
         where holds.sync_key = place.sync_key and closed_at is null and ($2::text is null or reason = $2)
           and ($3::text is null or field = $3)
           and ($4::float8 is null or (opened_at, hold_id) > (to_timestamp($4::float8 / 1000), $5::uuid))
         order by opened_at, hold_id limit $6) as found
      order by found.opened_at, found.hold_id limit $6`,
    [filter.syncKeys, filter.reason, filter.field, after?.openedMs ?? null, after?.holdId ?? null, countMax],
  );
  return rows.map(listedHold);
}

/** Null when there is no open hold with this id. */
export async function findHold(
  tx: Tx,
  syncKeys: readonly string[],
  holdId: string,
): Promise<ListedHold | null> {
  const [row] = await tx.query<HoldColumns>(
    `select ${HOLD_COLUMNS} from holds where sync_key = any($1) and hold_id = $2 and closed_at is null`,
    [syncKeys, holdId],
  );
  return row === undefined ? null : listedHold(row);
}

/** How many holds are open: exactly up to `countMax`, which then stands for "or more". */
export async function countHolds(tx: Tx, syncKeys: readonly string[], countMax: number): Promise<number> {
  const [row] = await tx.query<{ count: string }>(
    `select count(*) as count from (select from holds where sync_key = any($1) and closed_at is null limit $2) as open`,
    [syncKeys, countMax],
  );
  return Number(row?.count ?? 0);
}

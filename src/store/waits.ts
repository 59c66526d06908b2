/**
 * What one sync asks about the things of another, and what waits for them. The only calls that look beyond their own sync;
 * they lock nothing there.
 */
import type { Place } from '../engine/model.ts';
import type { Referrer } from '../engine/references.ts';
import type { WriteKey } from './contract.ts';
import type { Tx } from './database.ts';
import { namedAt, namesAt } from './names.ts';
import type { Wait, WaitEnd } from './reference-contract.ts';

const SYNC_KEY = '(select sync_key from syncs where name = $1)';

export async function identitiesAt(
  tx: Tx,
  place: Place,
  calls: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (calls.length === 0) return new Map();
  if (place.by !== undefined) return namedAt(tx, { ...place, by: place.by }, calls);
  const rows = await tx.query<{ record_id: string; identity_id: string }>(
    `select record_id, identity_id from links
      where sync_key = ${SYNC_KEY} and side = $2 and record_id = any($3) and identity_id is not null`,
    [place.sync, place.side, calls],
  );
  return new Map(rows.map((row) => [row.record_id, row.identity_id]));
}

export async function recordsAt(
  tx: Tx,
  place: Place,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (identityIds.length === 0) return new Map();
  if (place.by !== undefined) return namesAt(tx, { ...place, by: place.by }, identityIds);
  const rows = await tx.query<{ record_id: string; identity_id: string }>(
    `select record_id, identity_id from links
      where sync_key = ${SYNC_KEY} and side = $2 and identity_id = any($3::uuid[]) and status = 'live'`,
    [place.sync, place.side, identityIds],
  );
  return new Map(rows.map((row) => [row.identity_id, row.record_id]));
}

export async function referredTo(
  tx: Tx,
  { sync, side, field }: Referrer,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (identityIds.length === 0) return new Map();
  const rows = await tx.query<{ parent_id: string; count: string }>(
    `select named.parent_id, count(*) as count
       from links join referrals using (sync_key, side, identity_id) join identities using (sync_key, identity_id) cross join lateral (
         select accounted ->> $3 as parent_id where json_typeof(accounted -> $3) = 'string'
         union all
         select json_array_elements_text(case json_typeof(accounted -> $3) when 'array' then accounted -> $3 else '[]' end)
       ) as named
      where referrals.parent_id = any($4) and sync_key = ${SYNC_KEY} and side = $2 and status in ('live', 'hidden')
        and named.parent_id = referrals.parent_id
        and named.parent_id <> identity_id::text
        and (tombstone is null or not coalesce(sent::jsonb -> 'stale' ? $3, false))
      group by named.parent_id`,
    [sync, side, field, identityIds],
  );
  return new Map(rows.map((row) => [row.parent_id, Number(row.count)]));
}

export async function awaitedAt(
  tx: Tx,
  { sync, side, by }: Place,
  calls: readonly string[],
): Promise<ReadonlySet<string>> {
  if (calls.length === 0) return new Set();
  const rows = await tx.query<{ parent_record: string }>(
    `select distinct parent_record from waits where ${AWAITING}`,
    [sync, side, calls, by ?? null],
  );
  return new Set(rows.map((row) => row.parent_record));
}

/** Records that wait to be read again because of what they name. */
const AWAITING = `kind = 'read' and parent_sync = $1 and parent_side = $2 and parent_record = any($3)
        and parent_field is not distinct from $4`;

/** The first check comes soon: what is waited for may have come while the wait was being noted. */
export const WAIT_CHECK_FIRST_MS = 1_000;
/** However long it waits already, it is checked again within this time. */
export const WAIT_CHECK_MAX_MS = 60_000;

export async function noteWaits(tx: Tx, syncKey: string, waits: readonly Wait[]): Promise<void> {
  if (waits.length === 0) return;
  const of = <T>(pick: (wait: Wait) => T): readonly T[] => waits.map(pick);
  await tx.execute(
    `insert into waits (sync_key, identity_id, side, field, kind, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id, since, due_at)
     select $1::bigint, identity_id, side, field, kind, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id,
            clock_timestamp(), clock_timestamp() + make_interval(secs => $2 / 1000.0)
       from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[])
         as noted (identity_id, side, field, kind, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id)
     on conflict (sync_key, identity_id, side, field, kind) do update
        set record_id = excluded.record_id, parent_sync = excluded.parent_sync, parent_side = excluded.parent_side,
            parent_field = excluded.parent_field, parent_record = excluded.parent_record, parent_id = excluded.parent_id,
            since = case when ${SAME_TARGET} then waits.since else excluded.since end,
            due_at = case when ${SAME_TARGET} and waits.due_at <> 'infinity' then waits.due_at else excluded.due_at end,
            checks = case when ${SAME_TARGET} then waits.checks else 0 end`,
    [
      syncKey,
      WAIT_CHECK_FIRST_MS,
      of(({ identityId }) => identityId),
      of(({ side }) => side),
      of(({ field }) => field),
      of(({ kind }) => kind),
      of(({ recordId }) => recordId),
      of((wait) => (wait.kind === 'delete' ? null : wait.at.sync)),
      of((wait) => (wait.kind === 'delete' ? null : wait.at.side)),
      of((wait) => (wait.kind === 'delete' ? null : (wait.at.by ?? null))),
      of(parentRecordOf),
      of((wait) => (wait.kind === 'write' ? wait.parentId : wait.kind === 'point' ? wait.toId : null)),
    ],
  );
}

function parentRecordOf(wait: Wait): string | null {
  if (wait.kind === 'read' || wait.kind === 'key') return wait.parentRecord;
  return wait.kind === 'point' ? wait.fromId : null;
}

const SAME_TARGET = `(waits.parent_sync, waits.parent_side, waits.parent_field, waits.parent_record, waits.parent_id)
            is not distinct from (excluded.parent_sync, excluded.parent_side, excluded.parent_field, excluded.parent_record, excluded.parent_id)`;

export async function endWaits(tx: Tx, syncKey: string, ends: readonly WaitEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.execute(`delete from waits using ${NAMED_WAITS}`, namedWaits(syncKey, ends));
}

export async function parkWaits(tx: Tx, syncKey: string, ends: readonly WaitEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.execute(`update waits set due_at = 'infinity' from ${NAMED_WAITS}`, namedWaits(syncKey, ends));
}

const NAMED_WAITS = `unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as named (identity_id, side, kind, field)
      where waits.sync_key = $1 and waits.identity_id = any($2) and waits.identity_id = named.identity_id
        and waits.side = named.side and waits.kind = named.kind and (named.field is null or waits.field = named.field)`;

function namedWaits(syncKey: string, ends: readonly WaitEnd[]): readonly unknown[] {
  return [
    syncKey,
    ends.map(({ identityId }) => identityId),
    ends.map(({ side }) => side),
    ends.map(({ kind }) => kind),
    ends.map(({ field }) => field),
  ];
}

/** By those who bring what is waited for. Who is just changing a wait looks by itself, so nobody waits for its lock. */
export const WAKE = `update waits set due_at = clock_timestamp(), checks = 0
      where ctid = any(array(select ctid from waits where`;

export async function wakeReaders(tx: Tx, place: Place, calls: readonly string[]): Promise<void> {
  if (calls.length === 0) return;
  await tx.execute(`${WAKE} ${AWAITING} for update skip locked))`, [
    place.sync,
    place.side,
    calls,
    place.by ?? null,
  ]);
}

export async function wakeWriters(tx: Tx, place: Place, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0) return;
  await tx.execute(
    `${WAKE} kind = 'write' and parent_sync = $1 and parent_side = $2 and parent_id = any($3::uuid[]) for update skip locked))`,
    [place.sync, place.side, identityIds],
  );
}

export async function wakeDeletes(tx: Tx, sync: string, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0) return;
  await tx.execute(
    `${WAKE} kind = 'delete' and sync_key = ${SYNC_KEY} and identity_id = any($2::uuid[]) for update skip locked))`,
    [sync, identityIds],
  );
}

export async function claimWaits(tx: Tx, syncKey: string, countMax: number): Promise<readonly Wait[]> {
  const rows = await tx.query<{
    identity_id: string;
    side: string;
    field: string;
    kind: Wait['kind'];
    record_id: string | null;
    parent_sync: string | null;
    parent_side: string | null;
    parent_field: string | null;
    parent_record: string | null;
    parent_id: string | null;
  }>(
    `update waits
        set due_at = clock_timestamp() + make_interval(secs => least($3::float8, $4::float8 * power(2, least(checks, 30))) / 1000),
            checks = checks + 1
      where sync_key = $1 and ctid = any(array(
        select ctid from waits where sync_key = $1 and due_at <= now() order by due_at limit $2 for update skip locked))
      returning identity_id, side, field, kind, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id`,
    [syncKey, countMax, WAIT_CHECK_MAX_MS, WAIT_CHECK_FIRST_MS],
  );
  return rows.map((row): Wait => {
    const { identity_id: identityId, side, field, record_id: recordId } = row;
    const own = { identityId, side, field, recordId };
    const where = { sync: row.parent_sync ?? '', side: row.parent_side ?? '' };
    const at = row.parent_field === null ? where : { ...where, by: row.parent_field };
    switch (row.kind) {
      case 'read':
        return { ...own, kind: 'read', at, parentRecord: row.parent_record ?? '' };
      case 'key':
        return { ...own, kind: 'key', at, parentRecord: row.parent_record ?? '' };
      case 'write':
        return { ...own, kind: 'write', at, parentId: row.parent_id ?? '' };
      case 'delete':
        return { ...own, kind: 'delete' };
      case 'point':
        return { ...own, kind: 'point', at, fromId: row.parent_record ?? '', toId: row.parent_id ?? '' };
    }
  });
}

export async function parkWrites(tx: Tx, syncKey: string, writes: readonly WriteKey[]): Promise<void> {
  await moveWrites(tx, syncKey, writes, `'infinity'`, 'true');
}

export async function releaseWrites(tx: Tx, syncKey: string, writes: readonly WriteKey[]): Promise<void> {
  await moveWrites(tx, syncKey, writes, 'clock_timestamp()', `writes.due_at = 'infinity'`);
}

async function moveWrites(
  tx: Tx,
  syncKey: string,
  writes: readonly WriteKey[],
  dueAt: string,
  condition: string,
): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `update writes set due_at = ${dueAt} from unnest($2::uuid[], $3::text[]) as moved (identity_id, side)
      where writes.sync_key = $1 and writes.identity_id = any($2) and writes.identity_id = moved.identity_id
        and writes.side = moved.side and writes.state in ('planned', 'queued') and ${condition}`,
    [syncKey, writes.map(({ identityId }) => identityId), writes.map(({ side }) => side)],
  );
}

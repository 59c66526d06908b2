/** Notices that a record must be looked at: one per record, so a flood of them is bounded by the number of records. */
import { failureText } from './codec.ts';
import type { HintedRecord, HintRow, NewHint, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

export async function noteHints(
  tx: Tx,
  syncKey: string,
  side: string,
  hints: readonly NewHint[],
): Promise<void> {
  if (hints.length === 0) return;
  // Noting again raises the epoch: who is looking at the record just now must look once more afterwards.
  await tx.execute(
    `insert into hints (sync_key, side, record_id, kind, due_at, look_from)
     select distinct on (record_id) $1::bigint, $2, record_id, kind, due_at, due_at
       from (select record_id, kind, clock_timestamp() + make_interval(secs => due_in_ms / 1000.0) as due_at
               from unnest($3::text[], $4::text[], $5::float8[]) as noted (record_id, kind, due_in_ms)) as noted
      order by record_id, kind = 'deleted' desc, kind desc
     on conflict (sync_key, side, record_id) do update
        set kind = case when hints.kind = 'deleted' then 'deleted' else excluded.kind end,
            noted_at = case when excluded.kind = 'deleted' then excluded.noted_at else hints.noted_at end,
            lease_epoch = hints.lease_epoch + 1, lease_until = '-infinity', state = 'open',
            due_at = least(hints.due_at, excluded.due_at), look_from = greatest(hints.look_from, excluded.look_from),
            attempts = case when hints.state = 'dead' then 0 else hints.attempts end`,
    [
      syncKey,
      side,
      hints.map((hint) => hint.recordId),
      hints.map((hint) => hint.kind),
      hints.map((hint) => hint.dueInMs ?? 0),
    ],
  );
}

const WAITING_MAX = 10_000;

export async function hintWaiting(tx: Tx, syncKey: string): Promise<void> {
  await tx.execute(
    `insert into hints (sync_key, side, record_id, kind)
     select sync_key, side, record_id, 'changed'
       from (select sync_key, side, record_id from links where sync_key = $1 and status = 'parked'
             union all
             select links.sync_key, links.side, links.record_id from holds join links using (sync_key, identity_id)
              where holds.sync_key = $1 and holds.closed_at is null and holds.reason = 'ambiguousMatch'
                and links.status in ('live', 'hidden') and holds.seen ? links.side) as waiting
      limit $2
     on conflict (sync_key, side, record_id) do update
        set lease_epoch = hints.lease_epoch + 1, lease_until = '-infinity', state = 'open',
            due_at = least(hints.due_at, excluded.due_at)`,
    [syncKey, WAITING_MAX],
  );
}

export async function claimHints(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
  leaseMs: number,
): Promise<readonly HintRow[]> {
  // Skip locked: a hint that another worker is just claiming or noting is its business, or a later claim's. By ctid,
  // because a planner without fresh statistics joins the locked rows to the whole table.
  const rows = await tx.query<ClaimedHint>(
    `update hints
        set lease_epoch = lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
      where sync_key = $1 and ctid = any(array(
        select ctid from hints
         where sync_key = $1 and side = $2 and state = 'open' and due_at <= now() and lease_until < now()
         order by due_at limit $3 for update skip locked))
      returning record_id, kind, extract(epoch from noted_at)::float8 * 1000 as noted_at_ms, lease_epoch, attempts`,
    [syncKey, side, countMax, leaseMs],
  );
  return claimedHints(rows);
}

interface ClaimedHint {
  readonly record_id: string;
  readonly kind: HintRow['kind'];
  readonly noted_at_ms: number;
  readonly lease_epoch: string;
  readonly attempts: number;
}

function claimedHints(rows: readonly ClaimedHint[]): readonly HintRow[] {
  return rows.map((row) => ({
    recordId: row.record_id,
    kind: row.kind,
    notedAtMs: row.noted_at_ms,
    epoch: Number(row.lease_epoch),
    attempts: row.attempts,
  }));
}

export async function claimRecords(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
  leaseMs: number,
): Promise<readonly HintRow[]> {
  if (recordIds.length === 0) return [];
  const rows = await tx.query<ClaimedHint>(
    `insert into hints (sync_key, side, record_id, kind, lease_epoch, lease_until)
     select $1::bigint, $2, record_id, 'changed', 1, clock_timestamp() + make_interval(secs => $4 / 1000.0)
       from unnest($3::text[]) as wanted (record_id) order by record_id
     on conflict (sync_key, side, record_id) do update
        set lease_epoch = hints.lease_epoch + 1, lease_until = excluded.lease_until where hints.state = 'open'
     returning record_id, kind, extract(epoch from noted_at)::float8 * 1000 as noted_at_ms, lease_epoch, attempts`,
    [syncKey, side, recordIds, leaseMs],
  );
  return claimedHints(rows);
}

export async function closeHints(
  tx: Tx,
  syncKey: string,
  side: string,
  hints: readonly HintRow[],
  lookedAtMs: number,
): Promise<ReadonlySet<string>> {
  if (hints.length === 0) return NONE;
  const recordIds = hints.map((hint) => hint.recordId);
  const settled = [syncKey, side, recordIds, hints.map((hint) => hint.epoch)] as const;
  const closed = await tx.query<{ record_id: string }>(
    `delete from hints using unnest($3::text[], $4::bigint[]) as settled (record_id, epoch)
      where hints.sync_key = $1 and hints.side = $2 and hints.record_id = any($3)
        and hints.record_id = settled.record_id and hints.lease_epoch = settled.epoch
        and hints.look_from <= to_timestamp($5::float8 / 1000)
      returning hints.record_id`,
    [...settled, lookedAtMs],
  );
  if (closed.length === hints.length) return NONE;
  // Locked, so that who is just closing one is waited for.
  const open = await tx.query<{ record_id: string }>(
    `select record_id from hints where sync_key = $1 and side = $2 and record_id = any($3) order by record_id for update`,
    [syncKey, side, recordIds],
  );
  await tx.execute(
    `update hints set lease_until = '-infinity', due_at = look_from
       from unnest($3::text[], $4::bigint[]) as settled (record_id, epoch)
      where hints.sync_key = $1 and hints.side = $2 and hints.record_id = any($3)
        and hints.record_id = settled.record_id and hints.lease_epoch = settled.epoch`,
    settled,
  );
  const found = new Set([...closed, ...open].map((hint) => hint.record_id));
  return new Set(recordIds.filter((recordId) => !found.has(recordId)));
}

const NONE: ReadonlySet<string> = new Set();

export async function deferHints(
  tx: Tx,
  syncKey: string,
  side: string,
  hints: readonly HintRow[],
  defer: { readonly dueInMs: number; readonly failure: StoredFailure | null; readonly dead: boolean },
): Promise<void> {
  if (hints.length === 0) return;
  await tx.execute(
    `update hints
        set lease_until = '-infinity', due_at = clock_timestamp() + make_interval(secs => $4 / 1000.0),
            failure = $5, attempts = hints.attempts + case when $5::jsonb is null then 0 else 1 end,
            state = case when $6 then 'dead' else 'open' end
       from unnest($3::text[], $7::bigint[]) as put_back (record_id, epoch)
      where hints.sync_key = $1 and hints.side = $2 and hints.record_id = any($3)
        and hints.record_id = put_back.record_id and hints.lease_epoch = put_back.epoch`,
    [
      syncKey,
      side,
      hints.map((hint) => hint.recordId),
      defer.dueInMs,
      failureText(defer.failure),
      defer.dead,
      hints.map((hint) => hint.epoch),
    ],
  );
}

export async function buryRecords(
  tx: Tx,
  syncKey: string,
  side: string,
  records: readonly { readonly recordId: string; readonly failure: StoredFailure }[],
  lookedAtMs: number,
): Promise<void> {
  if (records.length === 0) return;
  await tx.execute(
    `insert into hints (sync_key, side, record_id, kind, state, failure)
     select $1::bigint, $2, record_id, 'changed', 'dead', failure
       from json_to_recordset($3) as buried (record_id text, failure jsonb)
     on conflict (sync_key, side, record_id) do update
        set state = case when hints.look_from <= to_timestamp($4::float8 / 1000) then 'dead' else hints.state end,
            failure = excluded.failure, lease_epoch = hints.lease_epoch + 1, lease_until = '-infinity'`,
    [
      syncKey,
      side,
      JSON.stringify(records.map(({ recordId, failure }) => ({ record_id: recordId, failure }))),
      lookedAtMs,
    ],
  );
}

export async function lookOnceMore(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<readonly HintedRecord[]> {
  if (recordIds.length === 0) return [];
  const rows = await tx.query<{ record_id: string; kind: HintRow['kind']; noted_at_ms: number }>(
    `update hints set lease_epoch = lease_epoch + 1, lease_until = '-infinity',
            due_at = case when failure is null then due_at else least(due_at, clock_timestamp()) end
      where sync_key = $1 and side = $2 and state = 'open' and record_id = any($3)
      returning record_id, kind, extract(epoch from noted_at)::float8 * 1000 as noted_at_ms`,
    [syncKey, side, recordIds],
  );
  return rows.map(({ record_id: recordId, kind, noted_at_ms: notedAtMs }) => ({ recordId, kind, notedAtMs }));
}

export async function closeDeadHints(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.execute(
    `delete from hints where sync_key = $1 and side = $2 and state = 'dead' and record_id = any($3)`,
    [syncKey, side, recordIds],
  );
}

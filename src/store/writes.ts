/**
 * The life of an open write. Each statement names the state it expects, so no transition outside this file's is possible:
 * planned (approved) or queued → sent → acknowledged (gone) | queued | unknown | dead; unknown → acknowledged | queued | dead.
 */
import { MADE_BY_US } from '../engine/state.ts';
import type { OpenCreate, SendIntent, WriteEnd } from './contract.ts';
import type { Tx } from './database.ts';

/**
 * One claim at a time per side, for as long as its transaction lasts: claims then neither meet nor need to lock the rows
 * one by one. Only for speed; that a write is sent once is kept by `sendWrites`, which expects its state and epoch.
 */
async function claim(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
  condition: string,
  untilMs: number,
): Promise<readonly string[]> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended($2, $1))', [syncKey, `claim ${side}`]);
  const rows = await tx.query<{ identity_id: string }>(
    `select identity_id from writes
      where sync_key = $1 and side = $2 and due_at <= now() and ${condition}
      order by due_at limit $3`,
    [syncKey, side, countMax, untilMs],
  );
  return rows.map((row) => row.identity_id);
}

/** `approvedUntilMs`: what was planned up to then is approved, which makes it as good as queued. */
export function claimQueued(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
  approvedUntilMs: number,
): Promise<readonly string[]> {
  const condition = `(state = 'queued' or (state = 'planned' and planned_at <= to_timestamp($4::float8 / 1000)))`;
  return claim(tx, syncKey, side, countMax, condition, approvedUntilMs);
}

export function claimUnknown(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
): Promise<readonly string[]> {
  return claim(tx, syncKey, side, countMax, `state = 'unknown' and $4::float8 is not null`, 0);
}

/** Queued, approved as part of a plan, or unknown and to be sent again with the same body. */
export async function sendWrites(
  tx: Tx,
  syncKey: string,
  intents: readonly SendIntent[],
  leaseMs: number,
): Promise<void> {
  if (intents.length === 0) return;
  await tx.execute(
    `update writes
        set state = 'sent', kind = intent.kind, body = intent.body, seq = intent.seq, record_id = intent.record_id,
            if_version = intent.if_version, lease_epoch = intent.epoch,
            lease_until = clock_timestamp() + make_interval(secs => $3 / 1000.0),
            first_sent_at = coalesce(writes.first_sent_at, clock_timestamp()), resolve_at = null, failure = null
       from rows from (unnest($2::uuid[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[]),
                       json_array_elements($10))
         as intent (identity_id, side, epoch, kind, seq, record_id, if_version, body)
      where writes.sync_key = $1 and writes.identity_id = any($2) and writes.identity_id = intent.identity_id
        and writes.side = intent.side and writes.state in ('planned', 'queued', 'unknown') and writes.lease_epoch = intent.epoch - 1`,
    [
      syncKey,
      intents.map((intent) => intent.identityId),
      leaseMs,
      intents.map((intent) => intent.side),
      intents.map((intent) => intent.epoch),
      intents.map((intent) => intent.kind),
      intents.map((intent) => intent.seq),
      intents.map((intent) => intent.recordId),
      intents.map((intent) => intent.ifVersion),
      JSON.stringify(intents.map((intent) => intent.body)),
    ],
  );
}

/** Keys (`identity side`) of the ends that applied. */
export async function endWrites(
  tx: Tx,
  syncKey: string,
  ends: readonly WriteEnd[],
): Promise<ReadonlySet<string>> {
  const applied = new Set<string>();
  const leaving = ends.filter((end) => end.to === 'acknowledged' || end.to === 'closed');
  const staying = ends.filter((end) => end.to !== 'acknowledged' && end.to !== 'closed');
  await applyEnds(tx, syncKey, leaving, applied, LEAVE);
  await applyEnds(tx, syncKey, staying, applied, STAY);
  await noteAttempts(tx, syncKey, ends, applied);
  return applied;
}

const ENDED = `unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::float8[], $8::boolean[], $9::float8[], $10::uuid[])
               as ended (identity_id, side, epoch, "to", failure, wait_ms, counts, resolve_in_ms, write_id)`;
/** The ids once more as an array: a planner that has no idea of the table still finds the rows by key. */
const SAME_TRY = `writes.sync_key = $1 and writes.identity_id = any($2) and writes.identity_id = ended.identity_id
        and writes.side = ended.side and writes.write_id = ended.write_id and writes.lease_epoch = ended.epoch
        and writes.state in ('sent', 'unknown')`;
const LEAVE = `delete from writes using ${ENDED} where ${SAME_TRY} returning writes.identity_id, writes.side`;
const STAY = `update writes
        set state = ended."to", failure = ended.failure::jsonb, lease_until = '-infinity',
            attempts = writes.attempts + case when ended.counts then 1 else 0 end,
            due_at = case when ended."to" = 'dead' then 'infinity'
                          else clock_timestamp() + make_interval(secs => ended.wait_ms / 1000.0) end,
            resolve_at = case when ended."to" = 'unknown'
                              then clock_timestamp() + make_interval(secs => ended.resolve_in_ms / 1000.0) end
       from ${ENDED} where ${SAME_TRY} returning writes.identity_id, writes.side`;

async function applyEnds(
  tx: Tx,
  syncKey: string,
  ends: readonly WriteEnd[],
  applied: Set<string>,
  statement: string,
): Promise<void> {
  if (ends.length === 0) return;
  const rows = await tx.query<{ identity_id: string; side: string }>(statement, [
    syncKey,
    ends.map((end) => end.identityId),
    ends.map((end) => end.side),
    ends.map((end) => end.epoch),
    ends.map((end) => end.to),
    ends.map((end) => (end.to === 'acknowledged' ? null : JSON.stringify(end.failure))),
    ends.map((end) => (end.to === 'queued' ? end.dueInMs : end.to === 'unknown' ? end.lookInMs : 0)),
    ends.map((end) => (end.to === 'queued' ? end.countsAttempt : end.to === 'dead')),
    ends.map((end) => (end.to === 'unknown' ? end.resolveInMs : null)),
    ends.map((end) => end.writeId),
  ]);
  for (const row of rows) applied.add(writeKeyText(row.identity_id, row.side));
}

export function writeKeyText(identityId: string, side: string): string {
  return `${identityId} ${side}`;
}

async function noteAttempts(
  tx: Tx,
  syncKey: string,
  ends: readonly WriteEnd[],
  applied: ReadonlySet<string>,
): Promise<void> {
  const failed = ends.filter((end) => end.to !== 'acknowledged');
  const late = ends.filter(
    (end) => end.to === 'acknowledged' && !applied.has(writeKeyText(end.identityId, end.side)),
  );
  const rows = [...failed, ...late].map((end) => ({
    write_id: end.writeId,
    epoch: end.epoch,
    identity_id: end.identityId,
    side: end.side,
    kind: end.kind,
    outcome: end.to === 'acknowledged' ? 'late' : end.to === 'unknown' ? 'unknown' : 'failed',
    failure: end.to === 'acknowledged' ? null : end.failure,
  }));
  if (rows.length === 0) return;
  await tx.execute(
    `insert into attempts (sync_key, write_id, epoch, identity_id, side, kind, outcome, failure, ended_at)
     select $1::bigint, write_id, epoch, identity_id, side, kind, outcome, failure, clock_timestamp()
       from json_to_recordset($2) as ended (write_id uuid, epoch bigint, identity_id uuid, side text, kind text,
                                            outcome text, failure jsonb)
     on conflict do nothing`,
    [syncKey, JSON.stringify(rows)],
  );
}

export async function openCreates(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
): Promise<readonly OpenCreate[]> {
  const rows = await tx.query<{ identity_id: string; body: OpenCreate['body']; is_held: boolean }>(
    `select identity_id, body, false as is_held from writes
      where sync_key = $1 and side = $2 and state in ('sent', 'unknown') and kind = 'create'
     union all
     select identity_id, (seen -> $2)::json, true from holds
      where sync_key = $1 and closed_at is null and identity_id is not null and reason = any($4) and seen ? $2
      limit $3`,
    [syncKey, side, countMax, MADE_BY_US],
  );
  return rows.map((row) => ({ identityId: row.identity_id, body: row.body, isHeld: row.is_held }));
}

export async function createsSinceMs(tx: Tx, syncKey: string, side: string): Promise<number | null> {
  const [row] = await tx.query<{ since_ms: number | null }>(
    `select extract(epoch from min(first_sent_at))::float8 * 1000 as since_ms from writes
      where sync_key = $1 and side = $2 and state in ('sent', 'unknown') and kind = 'create'`,
    [syncKey, side],
  );
  return row?.since_ms ?? null;
}

const REAPED = JSON.stringify({
  kind: 'unknownOutcome',
  code: 'trueup.worker_lost',
  message: 'the worker that sent this write has not reported back',
});

export async function reapSent(tx: Tx, syncKey: string, resolveInMs: number): Promise<number> {
  return tx.execute(
    `with lost as (
       update writes
          set state = 'unknown', lease_epoch = lease_epoch + 1, failure = $3, lease_until = '-infinity',
              resolve_at = clock_timestamp() + make_interval(secs => $2 / 1000.0), due_at = clock_timestamp()
        where sync_key = $1 and state = 'sent' and lease_until < now()
       returning sync_key, write_id, lease_epoch, identity_id, side, kind)
     insert into attempts (sync_key, write_id, epoch, identity_id, side, kind, outcome, failure, ended_at)
     select sync_key, write_id, lease_epoch - 1, identity_id, side, kind, 'unknown', $3, clock_timestamp() from lost
     on conflict do nothing`,
    [syncKey, resolveInMs, REAPED],
  );
}

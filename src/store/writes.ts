/**
 * The life of an open write. Each statement names the state it expects, so no transition outside this file's is possible:
 * queued → sent → acknowledged (gone) | queued | unknown | dead; unknown → acknowledged | queued | dead.
 */
import type { OpenCreate, SendIntent, WriteEnd } from './contract.ts';
import type { Tx } from './database.ts';

/** Claims by locking the identity: whoever holds it is deciding about it just now, so it is passed over. */
async function claim(tx: Tx, syncKey: string, side: string, condition: string, countMax: number): Promise<readonly string[]> {
  const rows = await tx.query<{ identity_id: string }>(
    `select identities.identity_id
       from (select identity_id from writes where sync_key = $1 and side = $2 and ${condition} order by due_at limit $3) as due
       join identities on identities.sync_key = $1 and identities.identity_id = due.identity_id
      order by identities.identity_id
        for update of identities skip locked`,
    [syncKey, side, countMax],
  );
  return rows.map((row) => row.identity_id);
}

export function claimQueued(tx: Tx, syncKey: string, side: string, countMax: number): Promise<readonly string[]> {
  return claim(tx, syncKey, side, `state = 'queued' and due_at <= clock_timestamp()`, countMax);
}

export function claimUnknown(tx: Tx, syncKey: string, side: string, countMax: number): Promise<readonly string[]> {
  return claim(tx, syncKey, side, `state = 'unknown' and due_at <= clock_timestamp()`, countMax);
}

/** Queued, or unknown and to be sent again with the same body. */
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
       from json_to_recordset($2) as intent (identity_id uuid, side text, epoch bigint, kind text, body jsonb, seq bigint,
                                             record_id text, if_version text)
      where writes.sync_key = $1 and writes.identity_id = intent.identity_id and writes.side = intent.side
        and writes.state in ('queued', 'unknown') and writes.lease_epoch = intent.epoch - 1`,
    [
      syncKey,
      JSON.stringify(
        intents.map((intent) => ({
          identity_id: intent.identityId,
          side: intent.side,
          epoch: intent.epoch,
          kind: intent.kind,
          body: intent.body,
          seq: intent.seq,
          record_id: intent.recordId,
          if_version: intent.ifVersion,
        })),
      ),
      leaseMs,
    ],
  );
}

/** Keys (`identity side`) of the ends that applied. */
export async function endWrites(tx: Tx, syncKey: string, ends: readonly WriteEnd[]): Promise<ReadonlySet<string>> {
  const applied = new Set<string>();
  const leaving = ends.filter((end) => end.to === 'acknowledged' || end.to === 'closed');
  const staying = ends.filter((end) => end.to !== 'acknowledged' && end.to !== 'closed');
  await applyEnds(tx, syncKey, leaving, applied, LEAVE);
  await applyEnds(tx, syncKey, staying, applied, STAY);
  await noteAttempts(tx, syncKey, ends, applied);
  return applied;
}

const ENDED = `json_to_recordset($2) as ended (identity_id uuid, side text, epoch bigint, "to" text, failure jsonb,
                                               due_in_ms float8, resolve_in_ms float8, counts boolean)`;
const SAME_TRY = `writes.sync_key = $1 and writes.identity_id = ended.identity_id and writes.side = ended.side
        and writes.lease_epoch = ended.epoch and writes.state in ('sent', 'unknown')`;
const LEAVE = `delete from writes using ${ENDED} where ${SAME_TRY} returning writes.identity_id, writes.side`;
const STAY = `update writes
        set state = ended."to", failure = ended.failure, lease_until = '-infinity',
            attempts = writes.attempts + case when ended.counts then 1 else 0 end,
            due_at = clock_timestamp() + make_interval(secs => coalesce(ended.due_in_ms, ended.resolve_in_ms, 0) / 1000.0),
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
    JSON.stringify(
      ends.map((end) => ({
        identity_id: end.identityId,
        side: end.side,
        epoch: end.epoch,
        to: end.to,
        failure: end.to === 'acknowledged' ? null : end.failure,
        due_in_ms: end.to === 'queued' ? end.dueInMs : null,
        resolve_in_ms: end.to === 'unknown' ? end.resolveInMs : null,
        counts: end.to === 'queued' ? end.countsAttempt : end.to === 'dead',
      })),
    ),
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
  const late = ends.filter((end) => end.to === 'acknowledged' && !applied.has(writeKeyText(end.identityId, end.side)));
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

export async function openCreates(tx: Tx, syncKey: string, side: string, countMax: number): Promise<readonly OpenCreate[]> {
  const rows = await tx.query<{ identity_id: string; body: OpenCreate['body'] }>(
    `select identity_id, body from writes
      where sync_key = $1 and side = $2 and state in ('sent', 'unknown') and kind = 'create' limit $3`,
    [syncKey, side, countMax],
  );
  return rows.map((row) => ({ identityId: row.identity_id, body: row.body }));
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
              resolve_at = clock_timestamp() + make_interval(secs => $2 / 1000.0),
              due_at = clock_timestamp() + make_interval(secs => $2 / 1000.0)
        where sync_key = $1 and state = 'sent' and lease_until < clock_timestamp()
       returning sync_key, write_id, lease_epoch, identity_id, side, kind)
     insert into attempts (sync_key, write_id, epoch, identity_id, side, kind, outcome, failure, ended_at)
     select sync_key, write_id, lease_epoch - 1, identity_id, side, kind, 'unknown', $3, clock_timestamp() from lost
     on conflict do nothing`,
    [syncKey, resolveInMs, REAPED],
  );
}

/** Reconciliations: what is stored of the records they meet, what they could not meet, and what they counted. */
import type { Values } from '../engine/value.ts';
import type { Json } from '../lib/json.ts';
import type { RecordStatus } from './contract.ts';
import type { Tx } from './database.ts';

/** Who has been at it for so long was killed: its run is closed by the next one. */
const RUN_HOURS_MAX = 48;

export async function startReconciliation(
  tx: Tx,
  syncKey: string,
  runId: string,
  side: string,
): Promise<void> {
  await tx.execute(
    `with dead as (
       update runs set state = 'failed', ended_at = clock_timestamp()
        where sync_key = $1 and kind = 'reconciliation' and state = 'running'
          and started_at < clock_timestamp() - make_interval(hours => $2) returning run_id)
     delete from sightings using dead where sightings.sync_key = $1 and sightings.run_id = dead.run_id`,
    [syncKey, RUN_HOURS_MAX],
  );
  await tx.execute(
    `insert into runs (sync_key, run_id, side, kind, state, started_at)
     values ($1, $2, $3, 'reconciliation', 'running', clock_timestamp())`,
    [syncKey, runId, side],
  );
}

export async function noteFound(tx: Tx, syncKey: string, runId: string, found: Json): Promise<void> {
  await tx.execute('update runs set found = $3 where sync_key = $1 and run_id = $2', [
    syncKey,
    runId,
    JSON.stringify(found),
  ]);
}

/** Keeps what the reconciliation came to, and forgets the values of the side's earlier ones; their counts stay. */
export async function keepReport(
  tx: Tx,
  syncKey: string,
  runId: string,
  side: string,
  report: Json,
): Promise<void> {
  await tx.execute(
    `update runs set report = case when run_id = $2 then $4::json end
      where sync_key = $1 and side = $3 and kind = 'reconciliation' and (run_id = $2 or report is not null)`,
    [syncKey, runId, side, JSON.stringify(report)],
  );
}

/** What the newest reconciliation of a side came to, as it was kept. */
export interface KeptReport {
  readonly side: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly report: Json;
}

export function keptReports(tx: Tx, syncKey: string): Promise<readonly KeptReport[]> {
  return tx.query<{ side: string; startedMs: number; endedMs: number; report: Json }>(
    `select side, report, extract(epoch from started_at)::float8 * 1000 as "startedMs",
            extract(epoch from ended_at)::float8 * 1000 as "endedMs"
       from runs where sync_key = $1 and kind = 'reconciliation' and report is not null order by side`,
    [syncKey],
  );
}

export interface PastReconciliation {
  readonly side: string;
  readonly startedMs: number;
  readonly seen: number;
  readonly drift: number;
}

/** The newest complete ones of all sides, newest first: the trend. */
export function pastReconciliations(
  tx: Tx,
  syncKey: string,
  countMax: number,
): Promise<readonly PastReconciliation[]> {
  return past(tx, `${COMPLETE} order by run_id desc limit $2`, [syncKey, countMax]);
}

/** The newest complete one of every side that had one. */
export function lastReconciliations(tx: Tx, syncKey: string): Promise<readonly PastReconciliation[]> {
  return past(tx, `select distinct on (side) * from (${COMPLETE}) as complete order by side, run_id desc`, [
    syncKey,
  ]);
}

const COMPLETE = `select run_id, side, extract(epoch from started_at)::float8 * 1000 as started_ms, seen, changed as drift
  from runs where sync_key = $1 and kind = 'reconciliation' and state = 'complete'`;

async function past(
  tx: Tx,
  statement: string,
  values: readonly unknown[],
): Promise<readonly PastReconciliation[]> {
  const rows = await tx.query<{ side: string; started_ms: number; seen: string; drift: string }>(
    statement,
    values,
  );
  return rows.map((row) => ({
    side: row.side,
    startedMs: row.started_ms,
    seen: Number(row.seen),
    drift: Number(row.drift),
  }));
}

/** A record as the store knows it; `golden` only where it belongs to an identity. */
export interface StoredRecord {
  readonly status: RecordStatus;
  readonly identityId: string | null;
  readonly golden: Values | null;
}

export async function storedRecords(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, StoredRecord>> {
  const rows = await tx.query<{
    record_id: string;
    status: RecordStatus;
    identity_id: string | null;
    golden: Values | null;
  }>(
    `select links.record_id, links.status, links.identity_id, identities.golden
       from links left join identities on identities.sync_key = $1 and identities.identity_id = links.identity_id
      where links.sync_key = $1 and links.side = $2 and links.record_id = any($3)`,
    [syncKey, side, recordIds],
  );
  return new Map(
    rows.map((row) => [
      row.record_id,
      { status: row.status, identityId: row.identity_id, golden: row.golden },
    ]),
  );
}

/** Which of the records wait for a look, or for a person because a look failed for good. */
export async function looksAt(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, 'due' | 'dead'>> {
  const rows = await tx.query<{ record_id: string; state: string }>(
    'select record_id, state from hints where sync_key = $1 and side = $2 and record_id = any($3)',
    [syncKey, side, recordIds],
  );
  return new Map(rows.map((row) => [row.record_id, row.state === 'dead' ? 'dead' : 'due']));
}

/** Identities that live somewhere and have no live record at the side, in the order of their ids, after one. */
export async function absentAt(
  tx: Tx,
  syncKey: string,
  side: string,
  after: string | null,
  countMax: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ identity_id: string }>(
    `select identity_id from identities
      where sync_key = $1 and tombstone is null and ($3::uuid is null or identity_id > $3)
        and not exists (select from links where links.sync_key = $1 and links.identity_id = identities.identity_id
                           and links.side = $2 and links.status <> 'gone')
      order by identity_id limit $4`,
    [syncKey, side, after, countMax],
  );
  return rows.map((row) => row.identity_id);
}

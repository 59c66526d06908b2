/** Reconciliations: what is stored of the records they meet, what they could not meet, and what they counted. */
import type { WriteKind } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { Json } from '../lib/json.ts';
import type { RecordStatus } from './contract.ts';
import type { Tx } from './database.ts';

/** To be called by whoever holds the side: a run of it that is not to be gone on with belonged to somebody who was killed. */
export async function startReconciliation(
  tx: Tx,
  syncKey: string,
  runId: string,
  side: string,
): Promise<void> {
  await tx.execute(
    `with dead as (
       update runs set state = 'failed', ended_at = clock_timestamp()
        where sync_key = $1 and side = $2 and kind = 'reconciliation' and state = 'running'
          and not exists (select from reconciling
                           where reconciling.sync_key = $1 and reconciling.run_id = runs.run_id and reconciling.progress is not null)
        returning run_id)
     delete from sightings using dead where sightings.sync_key = $1 and sightings.run_id = dead.run_id`,
    [syncKey, side],
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
  /** Of how many records those seen were drawn; null where they were all. */
  readonly drawnOf: number | null;
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

const COMPLETE = `select run_id, side, extract(epoch from started_at)::float8 * 1000 as started_ms, seen, changed as drift, drawn_of
  from runs where sync_key = $1 and kind = 'reconciliation' and state = 'complete'`;

async function past(
  tx: Tx,
  statement: string,
  values: readonly unknown[],
): Promise<readonly PastReconciliation[]> {
  const rows = await tx.query<{
    side: string;
    started_ms: number;
    seen: string;
    drift: string;
    drawn_of: string | null;
  }>(statement, values);
  return rows.map((row) => ({
    side: row.side,
    startedMs: row.started_ms,
    seen: Number(row.seen),
    drift: Number(row.drift),
    drawnOf: row.drawn_of === null ? null : Number(row.drawn_of),
  }));
}

/** Of how many records those of the run were drawn. */
export async function noteDrawn(tx: Tx, syncKey: string, runId: string, of: number): Promise<void> {
  await tx.execute('update runs set drawn_of = $3 where sync_key = $1 and run_id = $2', [syncKey, runId, of]);
}

/** A record that was drawn by lot, and the part of all from which it was. */
export interface Drawn {
  readonly recordId: string;
  readonly stratum: number;
}

/** A sample in the order in which to look, and how many records the parts have of which it was drawn. */
export interface Lot {
  readonly sizes: ReadonlyMap<number, number>;
  readonly drawn: readonly Drawn[];
}

/** What a sample is drawn by. Equal seeds over equal records draw equally. */
export interface Draw {
  readonly seed: string;
  readonly countMax: number;
  /** Takes no part in it. */
  readonly without: readonly string[];
}

const STRATUM = `case when as_of > now() - interval '1 day' then 0 when as_of > now() - interval '30 days' then 1 else 2 end`;

/**
 * Draws live records of the side: of those about which something became known in the last day, in the last month, and before
 * that the same share. However far one goes along the list, each part has given at least its share, rounded up.
 */
export async function drawRecords(
  tx: Tx,
  syncKey: string,
  side: string,
  { seed, countMax, without }: Draw,
): Promise<Lot> {
  const framed = `select record_id, ${STRATUM} as stratum, hashtextextended(record_id collate "C", $4::bigint) as place
    from links where sync_key = $1 and side = $2 and status = 'live' and record_id <> all($3)`;
  const rows = await tx.query<{ recordId: string; stratum: number; size: string }>(
    `select record_id as "recordId", stratum, size
       from (select record_id, stratum, place, count(*) over (partition by stratum) as size,
                    row_number() over (partition by stratum order by place, record_id) - 1 as before
               from (${framed}) as framed) as placed
      order by before::float8 / size, stratum limit $5`,
    [syncKey, side, without, seed, countMax],
  );
  const sizes = new Map(rows.map(({ stratum, size }) => [stratum, Number(size)]));
  return { sizes, drawn: rows.map(({ recordId, stratum }) => ({ recordId, stratum })) };
}

/** The writes of some identities that wait for an approval. */
export function plannedOf(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
): Promise<readonly { readonly identityId: string; readonly side: string; readonly kind: WriteKind }[]> {
  return tx.query<{ identityId: string; side: string; kind: WriteKind }>(
    `select identity_id as "identityId", side, kind from writes
      where sync_key = $1 and identity_id = any($2) and state = 'planned' order by identity_id, side`,
    [syncKey, identityIds],
  );
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

/** Pages of what the store knows, each answered by an index however much there is: sync by sync, then put together. */
import type { RecordStatus, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

export interface RunRow {
  readonly runId: string;
  readonly syncKey: string;
  readonly side: string;
  readonly kind: string;
  readonly state: 'running' | 'complete' | 'failed';
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly seen: number;
  readonly changed: number;
  readonly unreadable: number;
  readonly missing: number;
  readonly failure: StoredFailure | null;
}

export interface RunFilter {
  readonly syncKeys: readonly string[];
  readonly side: string | null;
  readonly state: string | null;
}

/** The newest runs before `before`, newest first: run ids sort by time. */
export async function runsPage(
  tx: Tx,
  filter: RunFilter,
  before: string | null,
  countMax: number,
): Promise<readonly RunRow[]> {
  const rows = await tx.query<{
    run_id: string;
    sync_key: string;
    side: string;
    kind: string;
    state: RunRow['state'];
    started_ms: number;
    ended_ms: number | null;
    seen: string;
    changed: string;
    unreadable: string;
    missing: string;
    failure: StoredFailure | null;
  }>(
    `select found.* from unnest($1::bigint[]) as place (sync_key)
      cross join lateral (
        select run_id, sync_key, side, kind, state, seen, changed, unreadable, missing, failure,
               extract(epoch from started_at)::float8 * 1000 as started_ms, extract(epoch from ended_at)::float8 * 1000 as ended_ms
          from runs
         where runs.sync_key = place.sync_key and ($2::text is null or side = $2) and ($3::text is null or state = $3)
           and ($4::uuid is null or run_id < $4)
         order by run_id desc limit $5) as found
      order by found.run_id desc limit $5`,
    [filter.syncKeys, filter.side, filter.state, before, countMax],
  );
  return rows.map((row) => ({
    runId: row.run_id,
    syncKey: row.sync_key,
    side: row.side,
    kind: row.kind,
    state: row.state,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    seen: Number(row.seen),
    changed: Number(row.changed),
    unreadable: Number(row.unreadable),
    missing: Number(row.missing),
    failure: row.failure,
  }));
}

/** A record as a list shows it; `failure` says why it could not be read, where it could not. */
export interface ListedRecord {
  readonly failure: StoredFailure | null;
  readonly syncKey: string;
  readonly side: string;
  readonly recordId: string;
  readonly status: RecordStatus;
  readonly identityId: string | null;
}

interface RecordColumns {
  readonly failure: StoredFailure | null;
  readonly sync_key: string;
  readonly side: string;
  readonly record_id: string;
  readonly status: RecordStatus;
  readonly identity_id: string | null;
}

const RECORD_COLUMNS = 'sync_key, side, record_id, status, identity_id, failure';

function listedRecord(row: RecordColumns): ListedRecord {
  return {
    syncKey: row.sync_key,
    side: row.side,
    recordId: row.record_id,
    status: row.status,
    identityId: row.identity_id,
    failure: row.failure,
  };
}

/** Records of one side in the order of their ids, after one, whose ids begin with `prefix`. */
export async function recordsPage(
  tx: Tx,
  place: { readonly syncKey: string; readonly side: string },
  prefix: string,
  after: string | null,
  countMax: number,
): Promise<readonly ListedRecord[]> {
  const rows = await tx.query<RecordColumns>(
    `select ${RECORD_COLUMNS} from links
      where sync_key = $1 and side = $2 and record_id >= $3 and record_id < $3 || E'\\U0010FFFD'
        and starts_with(record_id, $3) and ($4::text is null or record_id > $4)
      order by record_id limit $5`,
    [place.syncKey, place.side, prefix, after, countMax],
  );
  return rows.map(listedRecord);
}

/** The records of identities, at all sides. */
export async function recordsOfIdentities(
  tx: Tx,
  syncKeys: readonly string[],
  identityIds: readonly string[],
): Promise<readonly ListedRecord[]> {
  if (identityIds.length === 0) return [];
  const rows = await tx.query<RecordColumns>(
    `select ${RECORD_COLUMNS} from links where sync_key = any($1) and identity_id = any($2::uuid[]) order by side, record_id`,
    [syncKeys, identityIds],
  );
  return rows.map(listedRecord);
}

/** Sweeps: their counts, what they met, and what they did not meet. */
import { failureText } from './codec.ts';
import type { GuardCount, RunCounts, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

export async function startRun(tx: Tx, syncKey: string, runId: string, side: string): Promise<void> {
  await tx.execute(
    `insert into runs (sync_key, run_id, side, kind, state, started_at)
     values ($1, $2, $3, 'sweep', 'running', clock_timestamp())`,
    [syncKey, runId, side],
  );
}

export async function addToRun(tx: Tx, syncKey: string, runId: string, counts: RunCounts): Promise<void> {
  await tx.execute(
    `update runs set seen = seen + $3, changed = changed + $4, unreadable = unreadable + $5, missing = missing + $6
      where sync_key = $1 and run_id = $2 and state = 'running'`,
    [syncKey, runId, counts.seen, counts.changed, counts.unreadable, counts.missing],
  );
}

export async function endRun(
  tx: Tx,
  syncKey: string,
  runId: string,
  state: 'complete' | 'failed',
  failure: StoredFailure | null,
): Promise<void> {
  await tx.execute(
    `update runs set state = $3, ended_at = clock_timestamp(), failure = $4
      where sync_key = $1 and run_id = $2 and state = 'running'`,
    [syncKey, runId, state, failureText(failure)],
  );
  await tx.execute('delete from sightings where sync_key = $1 and run_id = $2', [syncKey, runId]);
}

export async function runStartedAtMs(tx: Tx, syncKey: string, runId: string): Promise<number | null> {
  const rows = await tx.query<{ started_at_ms: number }>(
    `select extract(epoch from started_at)::float8 * 1000 as started_at_ms from runs
      where sync_key = $1 and run_id = $2 and state = 'running'`,
    [syncKey, runId],
  );
  return rows[0]?.started_at_ms ?? null;
}

export async function noteSightings(
  tx: Tx,
  syncKey: string,
  runId: string,
  pageNo: number,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.execute(
    `insert into sightings (sync_key, run_id, page_no, record_ids) values ($1, $2, $3, $4)
     on conflict (sync_key, run_id, page_no) do update set record_ids = excluded.record_ids`,
    [syncKey, runId, pageNo, recordIds],
  );
}

/**
 * A link that changed since the sweep began has been met by definition; of the others, those in no sighting. And what waits for a
 * person to correct it, whatever is known of it: it may be gone.
 */
export async function unsighted(
  tx: Tx,
  syncKey: string,
  side: string,
  runId: string,
  startedAtMs: number,
  after: string | null,
  countMax: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ record_id: string }>(
    `with met as (select unnest(record_ids) as record_id from sightings where sync_key = $1 and run_id = $3)
     (select links.record_id
        from links left join met on met.record_id = links.record_id
       where met.record_id is null and links.sync_key = $1 and links.side = $2
         and links.status in ('live', 'hidden', 'returned', 'parked', 'excluded', 'unreadable')
         and links.as_of < to_timestamp($4::float8 / 1000) and ($5::text is null or links.record_id > $5)
       order by links.record_id limit $6)
     union
     (select hints.record_id
        from hints left join met on met.record_id = hints.record_id
       where met.record_id is null and hints.sync_key = $1 and hints.side = $2 and hints.state = 'dead'
         and ($5::text is null or hints.record_id > $5)
       order by hints.record_id limit $6)
     order by record_id limit $6`,
    [syncKey, side, runId, startedAtMs, after, countMax],
  );
  return rows.map((row) => row.record_id);
}

/** The running hour of a side's guard. The row lock makes concurrent batches count one after the other. */
export async function guardWindow(
  tx: Tx,
  syncKey: string,
  side: string,
  add: { readonly deletes: number; readonly changes: number },
): Promise<GuardCount> {
  const rows = await tx.query<{ deletes: string; changes: string; records: string }>(
    `insert into guard_windows (sync_key, side, window_start, deletes, changes)
     values ($1, $2, date_trunc('hour', clock_timestamp()), $3, $4)
     on conflict (sync_key, side, window_start) do update
        set deletes = guard_windows.deletes + excluded.deletes, changes = guard_windows.changes + excluded.changes
     returning deletes, changes`,
    [syncKey, side, add.deletes, add.changes],
  );
  return { deletes: Number(rows[0]?.deletes ?? 0), changes: Number(rows[0]?.changes ?? 0) };
}

export async function countRecords(tx: Tx, syncKey: string, side: string): Promise<number> {
  const rows = await tx.query<{ count: string }>(
    `select count(*) from links where sync_key = $1 and side = $2 and status in ('live', 'hidden')`,
    [syncKey, side],
  );
  return Number(rows[0]?.count ?? 0);
}

/** A record known to be there, to look up beside those that seem to be missing. */
export async function controlRecord(
  tx: Tx,
  syncKey: string,
  side: string,
  except: readonly string[],
): Promise<string | null> {
  const rows = await tx.query<{ record_id: string }>(
    `select record_id from links
      where sync_key = $1 and side = $2 and status not in ('gone', 'hidden') and record_id <> all($3)
      order by status = 'live' desc, as_of desc limit 1`,
    [syncKey, side, except],
  );
  return rows[0]?.record_id ?? null;
}

/**
 * A bulk load outruns autovacuum: without this the planner believes that the tables are still empty. It only has to know how large
 * they are, which a tenth of the usual sample tells as well, in a tenth of the time; autovacuum looks closer when it comes by.
 */
export async function refreshStatistics(tx: Tx): Promise<void> {
  await tx.execute(`select set_config('default_statistics_target', '10', true)`);
  await tx.execute(
    `analyze identities (sync_key, identity_id), links (sync_key, side, record_id, status, identity_id),
             match_keys (sync_key, match_key), writes (sync_key, identity_id, side, state, due_at),
             hints (sync_key, side, record_id, state)`,
  );
}

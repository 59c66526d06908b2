/** Months of the journal that are over: dropped as whole tables, but for what explains what is still open. */
import pg from 'pg';

import type { JournalMonth } from './retention.ts';

export interface DroppedMonths {
  readonly months: readonly string[];
  /** Entries that are no more. */
  readonly entries: number;
  /** Months that are over for some workspaces and not for others: whose entries go one by one. */
  readonly shared: readonly JournalMonth[];
}

/** So many are dropped in one go: the next night brings the next ones. */
const MONTHS_MAX = 12;
const LOCK_TIMEOUT = '5s';

/**
 * Drops the months that are older than every workspace keeps them. Needs the right to create tables, so it uses a connection of
 * its own, as migrations do. `daysUnsaid` counts where a workspace has said nothing.
 */
export async function dropJournalMonths(url: string, daysUnsaid: number): Promise<DroppedMonths> {
  const client = new pg.Client({ connectionString: url, application_name: 'trueup-retention' });
  // A connection that is cut fails the next statement; without a listener it would end the program.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const cutoffs = await cutoffsOf(client, daysUnsaid);
    const months = await monthsOf(client);
    const all = Math.min(...cutoffs.values());
    const some = Math.max(...cutoffs.values());
    const done = { months: [] as string[], entries: 0 };
    for (const month of months.filter(({ endsMs }) => endsMs <= all)) {
      if (done.months.length >= MONTHS_MAX) break;
      const entries = await dropMonth(client, month, [...cutoffs.keys()]);
      if (entries > 0) done.months.push(month.name);
      done.entries += entries;
    }
    const shared = months.filter(({ endsMs }) => endsMs > all && endsMs <= some);
    return { ...done, shared };
  } finally {
    await client.end();
  }
}

/** The oldest first. */
async function monthsOf(client: pg.Client): Promise<readonly JournalMonth[]> {
  const { rows } = await client.query<{ name: string; starts: string; ends: string; ends_ms: number }>(
    `select name, month || ' 00:00+00' as starts, (month + interval '1 month')::date || ' 00:00+00' as ends,
            extract(epoch from (month + interval '1 month') at time zone 'UTC')::float8 * 1000 as ends_ms
       from (select relname::text as name, to_date(substr(relname, 9), 'YYYY_MM') as month from pg_inherits
               join pg_class on pg_class.oid = inhrelid
              where inhparent = 'journal'::regclass and relname ~ '^journal_[0-9]{4}_[0-9]{2}$') as months
      order by month`,
  );
  return rows.map(({ ends_ms: endsMs, ...month }) => ({ ...month, endsMs }));
}

/** Until when each workspace keeps its journal; minus infinity where it keeps it for ever. */
async function cutoffsOf(client: pg.Client, daysUnsaid: number): Promise<ReadonlyMap<number, number>> {
  const { rows: workspaces } = await client.query<{ workspace_no: number }>(
    'select workspace_no from workspaces order by workspace_no',
  );
  const cutoffs = new Map<number, number>();
  for (const { workspace_no: workspaceNo } of workspaces) {
    await client.query('begin');
    await enter(client, workspaceNo);
    const { rows } = await client.query<{ cutoff_ms: number | null }>(
      `select extract(epoch from clock_timestamp() - make_interval(days => days))::float8 * 1000 as cutoff_ms
         from (select coalesce((select days is null from retention where workspace_no = $1 and what = 'journal'), false) as is_for_ever,
                      coalesce((select days from retention where workspace_no = $1 and what = 'journal'), $2::int) as days) as said
        where not is_for_ever`,
      [workspaceNo, daysUnsaid],
    );
    await client.query('commit');
    cutoffs.set(workspaceNo, rows[0]?.cutoff_ms ?? -Infinity);
  }
  return cutoffs;
}

/**
 * Puts a table in the place of the month's that holds only what explains what is open, or none where nothing does; how many
 * entries that ended. All of it happens or nothing.
 */
async function dropMonth(
  client: pg.Client,
  month: JournalMonth,
  workspaces: readonly number[],
): Promise<number> {
  const kept = pg.escapeIdentifier(`${month.name}_kept`);
  const name = pg.escapeIdentifier(month.name);
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query(`create table ${kept} (like journal including defaults including constraints)`);
    let [before, after] = [0, 0];
    for (const workspaceNo of workspaces) {
      await enter(client, workspaceNo);
      const { rows } = await client.query<{ entries: string }>(
        'select count(*) as entries from journal where sync_key >> 32 = $1 and at >= $2 and at < $3',
        [workspaceNo, month.starts, month.ends],
      );
      before += Number(rows[0]?.entries ?? 0);
      const moved = await client.query(`insert into ${kept} ${NEEDED}`, [
        workspaceNo,
        month.starts,
        month.ends,
      ]);
      after += moved.rowCount ?? 0;
    }
    // An empty month goes too: nothing is ever entered in the past, and a restore makes the months that it needs.
    if (before === after && before > 0) {
      await client.query('rollback');
      return 0;
    }
    await client.query(`drop table ${name}`);
    if (after === 0) await client.query(`drop table ${kept}`);
    else {
      await client.query(`alter table ${kept} rename to ${name}`);
      await client.query(
        `alter table journal attach partition ${name} for values from ('${month.starts}') to ('${month.ends}')`,
      );
      await client.query(`alter table ${name} enable row level security`);
      await client.query(`alter table ${name} force row level security`);
    }
    await client.query('commit');
    return before - after;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** Row security is forced on owners too: they see one workspace at a time. */
async function enter(client: pg.Client, workspaceNo: number): Promise<void> {
  await client.query(`select set_config('trueup.workspace', $1, true)`, [String(workspaceNo)]);
}

/** Of workspace $1, between $2 and $3: what happened to identities and records about which something is open. */
const NEEDED = `
  with open_identities as (
    select sync_key, identity_id from holds where sync_key >> 32 = $1 and closed_at is null and identity_id is not null
    union select sync_key, identity_id from writes where sync_key >> 32 = $1
    union select sync_key, identity_id from links
           where sync_key >> 32 = $1 and identity_id is not null and status in ('unreadable', 'parked', 'hidden', 'returned')),
  open_records as (
    select sync_key, side, record_id from holds where sync_key >> 32 = $1 and closed_at is null and identity_id is null
    union select sync_key, side, record_id from hints where sync_key >> 32 = $1
    union select sync_key, side, record_id from links
           where sync_key >> 32 = $1 and identity_id is null and status in ('unreadable', 'parked', 'hidden', 'returned'))
  select journal.* from open_identities join journal using (sync_key, identity_id)
   where journal.at >= $2 and journal.at < $3
  union all
  select journal.* from open_records join journal using (sync_key, side, record_id)
   where journal.at >= $2 and journal.at < $3
     and not exists (select from open_identities as known
                      where known.sync_key = journal.sync_key and known.identity_id = journal.identity_id)`;

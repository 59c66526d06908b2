/** How long what is over is kept, and the end of it: a bounded number of rows at a time, and never what explains what is open. */
import { must } from '../lib/assert.ts';
import type { Tx } from './database.ts';

/** What is kept for a time. The audit trail, revisions, links and tombstones are kept for ever. */
export const RETAINED = ['journal', 'attempts', 'decisions', 'holds', 'runs', 'alerts'] as const;
export type Retained = (typeof RETAINED)[number];

/** The measures look back eight weeks. */
export const RETENTION_DAYS_MIN = 60;
export const RETENTION_DAYS_MAX = 3_650;

/** Thirteen months show what was at this time a year ago. */
const DAYS: Readonly<Record<Retained, number>> = {
  journal: 400,
  attempts: 120,
  decisions: 400,
  holds: 400,
  runs: 120,
  alerts: 400,
};

export interface Retention {
  readonly what: Retained;
  /** Null keeps it for ever. */
  readonly days: number | null;
  readonly isDefault: boolean;
}

/** How long the journal is kept where a workspace has said nothing. */
export const JOURNAL_DAYS = DAYS.journal;

/** Of everything that is kept for a time, in the order of `RETAINED`. */
export async function retentionOf(tx: Tx): Promise<readonly Retention[]> {
  const rows = await tx.query<{ what: Retained; days: number | null }>('select what, days from retention');
  const said = new Map(rows.map(({ what, days }) => [what, days]));
  return RETAINED.map((what) => {
    const days = said.get(what);
    return days === undefined
      ? { what, days: DAYS[what], isDefault: true }
      : { what, days, isDefault: false };
  });
}

/** `days` between `RETENTION_DAYS_MIN` and `RETENTION_DAYS_MAX`. Returns what stood before. */
export async function keepFor(
  tx: Tx,
  workspaceNo: number,
  what: Retained,
  days: number | null,
): Promise<number | null> {
  const before = must(
    (await retentionOf(tx)).find((one) => one.what === what),
    'everything retained has a retention',
  );
  await tx.execute(
    `insert into retention (workspace_no, what, days) values ($1, $2, $3)
     on conflict (workspace_no, what) do update set days = excluded.days`,
    [workspaceNo, what, days],
  );
  return before.days;
}

/** An identity about which something is open: a hold, or a write that is not through, a dead letter among them. */
const OPEN_IDENTITY = (table: string): string => `(
  exists (select from holds as open where open.sync_key = $1 and open.identity_id = ${table}.identity_id and open.closed_at is null)
  or exists (select from writes where writes.sync_key = $1 and writes.identity_id = ${table}.identity_id))`;

/** A record about which something is open, whether or not it is known whose it is. */
const OPEN_RECORD = `(
  exists (select from holds as open where open.sync_key = $1 and open.side = journal.side
             and open.record_id = journal.record_id and open.identity_id is null and open.closed_at is null)
  or exists (select from hints where hints.sync_key = $1 and hints.side = journal.side and hints.record_id = journal.record_id)
  or exists (select from links where links.sync_key = $1 and links.side = journal.side and links.record_id = journal.record_id
                and links.status in ('unreadable', 'parked', 'hidden', 'returned')))`;

/** How many runs of each kind are kept for each side, however old: what comes next is compared with them. */
const RUNS_KEPT_MIN = 10;

const BEFORE = 'clock_timestamp() - make_interval(days => $2)';

/** What may go: each picks at most $3 rows of one sync by their place in their table. */
const DOOMED: Readonly<Record<'attempts' | 'decisions' | 'holds' | 'runs', string>> = {
  attempts: `select ctid from attempts where sync_key = $1 and ended_at < ${BEFORE} and not ${OPEN_IDENTITY('attempts')} limit $3`,
  // The newest of a field says why its value stands.
  decisions: `select ctid from decisions where sync_key = $1 and decided_at < ${BEFORE} and not ${OPEN_IDENTITY('decisions')}
     and exists (select from decisions as newer where newer.sync_key = $1 and newer.identity_id = decisions.identity_id
                    and newer.field = decisions.field and newer.decided_at > decisions.decided_at) limit $3`,
  holds: `select ctid from holds where sync_key = $1 and closed_at < ${BEFORE} and not ${OPEN_IDENTITY('holds')} limit $3`,
  runs: `select ctid from runs where sync_key = $1 and ended_at < ${BEFORE} and report is null
     and (select count(*) from (select from runs as newer where newer.sync_key = $1 and newer.side = runs.side
            and newer.kind = runs.kind and newer.run_id > runs.run_id limit ${String(RUNS_KEPT_MIN)}) as later) = ${String(RUNS_KEPT_MIN)} limit $3`,
};

/** Ends at most `rowsMax` rows of the sync that are older than `days`; how many it were. */
export async function forgetOld(
  tx: Tx,
  syncKey: string,
  what: keyof typeof DOOMED,
  { days, rowsMax }: { readonly days: number; readonly rowsMax: number },
): Promise<number> {
  return tx.execute(`delete from ${what} where sync_key = $1 and ctid = any(array(${DOOMED[what]}))`, [
    syncKey,
    days,
    rowsMax,
  ]);
}

/** The same for alerts that are over and the notices about them, which belong to the workspace. */
export async function forgetOldAlerts(
  tx: Tx,
  { days, rowsMax }: { readonly days: number; readonly rowsMax: number },
): Promise<number> {
  let ended = 0;
  for (const [table, time] of [
    ['notices', 'ended_at'],
    ['alerts', 'recovered_at'],
  ] as const)
    ended += await tx.execute(
      `delete from ${table} where ctid = any(array(
         select ctid from ${table} where ${time} < clock_timestamp() - make_interval(days => $1) limit $2))`,
      [days, rowsMax],
    );
  return ended;
}

/** A month of the journal, as PostgreSQL keeps it: a table of its own. */
export interface JournalMonth {
  /** Of its table: `journal_2026_01`. */
  readonly name: string;
  /** `2026-01-01 00:00+00`, and the same of the month after it. */
  readonly starts: string;
  readonly ends: string;
  readonly endsMs: number;
}

/**
 * Ends at most `rowsMax` entries of a month that is over for this sync, where the month must stay for others. Entries about
 * what is open stay.
 */
export async function forgetOldJournal(
  tx: Tx,
  syncKey: string,
  { starts, ends }: JournalMonth,
  rowsMax: number,
): Promise<number> {
  return tx.execute(
    `delete from journal where sync_key = $1 and at >= $2 and at < $3 and ctid = any(array(
       select ctid from journal where sync_key = $1 and at >= $2 and at < $3
          and not ${OPEN_IDENTITY('journal')} and not ${OPEN_RECORD} limit $4))`,
    [syncKey, starts, ends, rowsMax],
  );
}

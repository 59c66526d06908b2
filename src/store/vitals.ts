/** The signs of life of a sync: what the watch measures, in one look. */
import type { StreamKind } from './contract.ts';
import type { Tx } from './database.ts';
import { lastReconciliations, type PastReconciliation } from './reconciliations.ts';
import { sweepVitals, type SweepVitals } from './sweep-vitals.ts';

export interface StreamVitals {
  readonly side: string;
  readonly kind: StreamKind;
  readonly currentAsOfMs: number | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  readonly isFailing: boolean;
  readonly isOverdue: boolean;
}

export interface QueueVitals {
  readonly side: string;
  /** Writes that may go and have not; hints that may be looked into and have not. */
  readonly writes: number;
  readonly hints: number;
  readonly oldestMs: number;
}

/** How a side usually changes, from what was captured of it in the last two weeks. */
export interface HabitVitals {
  readonly side: string;
  readonly changes: number;
  readonly lastChangeMs: number;
  /** The longest the side was ever quiet between two changes. */
  readonly longestQuietMs: number;
}

export interface TryVitals {
  readonly side: string;
  /** In the last hour, and in the day before it. */
  readonly failed: number;
  readonly written: number;
  readonly failedBefore: number;
  readonly writtenBefore: number;
}

export interface ExpectationRow {
  readonly side: string;
  readonly freshWithinMs: number | null;
  readonly changesWithinMs: number | null;
}

export interface Vitals {
  readonly nowMs: number;
  readonly streams: readonly StreamVitals[];
  readonly queues: readonly QueueVitals[];
  readonly habits: readonly HabitVitals[];
  readonly tries: readonly TryVitals[];
  readonly sweeps: readonly SweepVitals[];
  /** The last complete reconciliation of every side that had one. */
  readonly reconciliations: readonly PastReconciliation[];
  readonly expectations: readonly ExpectationRow[];
}

const HABIT_DAYS = 14;

export async function vitalsOf(tx: Tx, syncKey: string): Promise<Vitals> {
  return {
    nowMs: tx.nowMs,
    streams: await streamVitals(tx, syncKey),
    queues: await queueVitals(tx, syncKey),
    habits: await habitVitals(tx, syncKey),
    tries: await tryVitals(tx, syncKey),
    sweeps: await sweepVitals(tx, syncKey),
    reconciliations: await lastReconciliations(tx, syncKey),
    expectations: await expectationsOf(tx, syncKey),
  };
}

async function streamVitals(tx: Tx, syncKey: string): Promise<readonly StreamVitals[]> {
  const rows = await tx.query<{
    side: string;
    kind: StreamKind;
    current_ms: number | null;
    attempt_ms: number | null;
    success_ms: number | null;
    failing: boolean;
    overdue: boolean;
  }>(
    `select side, kind, failure is not null as failing, due_at < clock_timestamp() and lease_until < clock_timestamp() as overdue,
            extract(epoch from current_as_of)::float8 * 1000 as current_ms,
            extract(epoch from last_attempt_at)::float8 * 1000 as attempt_ms,
            extract(epoch from last_success_at)::float8 * 1000 as success_ms
       from streams where sync_key = $1 order by side, kind`,
    [syncKey],
  );
  return rows.map((row) => ({
    side: row.side,
    kind: row.kind,
    currentAsOfMs: row.current_ms,
    lastAttemptMs: row.attempt_ms,
    lastSuccessMs: row.success_ms,
    isFailing: row.failing,
    isOverdue: row.overdue,
  }));
}

/** What is due by its own time: a pause that a system asked for, or a wait before the next try, is not waiting too long. */
async function queueVitals(tx: Tx, syncKey: string): Promise<readonly QueueVitals[]> {
  const rows = await tx.query<{ side: string; writes: string; hints: string; oldest_ms: number }>(
    `select side, count(*) filter (where is_write) as writes, count(*) filter (where not is_write) as hints,
            extract(epoch from min(since))::float8 * 1000 as oldest_ms
       from (select side, true as is_write, planned_at as since from writes
              where sync_key = $1 and state = 'queued' and due_at <= clock_timestamp()
             union all
             select side, false, greatest(noted_at, due_at) from hints
              where sync_key = $1 and state = 'open' and due_at <= clock_timestamp()) as waiting
      group by side order by side`,
    [syncKey],
  );
  return rows.map((row) => ({
    side: row.side,
    writes: Number(row.writes),
    hints: Number(row.hints),
    oldestMs: row.oldest_ms,
  }));
}

async function habitVitals(tx: Tx, syncKey: string): Promise<readonly HabitVitals[]> {
  const rows = await tx.query<{ side: string; changes: string; last_ms: number; quiet_ms: number | null }>(
    `select side, count(*) as changes, extract(epoch from max(at))::float8 * 1000 as last_ms,
            extract(epoch from max(at - before))::float8 * 1000 as quiet_ms
       from (select side, at, lag(at) over (partition by side order by at) as before from journal
              where sync_key = $1 and kind in ('changed', 'linked', 'deleted')
                and at > clock_timestamp() - make_interval(days => $2)) as told
      group by side order by side`,
    [syncKey, HABIT_DAYS],
  );
  return rows.map((row) => ({
    side: row.side,
    changes: Number(row.changes),
    lastChangeMs: row.last_ms,
    longestQuietMs: row.quiet_ms ?? 0,
  }));
}

async function tryVitals(tx: Tx, syncKey: string): Promise<readonly TryVitals[]> {
  const rows = await tx.query<{
    side: string;
    failed: string;
    written: string;
    failed_before: string;
    written_before: string;
  }>(
    `select side, count(*) filter (where failed and recent) as failed, count(*) filter (where not failed and recent) as written,
            count(*) filter (where failed and not recent) as failed_before,
            count(*) filter (where not failed and not recent) as written_before
       from (select side, true as failed, ended_at > clock_timestamp() - interval '1 hour' as recent from attempts
              where sync_key = $1 and outcome = 'failed' and ended_at > clock_timestamp() - interval '25 hours'
             union all
             select side, false, at > clock_timestamp() - interval '1 hour' from journal
              where sync_key = $1 and kind = 'written' and at > clock_timestamp() - interval '25 hours') as tries
      group by side order by side`,
    [syncKey],
  );
  return rows.map((row) => ({
    side: row.side,
    failed: Number(row.failed),
    written: Number(row.written),
    failedBefore: Number(row.failed_before),
    writtenBefore: Number(row.written_before),
  }));
}

export async function expectationsOf(tx: Tx, syncKey: string): Promise<readonly ExpectationRow[]> {
  const rows = await tx.query<{ side: string; fresh: number | null; changes: number | null }>(
    `select side, fresh_within_ms as fresh, changes_within_ms as changes from expectations where sync_key = $1 order by side`,
    [syncKey],
  );
  return rows.map(({ side, fresh, changes }) => ({ side, freshWithinMs: fresh, changesWithinMs: changes }));
}

/** Replaces what is expected of a side; null leaves the measure to the side's own habit. */
export async function setExpectation(tx: Tx, syncKey: string, expected: ExpectationRow): Promise<void> {
  await tx.execute(
    `insert into expectations (sync_key, side, fresh_within_ms, changes_within_ms) values ($1, $2, $3, $4)
     on conflict (sync_key, side) do update
        set fresh_within_ms = excluded.fresh_within_ms, changes_within_ms = excluded.changes_within_ms`,
    [syncKey, expected.side, expected.freshWithinMs, expected.changesWithinMs],
  );
}

export interface BudgetVitals {
  readonly connectionKey: string;
  readonly limitName: string;
  readonly unitsMax: number;
  readonly units: number;
  /** What was left a few hours ago, at the oldest full hour that is still looked at; null before the first. */
  readonly before: { readonly atMs: number; readonly units: number } | null;
}

const FORECAST_HOURS = 3;
const BUDGET_HOURS_KEPT = 48;

/** How much of each limit is left, for every connection of the workspace; notes it for the forecasts to come. */
export async function budgetVitals(tx: Tx, workspaceNo: number): Promise<readonly BudgetVitals[]> {
  const rows = await tx.query<{
    connection_key: string;
    limit_name: string;
    units_max: number;
    units: number;
    before_ms: number | null;
    before_units: number | null;
  }>(
    `select budgets.connection_key, budgets.limit_name, budgets.units_max, budgets.units,
            (array_agg(extract(epoch from hour)::float8 * 1000 order by hour))[1] as before_ms,
            (array_agg(budget_hours.units order by hour))[1] as before_units
       from budgets
       left join budget_hours on budget_hours.workspace_no = budgets.workspace_no
            and budget_hours.connection_key = budgets.connection_key and budget_hours.limit_name = budgets.limit_name
            and budget_hours.hour > clock_timestamp() - make_interval(hours => $1)
      group by budgets.connection_key, budgets.limit_name, budgets.units_max, budgets.units
      order by budgets.connection_key, budgets.limit_name`,
    [FORECAST_HOURS],
  );
  await tx.execute(
    `insert into budget_hours (workspace_no, connection_key, limit_name, hour, units)
     select workspace_no, connection_key, limit_name, date_trunc('hour', clock_timestamp()), units from budgets
      where workspace_no = $1 on conflict do nothing`,
    [workspaceNo],
  );
  await tx.execute('delete from budget_hours where hour < clock_timestamp() - make_interval(hours => $1)', [
    BUDGET_HOURS_KEPT,
  ]);
  return rows.map((row) => ({
    connectionKey: row.connection_key,
    limitName: row.limit_name,
    unitsMax: row.units_max,
    units: row.units,
    before:
      row.before_ms === null || row.before_units === null
        ? null
        : { atMs: row.before_ms, units: row.before_units },
  }));
}

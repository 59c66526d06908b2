/** Measures over time: how much of what is tried fails, how long problems stay, and how much of people's time they take. */
import type { Tx } from './database.ts';

/** The longest span that measures are taken over, and for which tries are counted in hindsight. */
export const MEASURED_DAYS_MAX = 364;
const HINDSIGHT_DAYS = 56;

/** One period; everything in it is of the half-open time from `fromMs` to `toMs`. */
export interface Measured {
  readonly fromMs: number;
  readonly toMs: number;
  /** Tries to write that succeeded, and that a system refused or that could not be carried out. */
  readonly written: number;
  readonly failed: number;
  /** Problems that began, came back or ended. */
  readonly opened: number;
  readonly resolved: number;
  /** From the first failure to the end, of those that ended; null when none did. */
  readonly medianResolutionMs: number | null;
  readonly longestResolutionMs: number | null;
  /** Of those that ended and that a person touched: from the first failure to that person's first deed. */
  readonly touched: number;
  readonly medianTouchMs: number | null;
  /** People's time on those that ended. */
  readonly manualMs: number;
}

export interface MeasuresAsked {
  readonly syncKeys: readonly string[];
  readonly periodDays: number;
  /** How many periods, the last of which ends with the present hour. */
  readonly periods: number;
}

/**
 * Counts the tries of the hours since it was last done; doing it twice changes nothing. The hour before is counted again,
 * for what was stored late.
 */
export async function countTries(tx: Tx, syncKey: string, sides: readonly string[]): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended($2, $1))', [syncKey, 'tries']);
  // Only so is the summary of the journal's pages looked at; everything else is better off without (see database.ts).
  await tx.execute('set local enable_bitmapscan = on');
  await tx.execute(
    `with since as (
       select greatest(coalesce(max(hour) - interval '1 hour', '-infinity'),
                       date_trunc('hour', clock_timestamp()) - make_interval(days => $3)) as at
         from try_hours where sync_key = $1),
     tries as (
       select side, date_trunc('hour', at) as hour, 1 as written, 0 as failed from journal
        where sync_key = $1 and kind = 'written' and at >= (select at from since)
       union all
       select side, date_trunc('hour', ended_at), 0, 1 from attempts
        where sync_key = $1 and outcome = 'failed' and ended_at >= (select at from since)
       union all
       select side, date_trunc('hour', clock_timestamp()), 0, 0 from unnest($2::text[]) as sides (side))
     insert into try_hours (sync_key, side, hour, written, failed)
     select $1::bigint, side, hour, sum(written), sum(failed) from tries group by side, hour order by side, hour
     on conflict (sync_key, side, hour) do update set written = excluded.written, failed = excluded.failed`,
    [syncKey, sides, HINDSIGHT_DAYS],
  );
  await tx.execute('set local enable_bitmapscan = off');
}

/** Forgets what no measure goes back to, at most so many rows of each table; returns how many it were. */
export async function pruneMeasures(tx: Tx, syncKey: string, countMax: number): Promise<number> {
  let ended = 0;
  for (const [table, time] of [
    ['try_hours', 'hour'],
    ['problem_openings', 'resolved_at'],
    ['problem_deeds', 'done_at'],
  ] as const)
    ended += await tx.execute(
      `delete from ${table} where sync_key = $1 and ctid = any(array(
         select ctid from ${table} where sync_key = $1 and ${time} < clock_timestamp() - make_interval(days => $2) limit $3))`,
      [syncKey, MEASURED_DAYS_MAX + 1, countMax],
    );
  return ended;
}

/** What a person said stands for them instead of what was counted. */
const SPENT = `
  select sync_key, problem_id, opening, min(first_at) as first_at, sum(case when has_said then said_ms else counted_ms end) as ms
    from (select sync_key, problem_id, opening, done_by, min(done_at) as first_at, bool_or(is_said) as has_said,
                 coalesce(sum(spent_ms) filter (where is_said), 0) as said_ms,
                 coalesce(sum(spent_ms) filter (where not is_said), 0) as counted_ms
            from problem_deeds where sync_key = any($1) group by sync_key, problem_id, opening, done_by) as people
   group by sync_key, problem_id, opening`;

/** The periods, the oldest first. They end with the present hour, so that each is whole and can be held against the one before. */
export async function measure(
  tx: Tx,
  { syncKeys, periodDays, periods }: MeasuresAsked,
): Promise<readonly Measured[]> {
  const rows = await tx.query<Record<keyof MeasuredColumns, string | number | null>>(
    `with periods as (
       select number, date_trunc('hour', clock_timestamp()) + interval '1 hour' - make_interval(days => number * $2) as ends
         from generate_series(0, $3 - 1) as number),
     spans as (select number, ends - make_interval(days => $2) as begins, ends from periods),
     tries as (
       select number, sum(written) as written, sum(failed) as failed
         from spans join try_hours on hour >= begins and hour < ends
        where sync_key = any($1) group by number),
     came as (
       select number, count(*) as opened from spans join problem_openings on opened_at >= begins and opened_at < ends
        where sync_key = any($1) group by number),
     spent as (${SPENT}),
     went as (
       select number, count(*) as resolved,
              percentile_cont(0.5) within group (order by extract(epoch from resolved_at - opened_at)) * 1000 as median_resolution_ms,
              extract(epoch from max(resolved_at - opened_at)) * 1000 as longest_resolution_ms,
              count(spent.first_at) as touched,
              percentile_cont(0.5) within group (order by extract(epoch from greatest(spent.first_at, opened_at) - opened_at)) * 1000
                as median_touch_ms,
              coalesce(sum(spent.ms), 0) as manual_ms
         from spans join problem_openings as openings on resolved_at >= begins and resolved_at < ends
         left join spent on spent.sync_key = openings.sync_key and spent.problem_id = openings.problem_id
              and spent.opening = openings.opening
        where openings.sync_key = any($1) group by number)
     select extract(epoch from begins)::float8 * 1000 as from_ms, extract(epoch from ends)::float8 * 1000 as to_ms,
            coalesce(written, 0) as written, coalesce(failed, 0) as failed, coalesce(opened, 0) as opened,
            coalesce(resolved, 0) as resolved, median_resolution_ms::float8, longest_resolution_ms::float8,
            coalesce(touched, 0) as touched, median_touch_ms::float8, coalesce(manual_ms, 0)::float8 as manual_ms
       from spans left join tries using (number) left join came using (number) left join went using (number)
      order by number desc`,
    [syncKeys, periodDays, periods],
  );
  return rows.map(measuredOf);
}

interface MeasuredColumns {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly written: number;
  readonly failed: number;
  readonly opened: number;
  readonly resolved: number;
  readonly median_resolution_ms: number | null;
  readonly longest_resolution_ms: number | null;
  readonly touched: number;
  readonly median_touch_ms: number | null;
  readonly manual_ms: number;
}

function known(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}

function measuredOf(row: Record<keyof MeasuredColumns, string | number | null>): Measured {
  return {
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
    written: Number(row.written),
    failed: Number(row.failed),
    opened: Number(row.opened),
    resolved: Number(row.resolved),
    medianResolutionMs: known(row.median_resolution_ms),
    longestResolutionMs: known(row.longest_resolution_ms),
    touched: Number(row.touched),
    medianTouchMs: known(row.median_touch_ms),
    manualMs: Number(row.manual_ms),
  };
}

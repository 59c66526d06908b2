/** Problems: one row per cause for ever, kept in step with what fails; people's owners and notes beside it. */
import type { HoldReason } from '../engine/state.ts';
import { CAUSES } from './causes.ts';
import type { SyncRow } from './control.ts';
import type { Tx } from './database.ts';
import { filterValues } from './letters.ts';

export interface Problem {
  readonly syncKey: string;
  readonly problemId: string;
  /** Dotted, system first, as in the catalogue of failures. */
  readonly code: string;
  /** The failure's kind, or `hold`. */
  readonly kind: string;
  readonly side: string;
  /** `in`: reading from the side; `out`: writing to it. */
  readonly direction: 'in' | 'out' | 'both';
  readonly field: string | null;
  /** What the system said, without the values in it; empty where only the code tells causes apart. */
  readonly cause: string;
  /** One case in the system's own words. */
  readonly message: string;
  readonly advice: string | null;
  readonly state: 'open' | 'resolved';
  /** When it first failed ever; when it began this time. */
  readonly firstSeenMs: number;
  readonly openedMs: number;
  readonly lastSeenMs: number;
  readonly resolvedMs: number | null;
  /** 1 unless it came back after it was resolved. */
  readonly openings: number;
  /** Records affected now, or when it was last seen; 0 when it stops a whole side. */
  readonly records: number;
  /** Some of the records, by their id at the side. */
  readonly samples: readonly string[];
  readonly owner: string | null;
}

/** What has changed since the last look. */
export interface ProblemMoves {
  readonly opened: readonly Problem[];
  readonly resolved: readonly Problem[];
}

/** Why something stops without a failure: a hold, or a record that is kept from us. */
export type Stop = HoldReason | 'hidden';

/** Texts of what stops without a failure, by the reason. */
export const HOLD_TEXTS: Readonly<Record<Stop, string>> = {
  conflict: 'two sides gave the field different values, and no rule decides between them',
  editAgainstDelete: 'the record was edited at one side and deleted at another',
  deletion: 'the record was deleted at a side whose deletes are not passed on by themselves',
  returned: 'a record that was deleted is there again',
  merged: 'a record was merged into another one in its system, and its other records cannot simply follow',
  oscillation: 'the value is put back and forth: two automations undo each other',
  violation: 'the value breaks a rule of the field',
  ambiguousMatch: 'the keys of the record lead to more than one thing',
  duplicateRecord: 'two records of one side are the same thing by their keys',
  createOutcomeUnknown: 'the answer to a create was lost, and nothing tells whether the record exists',
  massDelete: 'more records would be deleted at once than the guard lets through',
  massChange: 'more records would be changed at once than the guard lets through',
  hidden: 'the system keeps the record from this account, or the filter of the sync leaves it out now',
};

const COLUMNS = `sync_key, problem_id, code, kind, side, direction, field, cause, message, advice, state, openings, records, samples, owner,
  extract(epoch from first_seen_at)::float8 * 1000 as first_seen_ms, extract(epoch from opened_at)::float8 * 1000 as opened_ms,
  extract(epoch from last_seen_at)::float8 * 1000 as last_seen_ms, extract(epoch from resolved_at)::float8 * 1000 as resolved_ms`;

interface ProblemColumns {
  readonly sync_key: string;
  readonly problem_id: string;
  readonly code: string;
  readonly kind: string;
  readonly side: string;
  readonly direction: Problem['direction'];
  readonly field: string | null;
  readonly cause: string;
  readonly message: string;
  readonly advice: string | null;
  readonly state: Problem['state'];
  readonly openings: number;
  readonly records: string;
  readonly samples: readonly string[];
  readonly owner: string | null;
  readonly first_seen_ms: number;
  readonly opened_ms: number;
  readonly last_seen_ms: number;
  readonly resolved_ms: number | null;
}

/** Brings the problems of a sync up to date with what fails now. */
export async function refreshProblems(tx: Tx, sync: SyncRow): Promise<ProblemMoves> {
  const { syncKey, definition } = sync;
  // Two looks at once would each call the other's news its own.
  await tx.execute('select pg_advisory_xact_lock(hashtextextended($2, $1))', [syncKey, 'problems']);
  const before = await tx.query<{ problem_id: string }>(
    `select problem_id from problems where sync_key = $1 and state = 'open'`,
    [syncKey],
  );
  const seen = await tx.query<ProblemColumns>(
    `with ${CAUSES}
     insert into problems (sync_key, problem_id, code, kind, side, direction, field, cause, message, advice, state,
                           first_seen_at, opened_at, last_seen_at, records, samples)
     select $1::bigint, problem_id, code, kind, side, direction, field, cause, message, advice, 'open',
            since, since, clock_timestamp(), records, coalesce(samples, '[]')
       from causes order by problem_id
     on conflict (sync_key, problem_id) do update
        set state = 'open', direction = excluded.direction, kind = excluded.kind, message = excluded.message,
            advice = excluded.advice, records = excluded.records, samples = excluded.samples, resolved_at = null,
            last_seen_at = excluded.last_seen_at,
            first_seen_at = least(problems.first_seen_at, excluded.first_seen_at),
            opened_at = case when problems.state = 'open' then least(problems.opened_at, excluded.opened_at)
                             else greatest(problems.resolved_at, excluded.opened_at) end,
            openings = problems.openings + case when problems.state = 'open' then 0 else 1 end
     returning ${COLUMNS}`,
    [
      ...filterValues(syncKey, {}),
      JSON.stringify(HOLD_TEXTS),
      definition.sides.map((side) => side.name),
      definition.sides.map((side) => side.connection),
    ],
  );
  const open = seen.map(problemOf);
  const resolved = await tx.query<ProblemColumns>(
    `update problems set state = 'resolved', resolved_at = clock_timestamp()
      where sync_key = $1 and state = 'open' and problem_id <> all($2) returning ${COLUMNS}`,
    [syncKey, open.map((problem) => problem.problemId)],
  );
  await noteHour(tx, syncKey);
  await noteOpenings(tx, syncKey, [
    ...open.map(({ problemId }) => problemId),
    ...resolved.map((row) => row.problem_id),
  ]);
  const known = new Set(before.map((row) => row.problem_id));
  return {
    opened: open.filter((problem) => !known.has(problem.problemId)),
    resolved: resolved.map(problemOf),
  };
}

async function noteHour(tx: Tx, syncKey: string): Promise<void> {
  await tx.execute(
    `insert into problem_hours (sync_key, problem_id, hour, records)
     select sync_key, problem_id, date_trunc('hour', clock_timestamp()), records from problems
      where sync_key = $1 and state = 'open' order by problem_id
     on conflict (sync_key, problem_id, hour) do update set records = greatest(problem_hours.records, excluded.records)`,
    [syncKey],
  );
}

/** Every time that a problem was open, for the measures over time. */
async function noteOpenings(tx: Tx, syncKey: string, problemIds: readonly string[]): Promise<void> {
  await tx.execute(
    `insert into problem_openings (sync_key, problem_id, opening, opened_at, resolved_at)
     select sync_key, problem_id, openings, opened_at, resolved_at from problems
      where sync_key = $1 and problem_id = any($2) order by problem_id
     on conflict (sync_key, problem_id, opening) do update
        set opened_at = excluded.opened_at, resolved_at = excluded.resolved_at`,
    [syncKey, problemIds],
  );
}

/** What is left out does not filter. */
export interface ProblemFilter {
  readonly syncKey?: string;
  readonly state?: Problem['state'];
  readonly side?: string;
  readonly code?: string;
  readonly owner?: string;
  /** The beginning of a problem's id. */
  readonly problem?: string;
}

/** Across all syncs unless one is named: open ones first, those with most records before others. */
export async function listProblems(
  tx: Tx,
  filter: ProblemFilter,
  countMax: number,
): Promise<readonly Problem[]> {
  const rows = await tx.query<ProblemColumns>(
    `select ${COLUMNS} from problems
      where ($1::bigint is null or sync_key = $1) and ($2::text is null or state = $2) and ($3::text is null or side = $3)
        and ($4::text is null or code = $4) and ($5::text is null or owner = $5)
        and ($6::text is null or starts_with(problem_id, $6))
      order by state, records = 0 desc, records desc, opened_at limit $7`,
    [
      filter.syncKey ?? null,
      filter.state ?? null,
      filter.side ?? null,
      filter.code ?? null,
      filter.owner ?? null,
      filter.problem ?? null,
      countMax,
    ],
  );
  return rows.map(problemOf);
}

export interface HourCount {
  readonly problemId: string;
  readonly hourMs: number;
  readonly records: number;
}

/** The most records that each problem had in each of the last hours, oldest first; hours without it are left out. */
export async function problemHours(
  tx: Tx,
  syncKey: string,
  problemIds: readonly string[],
  hours: number,
): Promise<readonly HourCount[]> {
  const rows = await tx.query<{ problem_id: string; hour_ms: number; records: string }>(
    `select problem_id, extract(epoch from hour)::float8 * 1000 as hour_ms, records from problem_hours
      where sync_key = $1 and problem_id = any($2) and hour > clock_timestamp() - make_interval(hours => $3)
      order by hour`,
    [syncKey, problemIds, hours],
  );
  return rows.map((row) => ({
    problemId: row.problem_id,
    hourMs: row.hour_ms,
    records: Number(row.records),
  }));
}

/** Who looks after the problem; null for nobody. False when there is no such problem. */
export async function setProblemOwner(
  tx: Tx,
  syncKey: string,
  problemId: string,
  owner: string | null,
): Promise<boolean> {
  const changed = await tx.execute('update problems set owner = $3 where sync_key = $1 and problem_id = $2', [
    syncKey,
    problemId,
    owner,
  ]);
  return changed > 0;
}

export interface ProblemNote {
  readonly atMs: number;
  readonly author: string;
  readonly note: string;
}

export async function addProblemNote(
  tx: Tx,
  syncKey: string,
  problemId: string,
  author: string,
  note: string,
): Promise<void> {
  await tx.execute('insert into problem_notes (sync_key, problem_id, author, note) values ($1, $2, $3, $4)', [
    syncKey,
    problemId,
    author,
    note,
  ]);
}

export async function problemNotes(
  tx: Tx,
  syncKey: string,
  problemId: string,
): Promise<readonly ProblemNote[]> {
  const rows = await tx.query<{ at_ms: number; author: string; note: string }>(
    `select extract(epoch from noted_at)::float8 * 1000 as at_ms, author, note from problem_notes
      where sync_key = $1 and problem_id = $2 order by noted_at`,
    [syncKey, problemId],
  );
  return rows.map(({ at_ms: atMs, author, note }) => ({ atMs, author, note }));
}

function problemOf(row: ProblemColumns): Problem {
  return {
    syncKey: row.sync_key,
    problemId: row.problem_id,
    code: row.code,
    kind: row.kind,
    side: row.side,
    direction: row.direction,
    field: row.field,
    cause: row.cause,
    message: row.message,
    advice: row.advice,
    state: row.state,
    firstSeenMs: row.first_seen_ms,
    openedMs: row.opened_ms,
    lastSeenMs: row.last_seen_ms,
    resolvedMs: row.resolved_ms,
    openings: row.openings,
    records: Number(row.records),
    samples: row.samples,
    owner: row.owner,
  };
}

/** What people do about problems, and the time that it took them; the measures are taken from it. */
import type { Tx } from './database.ts';
import { filterValues, LETTERS, problemIdOf, type LetterFilter } from './letters.ts';
import { HOLD_TEXTS, type Stop } from './problems.ts';

/** A longer pause between two deeds of a person is a pause; a shorter one was spent on the second. */
const PAUSE_MS = 15 * 60_000;
/** What the first deed after a pause counts: how long it really took, nobody has seen. */
const FIRST_DEED_MS = 60_000;
const PROBLEMS_MAX = 1_000;

/** $1 is the sync, $2 the person; `about` must give the ids of problems as `problem_id`. */
function deedsSql(about: string): string {
  return `with before as (
       select max(done_at) as done_at from problem_deeds where done_by = $2 and not is_said),
     about as (${about}),
     spent as (
       select case when clock_timestamp() - done_at < make_interval(secs => ${String(PAUSE_MS / 1_000)})
                   then extract(epoch from clock_timestamp() - done_at)::float8 * 1000 else ${String(FIRST_DEED_MS)} end
              / greatest(1, (select count(*) from about)) as ms
         from before)
     insert into problem_deeds (sync_key, problem_id, opening, done_at, done_by, spent_ms, is_said)
     select $1::bigint, about.problem_id, coalesce(problems.openings, 1), clock_timestamp(), $2, spent.ms, false
       from about cross join spent
       left join problems on problems.sync_key = $1 and problems.problem_id = about.problem_id
      order by about.problem_id`;
}

/** Notes that somebody has just done something about these problems; the time since their deed before is shared among them. */
export async function noteDeed(
  tx: Tx,
  syncKey: string,
  problemIds: readonly string[],
  by: string,
): Promise<void> {
  if (problemIds.length === 0) return;
  await tx.execute(deedsSql('select distinct problem_id from unnest($3::text[]) as about (problem_id)'), [
    syncKey,
    by,
    problemIds,
  ]);
}

/** The same for what was held: one hold, or the writes that the guard stopped. */
export async function noteDeedOnHold(
  tx: Tx,
  syncKey: string,
  held: { readonly side: string; readonly reason: Stop; readonly field: string | null },
  by: string,
): Promise<void> {
  const { side, reason, field } = held;
  const failure = { kind: 'hold', code: `hold.${reason}`, field, message: HOLD_TEXTS[reason] };
  await tx.execute(deedsSql(`select ${problemIdOf('$3::text', '$4::jsonb')} as problem_id`), [
    syncKey,
    by,
    side,
    JSON.stringify(failure),
  ]);
}

/** The same for dead letters, by the cause that each is a case of. */
export async function noteDeedOnLetters(
  tx: Tx,
  syncKey: string,
  filter: LetterFilter,
  by: string,
): Promise<void> {
  const rows = await tx.query<{ problem_id: string }>(
    `with ${LETTERS} select distinct problem_id from chosen order by problem_id limit $10`,
    [...filterValues(syncKey, filter), PROBLEMS_MAX],
  );
  await noteDeed(
    tx,
    syncKey,
    rows.map((row) => row.problem_id),
    by,
  );
}

/** Notes the time that a person says it took; for this opening it stands instead of what was counted for them. */
export async function sayTimeSpent(
  tx: Tx,
  syncKey: string,
  problemId: string,
  by: string,
  spentMs: number,
): Promise<void> {
  await tx.execute(
    `insert into problem_deeds (sync_key, problem_id, opening, done_at, done_by, spent_ms, is_said)
     select sync_key, problem_id, openings, clock_timestamp(), $3, $4, true from problems
      where sync_key = $1 and problem_id = $2`,
    [syncKey, problemId, by, spentMs],
  );
}

/** What people do to dead letters: replay them, spread over time, or give them up. Each call takes one bounded batch. */
import { planningMode, type Planning } from './control.ts';
import type { Tx } from './database.ts';
import { filterValues, LETTERS, type LetterFilter } from './letters.ts';
import { noteDeed } from './problem-deeds.ts';

/** Who acts, and for what reason; kept in the journal. */
export interface Act {
  readonly by: string;
  readonly reason: string | null;
}

interface Chosen {
  readonly letter_id: string;
  readonly place: 'write' | 'hint' | 'link';
  readonly side: string;
  readonly identity_id: string | null;
  readonly record_id: string | null;
  readonly token: string;
  readonly problem_id: string;
}

async function choose(
  tx: Tx,
  syncKey: string,
  filter: LetterFilter,
  countMax: number,
): Promise<readonly Chosen[]> {
  return tx.query<{
    letter_id: string;
    place: Chosen['place'];
    side: string;
    identity_id: string | null;
    record_id: string | null;
    token: string;
    problem_id: string;
  }>(
    `with ${LETTERS} select letter_id, place, side, identity_id, record_id, token, problem_id from chosen order by letter_id limit $10`,
    [...filterValues(syncKey, filter), countMax],
  );
}

/** When the letters of a batch may go: the first after `firstInMs`, each other `apartMs` later. */
export interface Pace {
  readonly firstInMs: number;
  readonly apartMs: number;
}

/**
 * Lets chosen letters try again. A write is planned anew from what holds when it goes, so that what is owed no more is not
 * sent and nothing is sent twice; a record is read again. Returns how many were taken, at most `countMax`.
 */
export async function replayLetters(
  tx: Tx,
  sync: Planning & { readonly syncKey: string },
  filter: LetterFilter,
  pace: Pace,
  act: Act,
  countMax: number,
): Promise<number> {
  const { syncKey } = sync;
  const chosen = await choose(tx, syncKey, filter, countMax);
  if (chosen.length === 0) return 0;
  await lockIdentities(tx, syncKey, chosen);
  const dueInMs = new Map(
    chosen.map((letter, index) => [letter.letter_id, pace.firstInMs + index * pace.apartMs]),
  );
  const writes = chosen.filter(({ place }) => place === 'write');
  await tx.execute(
    `update writes
        set state = $2, body = null, seq = null, record_id = null, if_version = null, attempts = 0, failure = null,
            planned_at = clock_timestamp(), due_at = clock_timestamp() + make_interval(secs => replayed.due_in_ms / 1000.0)
       from unnest($3::uuid[], $4::text[], $5::float8[]) as replayed (identity_id, side, due_in_ms)
      where writes.sync_key = $1 and writes.identity_id = any($3) and writes.identity_id = replayed.identity_id
        and writes.side = replayed.side and writes.state in ('planned', 'queued', 'dead')`,
    [
      syncKey,
      planningMode(sync) === 'live' ? 'queued' : 'planned',
      writes.map((letter) => letter.identity_id),
      writes.map((letter) => letter.side),
      writes.map((letter) => dueInMs.get(letter.letter_id) ?? 0),
    ],
  );
  const reads = chosen.filter(({ place }) => place !== 'write');
  await tx.execute(
    `insert into hints (sync_key, side, record_id, kind, due_at)
     select $1::bigint, side, record_id, 'changed', clock_timestamp() + make_interval(secs => due_in_ms / 1000.0)
       from unnest($2::text[], $3::text[], $4::float8[]) as replayed (side, record_id, due_in_ms)
      order by side, record_id
     on conflict (sync_key, side, record_id) do update
        set state = 'open', attempts = 0, lease_epoch = hints.lease_epoch + 1, lease_until = '-infinity', due_at = excluded.due_at`,
    [
      syncKey,
      reads.map((letter) => letter.side),
      reads.map((letter) => letter.record_id),
      reads.map((letter) => dueInMs.get(letter.letter_id) ?? 0),
    ],
  );
  await noteInJournal(tx, syncKey, chosen, 'replayed', act);
  await noteDeedOnProblems(tx, syncKey, chosen, act);
  return chosen.length;
}

/** Gives chosen letters up: their records count as excluded until something about them changes. Returns how many. */
export async function discardLetters(
  tx: Tx,
  syncKey: string,
  filter: LetterFilter,
  act: Act & { readonly reason: string },
  countMax: number,
): Promise<number> {
  const chosen = await choose(tx, syncKey, { ...filter, states: ['waiting'] }, countMax);
  if (chosen.length === 0) return 0;
  await tx.execute(
    `insert into discards (sync_key, letter_id, token, side, identity_id, record_id, reason, discarded_by)
     select $1::bigint, letter_id, token, side, identity_id, record_id, $7, $8
       from unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[]) as given_up (letter_id, token, side, identity_id, record_id)
      order by letter_id
     on conflict (sync_key, letter_id) do update
        set token = excluded.token, reason = excluded.reason, discarded_by = excluded.discarded_by, discarded_at = clock_timestamp()`,
    [
      syncKey,
      chosen.map((letter) => letter.letter_id),
      chosen.map((letter) => letter.token),
      chosen.map((letter) => letter.side),
      chosen.map((letter) => letter.identity_id),
      chosen.map((letter) => letter.record_id),
      act.reason,
      act.by,
    ],
  );
  await noteInJournal(tx, syncKey, chosen, 'discarded', act);
  await noteDeedOnProblems(tx, syncKey, chosen, act);
  return chosen.length;
}

function noteDeedOnProblems(tx: Tx, syncKey: string, chosen: readonly Chosen[], { by }: Act): Promise<void> {
  const problems = new Set(chosen.map((letter) => letter.problem_id));
  return noteDeed(tx, syncKey, [...problems], by);
}

/** Whoever changes what belongs to an identity holds its row, taken in the order of ids. */
async function lockIdentities(tx: Tx, syncKey: string, chosen: readonly Chosen[]): Promise<void> {
  const ids = chosen.flatMap((letter) => (letter.identity_id === null ? [] : [letter.identity_id]));
  if (ids.length === 0) return;
  await tx.query(
    `select from identities where sync_key = $1 and identity_id = any($2) order by identity_id for update`,
    [syncKey, ids],
  );
}

async function noteInJournal(
  tx: Tx,
  syncKey: string,
  chosen: readonly Chosen[],
  kind: 'replayed' | 'discarded',
  { by, reason }: Act,
): Promise<void> {
  await tx.execute(
    `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
     select $1::bigint, clock_timestamp(), identity_id, side, record_id, $5, $6::json
       from unnest($2::uuid[], $3::text[], $4::text[]) as acted (identity_id, side, record_id)`,
    [
      syncKey,
      chosen.map((letter) => letter.identity_id),
      chosen.map((letter) => letter.side),
      chosen.map((letter) => letter.record_id),
      kind,
      JSON.stringify(reason === null ? { by } : { by, reason }),
    ],
  );
}

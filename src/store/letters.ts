/**
 * Dead letters: writes, and looks at records, that used up their tries and wait for a person; beside them what is still
 * being retried and what was given up. A letter leaves this list by itself when what it is about works, or is owed no more.
 */
import type { Values } from '../engine/value.ts';
import type { StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

/** `waiting`: for a person. `retrying`: it failed and goes on by itself. `discarded`: a person gave it up. */
export type LetterState = 'waiting' | 'retrying' | 'discarded';

export interface Letter {
  /** Stable for a write of one identity at one side, and for one unread record. */
  readonly letterId: string;
  readonly state: LetterState;
  readonly side: string;
  /** What was tried: a write's kind, or `read`. */
  readonly kind: 'create' | 'update' | 'delete' | 'read';
  readonly identityId: string | null;
  readonly recordId: string | null;
  readonly tries: number;
  readonly firstFailedMs: number;
  readonly lastFailedMs: number;
  readonly failure: StoredFailure;
  /** What was last to be written, in the entity's words; null for a read and for a write that was never sent. */
  readonly body: Values | null;
  readonly discarded: {
    readonly reason: string;
    readonly by: string;
    readonly atMs: number;
  } | null;
}

/** What is left out does not filter. */
export interface LetterFilter {
  readonly states?: readonly LetterState[];
  readonly side?: string;
  readonly code?: string;
  readonly field?: string;
  readonly recordId?: string;
  /** The beginning of a letter's id. */
  readonly letter?: string;
  /** The problem that the letter is a case of. */
  readonly problem?: string;
  readonly failedSinceMs?: number;
}

export interface LetterPage {
  readonly letters: readonly Letter[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

/** What tells the tries of a write apart: every write of a record counts its own from one. */
export const WRITE_TOKEN = `writes.write_id || ' ' || writes.lease_epoch`;
/** The same of a look: a hint is forgotten when it is settled, and the next one counts anew. */
export const HINT_TOKEN = `hints.lease_epoch || ' ' || extract(epoch from hints.noted_at)`;
/** A record that could not be read has no lease: what tells its tries apart is its version and what was wrong. */
export const UNREADABLE_TOKEN = `coalesce(links.version, '') || ' ' || (links.failure ->> 'code')`;
const WRITE_LETTER = `md5('write ' || writes.identity_id || ' ' || writes.side)`;
const readLetter = (table: 'hints' | 'links'): string =>
  `md5('read ' || ${table}.side || ' ' || ${table}.record_id)`;

/**
 * What identifies the cause of a failure: its code, side and field, and what the system said without the values in it.
 * What is wrong with a whole system is one cause however it is worded.
 */
export function problemIdOf(side: string, failure: string): string {
  return `substr(md5(concat_ws(E'\\x1f', ${side}, ${failure} ->> 'code', ${failure} ->> 'field', ${causeOf(failure)})), 1, 12)`;
}

export function causeOf(failure: string): string {
  return `case when ${failure} ->> 'kind' in ('transient', 'rateLimited', 'auth') and ${failure} ->> 'code' <> 'trueup.unexpected' then ''
               else left(regexp_replace(${failure} ->> 'message',
                      '("[^"]*"|''[^'']*''|“[^”]*”|\\S+@\\S+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9]+([.,:][0-9]+)*)', '…', 'g'), 300) end`;
}

/** $1 is the sync; every other place filters, and null does not. */
export const LETTERS = `
failed as (
  select ${WRITE_LETTER} as letter_id,
         case when writes.state = 'dead' then 'waiting' else 'retrying' end as state,
         writes.side, writes.kind, writes.identity_id, coalesce(writes.record_id, (select links.record_id from links
            where links.sync_key = $1 and links.identity_id = writes.identity_id and links.side = writes.side)) as record_id,
         tried.tries, coalesce(tried.first_at, writes.planned_at) as first_at,
         coalesce(tried.last_at, writes.planned_at) as last_at, coalesce(writes.failure, tried.failure) as failure, writes.body,
         ${WRITE_TOKEN} as token, 'write' as place
    from writes
    -- Few writes fail, of many that were tried and of very many links: both are looked up one by one.
    cross join lateral (
      select min(ended_at) as first_at, max(ended_at) as last_at, count(*) as tries,
             (array_agg(failure order by ended_at desc) filter (where failure is not null))[1] as failure
        from attempts where attempts.sync_key = $1 and attempts.write_id = writes.write_id) as tried
   -- One that is on its way forgets its failure, and may be about to fail again.
   where writes.sync_key = $1 and writes.state <> 'held' and (writes.failure is not null or writes.state = 'sent')
     and coalesce(writes.failure, tried.failure) is not null
  union all
  select ${readLetter('hints')}, case when state = 'dead' then 'waiting' else 'retrying' end,
         side, 'read', null, record_id, greatest(attempts, 1), noted_at, noted_at, failure, null::json, ${HINT_TOKEN}, 'hint'
    from hints where sync_key = $1 and failure is not null
  union all
  select ${readLetter('links')}, case when hints.record_id is null then 'waiting' else 'retrying' end, links.side, 'read',
         null, links.record_id, 1, coalesce(links.looked_at, links.as_of), coalesce(links.looked_at, links.as_of),
         links.failure, null::json, ${UNREADABLE_TOKEN}, 'link'
    from links
    left join hints on hints.sync_key = $1 and hints.side = links.side and hints.record_id = links.record_id
   where links.sync_key = $1 and links.status = 'unreadable' and hints.failure is null),
letters as (
  select failed.letter_id, case when discards.letter_id is null or failed.state <> 'waiting' then failed.state else 'discarded' end as state,
         failed.side, failed.kind, failed.identity_id, failed.record_id, failed.tries, failed.first_at, failed.last_at,
         failed.failure, failed.body, failed.token, failed.place, discards.reason, discards.discarded_by, discards.discarded_at,
         ${problemIdOf('failed.side', 'failed.failure')} as problem_id
    from failed
    left join discards on discards.sync_key = $1 and discards.letter_id = failed.letter_id and discards.token = failed.token),
chosen as (
  select * from letters
   where ($2::text[] is null or state = any($2)) and ($3::text is null or side = $3)
     and ($4::text is null or failure ->> 'code' = $4) and ($5::text is null or failure ->> 'field' = $5)
     and ($6::text is null or record_id = $6) and ($7::text is null or starts_with(letter_id, $7))
     and ($8::text is null or starts_with(problem_id, $8))
     and ($9::float8 is null or last_at >= to_timestamp($9 / 1000)))`;

export function filterValues(syncKey: string, filter: LetterFilter): readonly unknown[] {
  return [
    syncKey,
    filter.states ?? null,
    filter.side ?? null,
    filter.code ?? null,
    filter.field ?? null,
    filter.recordId ?? null,
    filter.letter ?? null,
    filter.problem ?? null,
    filter.failedSinceMs ?? null,
  ];
}

interface LetterColumns {
  readonly letter_id: string;
  readonly state: LetterState;
  readonly side: string;
  readonly kind: Letter['kind'];
  readonly identity_id: string | null;
  readonly record_id: string | null;
  readonly tries: string;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly last_us: string;
  readonly failure: StoredFailure;
  readonly body: Values | null;
  readonly reason: string | null;
  readonly discarded_by: string | null;
  readonly discarded_ms: number | null;
}

/** The newest failures first, a page from `after` (the `next` of the page before). */
export async function listLetters(
  tx: Tx,
  syncKey: string,
  filter: LetterFilter,
  after: string | null,
  countMax: number,
): Promise<LetterPage> {
  const [afterUs = null, afterId = null] = after === null ? [] : after.split('~');
  const rows = await tx.query<LetterColumns>(
    `with ${LETTERS}
     select letter_id, state, side, kind, identity_id, record_id, tries, failure, body, reason, discarded_by,
            extract(epoch from first_at)::float8 * 1000 as first_ms, extract(epoch from last_at)::float8 * 1000 as last_ms,
            (extract(epoch from last_at) * 1000000)::bigint as last_us,
            extract(epoch from discarded_at)::float8 * 1000 as discarded_ms
       from chosen
      where $10::bigint is null or ((extract(epoch from last_at) * 1000000)::bigint, letter_id) < ($10, $11::text)
      order by last_us desc, letter_id desc limit $12`,
    [...filterValues(syncKey, filter), afterUs, afterId, countMax + 1],
  );
  const page = rows.slice(0, countMax);
  const last = page.at(-1);
  return {
    letters: page.map(letterOf),
    next: rows.length > countMax && last !== undefined ? `${last.last_us}~${last.letter_id}` : null,
  };
}

export interface LetterCount {
  readonly state: LetterState;
  readonly side: string;
  readonly code: string;
  readonly count: number;
}

/** How many letters there are, by state, side and code; the largest group first. */
export async function countLetters(
  tx: Tx,
  syncKey: string,
  filter: LetterFilter,
): Promise<readonly LetterCount[]> {
  const rows = await tx.query<{ state: LetterState; side: string; code: string; count: string }>(
    `with ${LETTERS}
     select state, side, failure ->> 'code' as code, count(*) as count from chosen
      group by 1, 2, 3 order by count(*) desc, 2, 3`,
    filterValues(syncKey, filter),
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

function letterOf(row: LetterColumns): Letter {
  const { reason, discarded_by: by, discarded_ms: atMs } = row;
  return {
    letterId: row.letter_id,
    state: row.state,
    side: row.side,
    kind: row.kind,
    identityId: row.identity_id,
    recordId: row.record_id,
    tries: Number(row.tries),
    firstFailedMs: row.first_ms,
    lastFailedMs: row.last_ms,
    failure: row.failure,
    body: row.body,
    discarded:
      row.state !== 'discarded' || reason === null || by === null || atMs === null
        ? null
        : { reason, by, atMs },
  };
}

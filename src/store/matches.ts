/** Pairs of things that may be one, what people said of them, and things that were made one. */
import type { JoinMemory } from '../engine/join.ts';
import type { Values } from '../engine/value.ts';
import type { Ids } from '../lib/ids.ts';
import type { Tx } from './database.ts';

export interface NewSuggestion {
  readonly left: string;
  readonly right: string;
  readonly kind: 'match' | 'inner';
  readonly score: number;
  readonly why: string;
}

export interface SuggestionRow extends NewSuggestion {
  readonly suggestionId: string;
}

/** Replaces the open suggestions by these; a pair that a person has decided about is not suggested again. */
export async function saveSuggestions(
  tx: Tx,
  syncKey: string,
  ids: Ids,
  suggestions: readonly NewSuggestion[],
): Promise<void> {
  await tx.execute(`delete from match_suggestions where sync_key = $1 and state = 'open'`, [syncKey]);
  const rows = suggestions.map(({ left, right, kind, score, why }) => {
    const [first, second] = left < right ? [left, right] : [right, left];
    return { suggestion_id: ids.next(), left_id: first, right_id: second, kind, score, why };
  });
  await tx.execute(
    `insert into match_suggestions (sync_key, suggestion_id, left_id, right_id, kind, score, why, found_at)
     select $1::bigint, suggestion_id, left_id, right_id, kind, score, why, clock_timestamp()
       from json_to_recordset($2) as found (suggestion_id uuid, left_id uuid, right_id uuid, kind text, score float8, why text)
     on conflict (sync_key, left_id, right_id) do nothing`,
    [syncKey, JSON.stringify(rows)],
  );
}

/** Open suggestions, the best first; with an id only the one that begins so. */
export async function openSuggestions(
  tx: Tx,
  syncKey: string,
  idPrefix: string,
  countMax: number,
): Promise<readonly SuggestionRow[]> {
  return listedSuggestions(
    tx,
    'and starts_with(suggestion_id::text, $2) order by score desc, suggestion_id limit $3',
    [[syncKey], idPrefix, countMax],
  );
}

/** An open suggestion as a list over several syncs shows it. */
export interface ListedSuggestion extends SuggestionRow {
  readonly syncKey: string;
  readonly foundAtMs: number;
}

/** Open suggestions of the syncs behind the given one, the best first. */
export async function suggestionsPage(
  tx: Tx,
  syncKeys: readonly string[],
  after: { readonly score: number; readonly suggestionId: string } | null,
  countMax: number,
): Promise<readonly ListedSuggestion[]> {
  return listedSuggestions(
    tx,
    `and ($2::float8 is null or score < $2 or (score = $2 and suggestion_id > $3::uuid))
      order by score desc, suggestion_id limit $4`,
    [syncKeys, after?.score ?? null, after?.suggestionId ?? null, countMax],
  );
}

/** The open ones of these suggestions, by id. */
export async function findSuggestions(
  tx: Tx,
  syncKeys: readonly string[],
  suggestionIds: readonly string[],
): Promise<ReadonlyMap<string, ListedSuggestion>> {
  const found = await listedSuggestions(tx, 'and suggestion_id = any($2)', [syncKeys, suggestionIds]);
  return new Map(found.map((one) => [one.suggestionId, one]));
}

async function listedSuggestions(
  tx: Tx,
  which: string,
  parameters: readonly unknown[],
): Promise<readonly ListedSuggestion[]> {
  const rows = await tx.query<{
    sync_key: string;
    suggestion_id: string;
    left_id: string;
    right_id: string;
    kind: 'match' | 'inner';
    score: number;
    why: string;
    found_ms: number;
  }>(
    `select sync_key, suggestion_id, left_id, right_id, kind, score, why, extract(epoch from found_at)::float8 * 1000 as found_ms
       from match_suggestions where sync_key = any($1) and state = 'open' ${which}`,
    parameters,
  );
  return rows.map((row) => ({
    syncKey: row.sync_key,
    suggestionId: row.suggestion_id,
    left: row.left_id,
    right: row.right_id,
    kind: row.kind,
    score: row.score,
    why: row.why,
    foundAtMs: row.found_ms,
  }));
}

/** How many suggestions are open, counted up to a bound. */
export async function countSuggestions(
  tx: Tx,
  syncKeys: readonly string[],
  countMax: number,
): Promise<number> {
  const [row] = await tx.query<{ count: string }>(
    `select count(*) as count from (
       select from match_suggestions where sync_key = any($1) and state = 'open' limit $2) as open`,
    [syncKeys, countMax],
  );
  return Number(row?.count ?? 0);
}

/** Closes those that are still open; gives their ids. */
export async function decideSuggestions(
  tx: Tx,
  syncKeys: readonly string[],
  suggestionIds: readonly string[],
  state: 'confirmed' | 'rejected',
  by: string,
): Promise<ReadonlySet<string>> {
  if (suggestionIds.length === 0) return new Set();
  const rows = await tx.query<{ suggestion_id: string }>(
    `update match_suggestions set state = $3, decided_at = clock_timestamp(), decided_by = $4
      where sync_key = any($1) and suggestion_id = any($2) and state = 'open' returning suggestion_id`,
    [syncKeys, suggestionIds, state, by],
  );
  return new Set(rows.map((row) => row.suggestion_id));
}

export interface JoinRow {
  readonly joinId: string;
  readonly keptId: string;
  readonly goneId: string;
  readonly memory: JoinMemory;
  readonly joinedAtMs: number;
  readonly joinedBy: string;
}

export interface NewJoin {
  readonly joinId: string;
  readonly memory: JoinMemory;
  readonly by: string;
}

export interface JoinTx {
  /** Remembers how to tell things apart again that became one. */
  noteJoins(joins: readonly NewJoin[]): Promise<void>;
}

export async function noteJoins(tx: Tx, syncKey: string, joins: readonly NewJoin[]): Promise<void> {
  if (joins.length === 0) return;
  const rows = joins.map(({ joinId, memory, by }) => ({
    join_id: joinId,
    kept_id: memory.kept.id,
    gone_id: memory.gone.id,
    memory,
    joined_by: by,
  }));
  await tx.execute(
    `insert into joins (sync_key, join_id, kept_id, gone_id, memory, joined_at, joined_by)
     select $1::bigint, join_id, kept_id, gone_id, memory, clock_timestamp(), joined_by
       from json_to_recordset($2) as made (join_id uuid, kept_id uuid, gone_id uuid, memory jsonb, joined_by text)`,
    [syncKey, JSON.stringify(rows)],
  );
}

/** Joins that were not taken back, the newest first; with an id only those that begin so. */
export async function standingJoins(
  tx: Tx,
  syncKey: string,
  idPrefix: string,
  countMax: number,
): Promise<readonly JoinRow[]> {
  const rows = await tx.query<{
    join_id: string;
    kept_id: string;
    gone_id: string;
    memory: JoinMemory;
    at_ms: number;
    joined_by: string;
  }>(
    `select join_id, kept_id, gone_id, memory, extract(epoch from joined_at)::float8 * 1000 as at_ms, joined_by from joins
      where sync_key = $1 and parted_at is null and starts_with(join_id::text, $2) order by joined_at desc limit $3`,
    [syncKey, idPrefix, countMax],
  );
  return rows.map((row) => ({
    joinId: row.join_id,
    keptId: row.kept_id,
    goneId: row.gone_id,
    memory: row.memory,
    joinedAtMs: row.at_ms,
    joinedBy: row.joined_by,
  }));
}

export async function markParted(tx: Tx, syncKey: string, joinId: string, by: string): Promise<void> {
  await tx.execute(
    `update joins set parted_at = clock_timestamp(), parted_by = $3 where sync_key = $1 and join_id = $2 and parted_at is null`,
    [syncKey, joinId, by],
  );
}

export interface IdentityAt {
  readonly identityId: string;
  readonly golden: Values;
  readonly sides: readonly string[];
}

/** Living identities after the given one, with the sides where they have a live record. */
export async function identityPage(
  tx: Tx,
  syncKey: string,
  after: string | null,
  countMax: number,
): Promise<readonly IdentityAt[]> {
  const rows = await tx.query<{ identity_id: string; golden: Values; sides: readonly string[] }>(
    `select identity_id, golden,
            coalesce((select array_agg(side order by side) from links
                       where links.sync_key = $1 and links.identity_id = identities.identity_id and links.status = 'live'), '{}') as sides
       from identities
      where sync_key = $1 and tombstone is null and ($2::uuid is null or identity_id > $2)
      order by identity_id limit $3`,
    [syncKey, after, countMax],
  );
  return rows.map((row) => ({ identityId: row.identity_id, golden: row.golden, sides: row.sides }));
}

/** Finding records by what a person has of them: an id anywhere, or a value that they are matched by. */
import type { Values } from '../engine/value.ts';
import type { Tx } from './database.ts';
import type { ListedRecord } from './listing.ts';

/** What the search term was found as. */
export type MatchedBy = 'identity' | 'recordId' | 'matchKey';

export interface Found {
  readonly record: ListedRecord | null;
  readonly identityId: string | null;
  readonly syncKey: string;
  readonly matchedBy: MatchedBy;
}

/** A side to look in. */
export interface SearchPlace {
  readonly syncKey: string;
  readonly side: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Identities and records that the term names exactly, then those whose id or key begins with it. */
export async function search(
  tx: Tx,
  places: readonly SearchPlace[],
  term: string,
  countMax: number,
): Promise<readonly Found[]> {
  const syncKeys = [...new Set(places.map(({ syncKey }) => syncKey))];
  return [
    ...(UUID.test(term) ? await byIdentity(tx, syncKeys, term) : []),
    ...(await byRecordId(tx, places, term, countMax)),
    ...(await byMatchKey(tx, syncKeys, term, countMax)),
  ];
}

async function byIdentity(tx: Tx, syncKeys: readonly string[], term: string): Promise<readonly Found[]> {
  const rows = await tx.query<{ sync_key: string; identity_id: string }>(
    'select sync_key, identity_id from identities where sync_key = any($1) and identity_id = $2',
    [syncKeys, term],
  );
  return rows.map((row) => ({
    record: null,
    identityId: row.identity_id,
    syncKey: row.sync_key,
    matchedBy: 'identity',
  }));
}

/** One look into the primary key for each side. */
async function byRecordId(
  tx: Tx,
  places: readonly SearchPlace[],
  term: string,
  countMax: number,
): Promise<readonly Found[]> {
  const rows = await tx.query<{
    sync_key: string;
    side: string;
    record_id: string;
    status: ListedRecord['status'];
    identity_id: string | null;
    failure: ListedRecord['failure'];
  }>(
    `select found.* from unnest($1::bigint[], $2::text[]) as place (sync_key, side)
      cross join lateral (
        select sync_key, side, record_id, status, identity_id, failure from links
         where links.sync_key = place.sync_key and links.side = place.side
           and record_id >= $3 and record_id < $3 || E'\\U0010FFFD' and starts_with(record_id, $3)
         order by record_id limit $4) as found
      order by found.record_id limit $4`,
    [places.map(({ syncKey }) => syncKey), places.map(({ side }) => side), term, countMax],
  );
  return rows.map((row) => ({
    record: {
      syncKey: row.sync_key,
      side: row.side,
      recordId: row.record_id,
      status: row.status,
      identityId: row.identity_id,
      failure: row.failure,
    },
    identityId: row.identity_id,
    syncKey: row.sync_key,
    matchedBy: 'recordId',
  }));
}

/** How many rules a sync may have that are searched: their keys begin with their number. */
const RULES_MAX = 8;

/** Keys are JSON lists in small letters behind the number of their rule, so a beginning of a value is a beginning of a key. */
async function byMatchKey(
  tx: Tx,
  syncKeys: readonly string[],
  term: string,
  countMax: number,
): Promise<readonly Found[]> {
  const part = JSON.stringify(term.trim().replaceAll(/\s+/g, ' ').toLowerCase()).slice(0, -1);
  const beginnings = Array.from({ length: RULES_MAX }, (_, rule) => `${String(rule)}:[${part}`);
  const rows = await tx.query<{ sync_key: string; identity_id: string }>(
    `select found.sync_key, found.identity_id
       from unnest($1::bigint[]) as place (sync_key) cross join unnest($2::text[]) as sought (beginning)
      cross join lateral (
        select sync_key, identity_id, match_key from match_keys
         where match_keys.sync_key = place.sync_key
           and match_key >= beginning and match_key < beginning || E'\\U0010FFFD' and starts_with(match_key, beginning)
         order by match_key limit $3) as found
      order by found.match_key limit $3`,
    [syncKeys, beginnings, countMax],
  );
  return rows.map((row) => ({
    record: null,
    identityId: row.identity_id,
    syncKey: row.sync_key,
    matchedBy: 'matchKey',
  }));
}

export interface GoldenRow {
  readonly syncKey: string;
  readonly identityId: string;
  readonly golden: Values;
}

export async function goldenOf(
  tx: Tx,
  syncKeys: readonly string[],
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, GoldenRow>> {
  if (identityIds.length === 0) return new Map();
  const rows = await tx.query<{ sync_key: string; identity_id: string; golden: Values }>(
    'select sync_key, identity_id, golden from identities where sync_key = any($1) and identity_id = any($2::uuid[])',
    [syncKeys, identityIds],
  );
  return new Map(
    rows.map((row) => [
      row.identity_id,
      { syncKey: row.sync_key, identityId: row.identity_id, golden: row.golden },
    ]),
  );
}

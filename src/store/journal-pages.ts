/** The journal identity by identity, page by page: for work that replays it without keeping it. */
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';

/** An entry about an identity. */
export interface PagedEntry {
  readonly identityId: string;
  readonly atMs: number;
  readonly side: string;
  readonly recordId: string | null;
  readonly kind: string;
  readonly body: Json;
}

/** Where the next page begins; opaque to callers. */
export interface JournalPlace {
  readonly identityId: string;
  /** As the store spells it: with microseconds, which a number would lose. */
  readonly at: string;
  readonly skip: number;
}

/**
 * Entries since a moment, each identity's together and in the order of time. Ends of pages fall anywhere; `next` is null after
 * the last.
 */
export async function journalPage(
  tx: Tx,
  syncKey: string,
  sinceMs: number,
  place: JournalPlace | null,
  countMax: number,
): Promise<{ readonly entries: readonly PagedEntry[]; readonly next: JournalPlace | null }> {
  const rows = await tx.query<{
    identity_id: string;
    at: string;
    at_ms: number;
    side: string;
    record_id: string | null;
    kind: string;
    body: Json;
  }>(
    `select identity_id, at::text as at, extract(epoch from at)::float8 * 1000 as at_ms, side, record_id, kind, body from journal
      where sync_key = $1 and identity_id is not null and at >= to_timestamp($2::float8 / 1000)
        and ($3::uuid is null or (identity_id, at) >= ($3, $4::timestamptz))
      order by identity_id, at, side, kind, record_id offset $5 limit $6`,
    [syncKey, sinceMs, place?.identityId ?? null, place?.at ?? null, place?.skip ?? 0, countMax],
  );
  const last = rows.at(-1);
  const entries = rows.map((row): PagedEntry => ({
    identityId: row.identity_id,
    atMs: row.at_ms,
    side: row.side,
    recordId: row.record_id,
    kind: row.kind,
    body: row.body,
  }));
  if (last === undefined || rows.length < countMax) return { entries, next: null };
  // Several entries may be of one moment: the next page leaves out those of it that were seen.
  const isSame = (row: { readonly identity_id: string; readonly at: string }): boolean =>
    row.identity_id === last.identity_id && row.at === last.at;
  const seen = rows.filter(isSame).length;
  const isWholePage = seen === rows.length && place?.identityId === last.identity_id && place.at === last.at;
  const skip = seen + (isWholePage ? place.skip : 0);
  return { entries, next: { identityId: last.identity_id, at: last.at, skip } };
}

/** When the first entry of a sync's journal was made; null for an empty one. */
export async function journalBegin(tx: Tx, syncKey: string): Promise<number | null> {
  const [row] = await tx.query<{ at_ms: number | null }>(
    'select extract(epoch from min(at))::float8 * 1000 as at_ms from journal where sync_key = $1',
    [syncKey],
  );
  return row?.at_ms ?? null;
}

/** The records that identities have now, by identity and side. */
export async function recordsNow(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const rows = await tx.query<{ identity_id: string; side: string; record_id: string }>(
    `select identity_id, side, record_id from links where sync_key = $1 and identity_id = any($2) and status = 'live'`,
    [syncKey, identityIds],
  );
  const records = new Map<string, Map<string, string>>();
  for (const { identity_id: identityId, side, record_id: recordId } of rows)
    records.set(identityId, (records.get(identityId) ?? new Map<string, string>()).set(side, recordId));
  return records;
}

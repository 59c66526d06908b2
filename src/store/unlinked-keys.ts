/**
 * The match keys of records that are linked to nothing: parked, or not to be read. Nothing with one of them is made at their side
 * meanwhile. Where no record waits, every statement here ends with one look at an empty index.
 */
import type { UnlinkedRecord } from './contract.ts';
import type { Tx } from './database.ts';
import type { RecordPlace } from './record-holds.ts';
import type { ReferenceTx } from './reference-contract.ts';
import { WAKE } from './waits.ts';

export function unlinkedKeys(tx: Tx, syncKey: string): Pick<ReferenceTx, 'unlinkedByKey' | 'wakeKeyed'> {
  return {
    unlinkedByKey: (side, keys) => unlinkedByKey(tx, syncKey, side, keys),
    wakeKeyed: (identityIds) => wakeKeyed(tx, syncKey, identityIds),
  };
}

const ANY = 'exists (select from unlinked_keys where sync_key = $1)';

async function unlinkedByKey(
  tx: Tx,
  syncKey: string,
  side: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.query<{ match_key: string; record_id: string }>(
    `select match_key, min(record_id collate "C") as record_id from unlinked_keys
      where ${ANY} and sync_key = $1 and side = $2 and match_key = any($3) group by match_key`,
    [syncKey, side, keys],
  );
  return new Map(rows.map((row) => [row.match_key, row.record_id]));
}

async function wakeKeyed(tx: Tx, syncKey: string, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0) return;
  await tx.execute(
    `${WAKE} ${ANY} and kind = 'key' and sync_key = $1 and identity_id = any($2::uuid[]) for update skip locked))`,
    [syncKey, identityIds],
  );
}

/** The keys of these records are those given, and no others; what waited for one of them that has others now is made due. */
export async function keepUnlinkedKeys(
  tx: Tx,
  syncKey: string,
  side: string,
  records: readonly UnlinkedRecord[],
): Promise<void> {
  await freeUnlinkedKeys(
    tx,
    syncKey,
    records.map(({ recordId }) => ({ side, recordId })),
    records,
  );
  const kept = records.flatMap(({ recordId, keys }) => keys.map((key) => [recordId, key] as const));
  if (kept.length === 0) return;
  await tx.execute(
    `insert into unlinked_keys (sync_key, side, record_id, match_key)
     select $1::bigint, $2, record_id, key from unnest($3::text[], $4::text[]) as kept (record_id, key)
     on conflict do nothing`,
    [syncKey, side, kept.map(([recordId]) => recordId), kept.map(([, key]) => key)],
  );
}

/** The records are linked or gone by now; `still` keeps the keys that they have all the same. */
export async function freeUnlinkedKeys(
  tx: Tx,
  syncKey: string,
  places: readonly RecordPlace[],
  still: readonly Pick<UnlinkedRecord, 'recordId' | 'keys'>[] = [],
): Promise<void> {
  if (places.length === 0) return;
  const kept = still.flatMap(({ recordId, keys }) => keys.map((key) => [recordId, key] as const));
  const freed = await tx.query<{ side: string; record_id: string }>(
    `delete from unlinked_keys using unnest($2::text[], $3::text[]) as free (side, record_id)
      where ${ANY} and unlinked_keys.sync_key = $1 and unlinked_keys.side = free.side
        and unlinked_keys.record_id = free.record_id
        and (unlinked_keys.record_id, unlinked_keys.match_key) not in (select * from unnest($4::text[], $5::text[]))
      returning unlinked_keys.side, unlinked_keys.record_id`,
    [
      syncKey,
      places.map(({ side }) => side),
      places.map(({ recordId }) => recordId),
      kept.map(([recordId]) => recordId),
      kept.map(([, key]) => key),
    ],
  );
  if (freed.length === 0) return;
  await tx.execute(
    `${WAKE} kind = 'key' and sync_key = $1
        and (side, parent_record) in (select * from unnest($2::text[], $3::text[])) for update skip locked))`,
    [syncKey, freed.map(({ side }) => side), freed.map((row) => row.record_id)],
  );
}

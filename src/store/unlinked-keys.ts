/**
 * The match keys of records that are linked to nothing: parked, or not to be read. Nothing with one of them is made at their side
 * meanwhile. Where no record waits, every call here ends with one look at an empty index.
 */
import type { UnlinkedRecord } from './contract.ts';
import type { Tx } from './database.ts';
import { noteHints } from './hints.ts';
import type { RecordPlace } from './record-holds.ts';
import type { ReferenceTx } from './reference-contract.ts';
import { WAKE } from './waits.ts';

export function unlinkedKeys(
  tx: Tx,
  syncKey: string,
): Pick<ReferenceTx, 'unlinkedByKey' | 'waitingBeside' | 'hintUnlinked' | 'wakeKeyed'> {
  return {
    unlinkedByKey: (side, keys) => unlinkedByKey(tx, syncKey, side, keys),
    waitingBeside: (side, recordIds) => waitingBeside(tx, syncKey, side, recordIds),
    hintUnlinked: (keys) => hintUnlinked(tx, syncKey, keys),
    wakeKeyed: (identityIds) => wakeKeyed(tx, syncKey, identityIds),
  };
}

/** Per record (its side, a blank, its id) the identities that its kept keys are those of. */
export async function thingsInKeys(
  tx: Tx,
  syncKey: string,
  places: readonly RecordPlace[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const things = new Map<string, string[]>();
  if (places.length === 0) return things;
  const rows = await tx.query<{ place: string; identity_id: string }>(
    `select distinct side || ' ' || record_id as place, match_keys.identity_id
       from unlinked_keys join match_keys using (sync_key, match_key)
      where sync_key = $1 and (side, record_id) in (select * from unnest($2::text[], $3::text[])) order by 1, 2`,
    [syncKey, places.map(({ side }) => side), places.map(({ recordId }) => recordId)],
  );
  for (const row of rows) things.set(row.place, [...(things.get(row.place) ?? []), row.identity_id]);
  return things;
}

/** Asked before anything else: what is about thousands of keys takes milliseconds to be sent and read, and hardly ever is there any. */
async function isAnyKept(tx: Tx, syncKey: string): Promise<boolean> {
  const rows = await tx.query('select from unlinked_keys where sync_key = $1 limit 1', [syncKey]);
  return rows.length > 0;
}

async function unlinkedByKey(
  tx: Tx,
  syncKey: string,
  side: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0 || !(await isAnyKept(tx, syncKey))) return new Map();
  const rows = await tx.query<{ match_key: string; record_id: string }>(
    `select match_key, min(record_id collate "C") as record_id from unlinked_keys
      where sync_key = $1 and side = $2 and match_key = any($3) group by match_key`,
    [syncKey, side, keys],
  );
  return new Map(rows.map((row) => [row.match_key, row.record_id]));
}

async function waitingBeside(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (recordIds.length === 0 || !(await isAnyKept(tx, syncKey))) return new Map();
  // From the few keys that are kept, with one look each at two indexes: as a join it was planned through all keys of the workspace
  // (of a million 0.3 s, and 1 to 3 s without statistics; so, with 3,000 that are kept, some 0.05 s).
  const rows = await tx.query<{ record_id: string; beside: readonly string[] }>(
    `with waiting as materialized (
       select record_id as waiting_id,
              (select record_id from links
                where sync_key = $1 and side = $2 and identity_id =
                      (select identity_id from match_keys
                        where sync_key = $1 and match_key = unlinked_keys.match_key)) as record_id
         from unlinked_keys where sync_key = $1 and side = $2)
     select record_id, array_agg(distinct waiting_id order by waiting_id) as beside
       from waiting where record_id = any($3) group by record_id`,
    [syncKey, side, recordIds],
  );
  return new Map(rows.map((row) => [row.record_id, row.beside]));
}

async function hintUnlinked(tx: Tx, syncKey: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0 || !(await isAnyKept(tx, syncKey))) return;
  const rows = await tx.query<{ side: string; record_id: string }>(
    `select distinct side, record_id from unlinked_keys join links using (sync_key, side, record_id)
      where sync_key = $1 and side in (select side from streams where sync_key = $1)
        and match_key = any($2) and status = 'parked'`,
    [syncKey, keys],
  );
  for (const [side, some] of Map.groupBy(rows, (row) => row.side))
    await noteHints(
      tx,
      syncKey,
      side,
      some.map((row) => ({ recordId: row.record_id, kind: 'changed' })),
    );
}

async function wakeKeyed(tx: Tx, syncKey: string, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0 || !(await isAnyKept(tx, syncKey))) return;
  await tx.execute(
    `${WAKE} kind = 'key' and sync_key = $1 and identity_id = any($2::uuid[]) for update skip locked))`,
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
  if (places.length === 0 || !(await isAnyKept(tx, syncKey))) return;
  const kept = still.flatMap(({ recordId, keys }) => keys.map((key) => [recordId, key] as const));
  const freed = await tx.query<{ side: string; record_id: string }>(
    `delete from unlinked_keys using unnest($2::text[], $3::text[]) as free (side, record_id)
      where unlinked_keys.sync_key = $1 and unlinked_keys.side = free.side
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

/** A part of what the store holds, chosen without looking: for reports that may not take the time to look at everything. */
import type { Tx } from './database.ts';

/** Living identities spread evenly over all there are; the same ones each time while none comes or goes. */
export async function sampleIdentities(
  tx: Tx,
  syncKey: string,
  countMax: number,
): Promise<{ readonly identityIds: readonly string[]; readonly total: number }> {
  const rows = await tx.query<{ identity_id: string }>(
    `select identity_id from identities where sync_key = $1 and tombstone is null
      order by md5(identity_id::text) limit $2`,
    [syncKey, countMax],
  );
  const [counted] = await tx.query<{ total: string }>(
    'select count(*) as total from identities where sync_key = $1 and tombstone is null',
    [syncKey],
  );
  return { identityIds: rows.map((row) => row.identity_id), total: Number(counted?.total ?? 0) };
}

/** Records of a side that belong to no identity: those that take no part, wait for a person, or could not be read. */
export async function sampleUnlinked(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
): Promise<{ readonly recordIds: readonly string[]; readonly total: number }> {
  const isUnlinked = `sync_key = $1 and side = $2 and status in ('excluded', 'parked', 'unreadable')`;
  const rows = await tx.query<{ record_id: string }>(
    `select record_id from links where ${isUnlinked} order by md5(record_id) limit $3`,
    [syncKey, side, countMax],
  );
  const [counted] = await tx.query<{ total: string }>(
    `select count(*) as total from links where ${isUnlinked}`,
    [syncKey, side],
  );
  return { recordIds: rows.map((row) => row.record_id), total: Number(counted?.total ?? 0) };
}

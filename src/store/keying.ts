/** By which rules the stored keys and names were computed, and how far computing them anew has come. */
import type { Tx } from './database.ts';

/** `clearing`: what earlier rules have left is being taken away; `walking`: everything behind `after` is still to be done. */
export type Keying =
  | { readonly kind: 'current' }
  | { readonly kind: 'clearing' }
  | { readonly kind: 'walking'; readonly after: string | null };

export interface KeyingTx {
  /**
   * How it stands with the keys of the sync beside these rules; locks that against other workers until the end of the
   * transaction. Rules that are not those of before, nor those being worked on, begin anew.
   */
  keying(rules: string): Promise<Keying>;
  /** Takes keys and names away; returns how many there were. When there are none left, the walk may begin. */
  clearKeys(countMax: number): Promise<number>;
  /** The identities behind this one, in the order of their ids. */
  identitiesAfter(after: string | null, countMax: number): Promise<readonly string[]>;
  /** Notes how far the walk has come; null: to its end. */
  moveKeying(after: string | null): Promise<void>;
}

export async function keying(tx: Tx, syncKey: string, rules: string): Promise<Keying> {
  const [row] = await tx.query<{ keyed: string | null; rekeying: string | null; rekeyed_to: string | null }>(
    'select keyed, rekeying, rekeyed_to from syncs where sync_key = $1 for no key update',
    [syncKey],
  );
  if (row === undefined || row.keyed === rules) return { kind: 'current' };
  if (row.rekeying !== rules) {
    await tx.execute('update syncs set rekeying = $2, rekeyed_to = null where sync_key = $1', [
      syncKey,
      rules,
    ]);
    return { kind: 'clearing' };
  }
  if (row.rekeyed_to === null) return { kind: 'clearing' };
  return { kind: 'walking', after: row.rekeyed_to === '' ? null : row.rekeyed_to };
}

export async function clearKeys(tx: Tx, syncKey: string, countMax: number): Promise<number> {
  let cleared = 0;
  for (const table of ['match_keys', 'names'])
    cleared += await tx.execute(
      `delete from ${table} where sync_key = $1 and ctid = any(array(select ctid from ${table} where sync_key = $1 limit $2))`,
      [syncKey, countMax],
    );
  if (cleared === 0) await tx.execute(`update syncs set rekeyed_to = '' where sync_key = $1`, [syncKey]);
  return cleared;
}

export async function identitiesAfter(
  tx: Tx,
  syncKey: string,
  after: string | null,
  countMax: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ identity_id: string }>(
    `select identity_id from identities where sync_key = $1 and ($2::uuid is null or identity_id > $2)
      order by identity_id limit $3`,
    [syncKey, after, countMax],
  );
  return rows.map((row) => row.identity_id);
}

export async function moveKeying(tx: Tx, syncKey: string, after: string | null): Promise<void> {
  await tx.execute(
    after === null
      ? 'update syncs set keyed = rekeying, rekeying = null, rekeyed_to = null where sync_key = $1 and $2::text is null'
      : 'update syncs set rekeyed_to = $2 where sync_key = $1',
    [syncKey, after],
  );
}

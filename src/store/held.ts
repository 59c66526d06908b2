/** Writes that a guard stopped, as sets: a release names the exact set by its hash. */
import type { Tx } from './database.ts';

export interface HeldSet {
  readonly side: string;
  readonly kind: string;
  readonly writes: number;
  readonly hash: string;
}

const SETS = `
select side, kind, count(*) as writes,
       encode(sha256(convert_to(string_agg(identity_id::text, ' ' order by identity_id), 'UTF8')), 'hex') as hash
  from writes where sync_key = $1 and state = 'held' group by side, kind order by side, kind`;

export async function heldWrites(tx: Tx, syncKey: string): Promise<readonly HeldSet[]> {
  const rows = await tx.query<{ side: string; kind: string; writes: string; hash: string }>(SETS, [syncKey]);
  return rows.map((row) => ({ ...row, writes: Number(row.writes) }));
}

/** The identities of some writes of a set, the first by id. */
export async function someHeld(
  tx: Tx,
  syncKey: string,
  { side, kind }: Pick<HeldSet, 'side' | 'kind'>,
  countMax: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ identity_id: string }>(
    `select identity_id from writes where sync_key = $1 and side = $2 and kind = $3 and state = 'held'
      order by identity_id limit $4`,
    [syncKey, side, kind, countMax],
  );
  return rows.map((row) => row.identity_id);
}

/** Queues the set if it is still the one that was approved; null when it is not. */
export async function releaseHeld(
  tx: Tx,
  syncKey: string,
  side: string,
  kind: string,
  hashPrefix: string,
): Promise<number | null> {
  await tx.execute(
    `select from writes where sync_key = $1 and side = $2 and kind = $3 and state = 'held' for update`,
    [syncKey, side, kind],
  );
  const set = (await heldWrites(tx, syncKey)).find((held) => held.side === side && held.kind === kind);
  if (set === undefined || hashPrefix.length < 8 || !set.hash.startsWith(hashPrefix)) return null;
  return tx.execute(
    `update writes set state = 'queued', due_at = clock_timestamp()
      where sync_key = $1 and side = $2 and kind = $3 and state = 'held'`,
    [syncKey, side, kind],
  );
}

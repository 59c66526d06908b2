/**
 * Records that are linked to nothing and the creates that they stand in the way of: whose such a record is nobody knows yet, so that
 * what is made beside it may be made a second time.
 */
import { fieldsOf } from '../engine/between.ts';
import { matchKeys } from '../engine/match.ts';
import { linkAt, type Bundle, type OpenWrite } from '../engine/state.ts';
import type { SyncTx } from '../store/contract.ts';
import type { Wait } from '../store/reference-contract.ts';
import type { Changed } from './moves.ts';
import type { SyncRuntime } from './runtime.ts';

export type KeyWait = Extract<Wait, { readonly kind: 'key' }>;

/** Of these things those that have no record at the side, and a key of one there that is linked to nothing: by identity. */
export async function standingInTheWay(
  { name, model }: SyncRuntime,
  tx: SyncTx,
  side: string,
  bundles: readonly Bundle[],
): Promise<ReadonlyMap<string, KeyWait>> {
  const keysOf = new Map(
    bundles
      .filter((bundle) => bundle.identity.tombstone === null && linkAt(bundle, side) === undefined)
      .map(({ identity: { id, golden } }) => [id, matchKeys(model, golden)]),
  );
  const recordOf = await tx.unlinkedByKey(side, [...keysOf.values()].flat());
  const waits = new Map<string, KeyWait>();
  if (recordOf.size === 0) return waits;
  for (const [identityId, keys] of keysOf) {
    const key = keys.find((one) => recordOf.has(one));
    if (key === undefined) continue;
    const parentRecord = recordOf.get(key) ?? '';
    const own = { identityId, side, field: fieldsOf(model, key).join(' and '), recordId: null };
    waits.set(identityId, { ...own, kind: 'key', at: { sync: name, side }, parentRecord });
  }
  return waits;
}

/** What waits for a record of its key may have another key now: it is decided afresh. */
export async function wakeKeyed(tx: SyncTx, changed: readonly Changed[]): Promise<void> {
  const ids = changed.flatMap(({ before, now }) => {
    const isToBeMade = ({ side, state }: OpenWrite): boolean =>
      (state === 'planned' || state === 'queued') && before !== null && linkAt(before, side) === undefined;
    const isOther = before !== null && before.identity !== now.identity;
    return isOther && before.writes.some(isToBeMade) ? [now.identity.id] : [];
  });
  await tx.wakeKeyed(ids);
}

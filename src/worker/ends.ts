/** Ends writes whose state was read under the lock of their identities. */
import type { SyncTx, WriteEnd } from '../store/contract.ts';
import { Collision } from '../store/database.ts';
import { writeKeyText } from '../store/writes.ts';

/** The reaper locks no identity: a write that it has just called unknown is looked at anew, with all that depends on it. */
export async function endAll(tx: SyncTx, ends: readonly WriteEnd[]): Promise<void> {
  const applied = await tx.endWrites(ends);
  const isLost = ends.some(({ identityId, side }) => !applied.has(writeKeyText(identityId, side)));
  if (isLost) throw new Collision('the write was given up while its answer was being recorded');
}

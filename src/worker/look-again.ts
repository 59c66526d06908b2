import type { Bundle } from '../engine/state.ts';
import type { SyncTx } from '../store/contract.ts';

/** Has the records of a thing looked at: what they hold by now may be more than was known when it was decided about. */
export async function lookAgain(tx: SyncTx, { links }: Bundle): Promise<void> {
  for (const { side, recordId, status } of links)
    if (status === 'live' || status === 'hidden') await tx.noteHints(side, [{ recordId, kind: 'changed' }]);
}

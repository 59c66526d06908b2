/** After a restore, or under a new revision, every side is read again before anything is written. */
import type { SyncTx } from '../store/contract.ts';
import { EARLY_LOOK_MS, READ_ANEW_LOOK_MS_MAX } from './limits.ts';
import type { SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import { kindOf, type Sorted } from './sort.ts';

/**
 * Leaves deletes to another look while sides are being read again: a restored store does not know what was made since its backup, and
 * what counts as deleted gives its keys away, so that its own records at those sides would be things that nobody has met before.
 */
export async function leaveWhileReadAnew(
  { mode }: SyncRuntime,
  tx: SyncTx,
  page: SightingPage,
  sorted: Sorted,
): Promise<void> {
  const deleted = sorted.existence.filter(({ sighting }) => sighting.kind === 'deleted');
  // Nothing is written meanwhile, so that nothing is held up.
  if (deleted.length === 0 || mode !== 'observe') return;
  const sinceMs = await tx.readAnewSinceMs();
  if (sinceMs === null) return;
  // What takes long is asked about seldom: each look is a request to the system that is being read.
  const dueInMs = Math.min(Math.max(EARLY_LOOK_MS, tx.nowMs - sinceMs), READ_ANEW_LOOK_MS_MAX);
  for (const one of deleted) {
    const { recordId } = one.sighting;
    sorted.existence.splice(sorted.existence.indexOf(one), 1);
    sorted.hints.push({ recordId, kind: kindOf(page, recordId), dueInMs });
  }
}

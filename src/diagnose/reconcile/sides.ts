/** A reconciliation of some sides of a sync, all at once: each is another system. */
import type { Ids } from '../../lib/ids.ts';
import type { Random } from '../../lib/random.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import { compareByDigests } from './digests.ts';
import type { Reconciled } from './look.ts';
import { reconcileSide } from './reconcile.ts';
import type { ReconciledSide } from './tally.ts';

export interface SidesOptions {
  readonly ids: Ids;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** How many records of a side were compared so far. */
  readonly onProgress: (side: string, seen: number) => void;
}

/** In the order of `sides`. Waits for every side, and throws what the first connector that failed has thrown. */
export async function reconcileSides(
  sync: Reconciled,
  sides: readonly SideRuntime[],
  { ids, random, signal, onProgress }: SidesOptions,
): Promise<readonly ReconciledSide[]> {
  const compared = await compareByDigests(sync, sides, random, signal);
  const ended = await Promise.allSettled(
    sides.map((side) => {
      const { name } = side.model;
      return reconcileSide(sync, side, {
        runId: ids.next(),
        compared: compared.get(name) ?? null,
        signal,
        onProgress: (seen) => {
          onProgress(name, seen);
        },
      });
    }),
  );
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

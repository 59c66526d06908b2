import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { heldWrites } from '../store/held.ts';
import { countStates, countWrites } from '../store/status.ts';
import { vitalsOf } from '../store/vitals.ts';
import { currentProblems } from './problems.ts';
import type { Evidence } from './symptoms.ts';
import { watchSync } from './watch/watchdogs.ts';

const PROBLEMS_MAX = 500;

/** Gathers, in one snapshot of the store, what a diagnosis of the sync goes by. */
export async function gatherEvidence(tx: Tx, sync: SyncRow): Promise<Evidence> {
  const { syncKey, definition } = sync;
  const sides = definition.sides.map(({ name }) => name);
  const writes = await countWrites(tx, syncKey);
  return {
    sync,
    counts: await countStates(tx, syncKey, sides),
    problems: await currentProblems(tx, { syncKey, state: 'open' }, PROBLEMS_MAX),
    conditions: watchSync(sync, await vitalsOf(tx, syncKey)),
    heldSets: await heldWrites(tx, syncKey),
    plannedWrites: writes
      .filter(({ state }) => state === 'planned')
      .reduce((sum, { count }) => sum + count, 0),
    nowMs: tx.nowMs,
  };
}

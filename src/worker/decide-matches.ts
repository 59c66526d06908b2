/** Carries out what a person said of many pairs at once: all of it, or nothing. */
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { decideSuggestion, findSuggestion } from '../store/matches.ts';
import { ChoiceRefused } from './holds.ts';
import { joinPair } from './joins.ts';
import type { SyncRuntime } from './runtime.ts';

/** How many pairs are decided in one transaction. */
export const DECISIONS_MAX = 5_000;

export interface PairDecision {
  readonly suggestionId: string;
  readonly kind: 'confirm' | 'reject';
}

/** Why one of the decisions cannot be carried out; `place` counts them from 0. */
interface RefusedDecision {
  readonly place: number;
  readonly reason: string;
}

/** Ends the transaction, so that nothing of it is done. */
export class DecisionsRefused extends Error {
  override readonly name = 'DecisionsRefused';
  readonly refused: readonly RefusedDecision[];

  constructor(refused: readonly RefusedDecision[]) {
    super(`${String(refused.length)} of the decisions cannot be carried out; nothing was done`);
    this.refused = refused;
  }
}

/**
 * Decides them in their order, in the caller's transaction; returns the id of the join of each that was confirmed, null of the
 * others. Throws `DecisionsRefused` with every decision that is wrong by itself, or the first that another one forbids.
 */
export async function decidePairs(
  tx: Tx,
  syncs: readonly SyncRow[],
  runtimeOf: (sync: SyncRow) => SyncRuntime,
  decisions: readonly PairDecision[],
  by: string,
): Promise<readonly (string | null)[]> {
  const pairs = await pairsOf(tx, syncs, decisions);
  const joinIds: (string | null)[] = [];
  for (const [place, { sync, left, right, suggestionId, kind }] of pairs.entries()) {
    const state = kind === 'confirm' ? 'confirmed' : 'rejected';
    if (!(await decideSuggestion(tx, sync.syncKey, suggestionId, state, by)))
      throw new DecisionsRefused([{ place, reason: DECIDED_MEANWHILE }]);
    joinIds.push(
      kind === 'reject'
        ? null
        : await joinPair(runtimeOf(sync), tx, sync, [left, right], by).catch((error: unknown) => {
            if (error instanceof ChoiceRefused)
              throw new DecisionsRefused([{ place, reason: error.message }]);
            throw error;
          }),
    );
  }
  return joinIds;
}

const DECIDED_MEANWHILE = 'no such pair waits to be decided: it may have been decided, or found no more';
const INNER = 'both are at one side: merge the two records in that system';

interface Pair extends PairDecision {
  readonly sync: SyncRow;
  readonly left: string;
  readonly right: string;
}

async function pairsOf(
  tx: Tx,
  syncs: readonly SyncRow[],
  decisions: readonly PairDecision[],
): Promise<readonly Pair[]> {
  const syncKeys = syncs.map(({ syncKey }) => syncKey);
  const pairs: Pair[] = [];
  const refused: RefusedDecision[] = [];
  const seen = new Set<string>();
  for (const [place, { suggestionId, kind }] of decisions.entries()) {
    const found = await findSuggestion(tx, syncKeys, suggestionId);
    const sync = syncs.find(({ syncKey }) => syncKey === found?.syncKey);
    if (seen.has(suggestionId)) refused.push({ place, reason: 'the pair is decided twice' });
    else if (found === null || sync === undefined) refused.push({ place, reason: DECIDED_MEANWHILE });
    else if (found.kind === 'inner' && kind === 'confirm') refused.push({ place, reason: INNER });
    else pairs.push({ suggestionId, kind, sync, left: found.left, right: found.right });
    seen.add(suggestionId);
  }
  if (refused.length > 0) throw new DecisionsRefused(refused);
  return pairs;
}

/** Carries out what a person said of many pairs at once: all of it, or nothing. */
import { allSyncs, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { decideSuggestions, findSuggestions } from '../store/matches.ts';
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
  /** Nobody waits for it: it was decided, or the pair was found no more. */
  readonly isOver: boolean;
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

export interface DecidedPair extends PairDecision {
  readonly sync: string;
  /** By which a confirmed pair is taken back; null for one that was rejected. */
  readonly joinId: string | null;
}

/**
 * Decides them in their order, in the caller's transaction. Throws `DecisionsRefused` with every decision that is wrong by
 * itself, or the first that another one forbids.
 */
export async function decidePairs(
  tx: Tx,
  syncs: readonly SyncRow[],
  runtimeOf: (sync: SyncRow) => SyncRuntime,
  decisions: readonly PairDecision[],
  by: string,
): Promise<readonly DecidedPair[]> {
  const pairs = await pairsOf(tx, syncs, decisions);
  await close(tx, syncs, pairs, by);
  const all = await allSyncs(tx);
  const decided: DecidedPair[] = [];
  for (const [place, { sync, left, right, suggestionId, kind }] of pairs.entries()) {
    const join = kind === 'reject' ? null : { runtime: runtimeOf(sync), sync, all, by };
    const joinId = join === null ? null : await joinPair(tx, join, [left, right]).catch(refusedAt(place));
    decided.push({ suggestionId, kind, sync: sync.name, joinId });
  }
  return decided;
}

function refusedAt(place: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ChoiceRefused)) throw error;
    throw new DecisionsRefused([{ place, reason: error.message, isOver: false }]);
  };
}

/** Somebody else may have decided one of them since they were read. */
async function close(tx: Tx, syncs: readonly SyncRow[], pairs: readonly Pair[], by: string): Promise<void> {
  const syncKeys = syncs.map(({ syncKey }) => syncKey);
  const closed = new Set<string>();
  for (const [kind, own] of Map.groupBy(pairs, (pair) => pair.kind)) {
    const ids = own.map(({ suggestionId }) => suggestionId);
    const state = kind === 'confirm' ? 'confirmed' : 'rejected';
    for (const id of await decideSuggestions(tx, syncKeys, ids, state, by)) closed.add(id);
  }
  const refused = pairs.flatMap(({ suggestionId }, place) =>
    closed.has(suggestionId) ? [] : [{ place, reason: OVER, isOver: true }],
  );
  if (refused.length > 0) throw new DecisionsRefused(refused);
}

const OVER = 'no such pair waits to be decided: it may have been decided, or found no more';
const TWICE = 'the pair is decided twice';
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
  const syncOf = new Map(syncs.map((sync) => [sync.syncKey, sync]));
  const ids = decisions.map(({ suggestionId }) => suggestionId);
  const open = await findSuggestions(tx, [...syncOf.keys()], ids);
  const pairs: Pair[] = [];
  const refused: RefusedDecision[] = [];
  const seen = new Set<string>();
  for (const [place, { suggestionId, kind }] of decisions.entries()) {
    const found = open.get(suggestionId);
    const sync = syncOf.get(found?.syncKey ?? '');
    const isOver = found === undefined || sync === undefined;
    if (seen.has(suggestionId)) refused.push({ place, reason: TWICE, isOver: false });
    else if (isOver) refused.push({ place, reason: OVER, isOver });
    else if (found.kind === 'inner' && kind === 'confirm') refused.push({ place, reason: INNER, isOver });
    else pairs.push({ suggestionId, kind, sync, left: found.left, right: found.right });
    seen.add(suggestionId);
  }
  if (refused.length > 0) throw new DecisionsRefused(refused);
  return pairs;
}

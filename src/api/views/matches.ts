/** Suggested matches with both things side by side. */
import type { z } from '@hono/zod-openapi';

import { readBundles } from '../../store/bundles.ts';
import type { StoredBundle } from '../../store/contract.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { standingJoins, type ListedSuggestion } from '../../store/matches.ts';
import { at } from '../shapes/common.ts';
import type { Match, Merge } from '../shapes/matches.ts';
import { matchSentence } from '../words/match.ts';
import { titleOf } from '../words/title.ts';

type MatchShape = z.infer<typeof Match>;

/** In their order; without those of which a thing is no longer there. */
export async function matchViews(
  tx: Tx,
  syncs: readonly SyncRow[],
  suggestions: readonly ListedSuggestion[],
): Promise<readonly MatchShape[]> {
  const views = new Map<string, MatchShape>();
  for (const sync of syncs) {
    const here = suggestions.filter(({ syncKey }) => syncKey === sync.syncKey);
    const ids = new Set(here.flatMap(({ left, right }) => [left, right]));
    const bundles = await readBundles(tx, sync.syncKey, [...ids]);
    for (const one of here) {
      const [left, right] = [bundles.get(one.left), bundles.get(one.right)];
      if (left !== undefined && right !== undefined)
        views.set(one.suggestionId, matchView(sync, one, left, right));
    }
  }
  return suggestions.flatMap(({ suggestionId }) => views.get(suggestionId) ?? []);
}

function matchView(
  { name: sync, definition }: SyncRow,
  suggestion: ListedSuggestion,
  left: StoredBundle,
  right: StoredBundle,
): MatchShape {
  const { suggestionId, kind, score, foundAtMs } = suggestion;
  const thing = ({ identity, links }: StoredBundle): MatchShape['left'] => ({
    identity: identity.id,
    title: titleOf(definition, identity.golden),
    records: links.map(({ side, recordId }) => ({ side, recordId })),
  });
  return {
    id: suggestionId,
    sync,
    kind,
    likeness: Math.round(score * 100),
    sentence: matchSentence(suggestion, definition.entity),
    foundAt: at(foundAtMs),
    left: thing(left),
    right: thing(right),
    fields: definition.fields.map(({ name }) => ({
      name,
      left: left.identity.golden[name] ?? null,
      right: right.identity.golden[name] ?? null,
    })),
    choices: kind === 'inner' ? ['reject'] : ['confirm', 'reject'],
  };
}

/** Merges that stand, the newest first; `countMax` of each sync. */
export async function mergeViews(
  tx: Tx,
  syncs: readonly SyncRow[],
  countMax: number,
): Promise<readonly z.infer<typeof Merge>[]> {
  const merges: z.infer<typeof Merge>[] = [];
  for (const { name: sync, syncKey, definition } of syncs)
    for (const { joinId, keptId, memory, joinedAtMs, joinedBy } of await standingJoins(
      tx,
      syncKey,
      '',
      countMax,
    ))
      merges.push({
        id: joinId,
        sync,
        identity: keptId,
        title: titleOf(definition, memory.merged),
        moved: memory.moved.map(({ side, recordId }) => ({ side, recordId })),
        at: at(joinedAtMs),
        by: joinedBy,
      });
  return merges.toSorted((left, right) => right.at.localeCompare(left.at));
}

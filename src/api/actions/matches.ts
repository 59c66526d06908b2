/** What a person says of two things that may be one, with its entry in the audit trail. */
import type { z } from '@hono/zod-openapi';

import { audit } from '../../store/audit.ts';
import { allSyncs } from '../../store/control.ts';
import { markParted, standingJoins } from '../../store/matches.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import {
  decidePairs,
  DecisionsRefused,
  type DecidedPair,
  type PairDecision,
} from '../../worker/decide-matches.ts';
import { ChoiceRefused } from '../../worker/holds.ts';
import { joinPair, partIdentities } from '../../worker/joins.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import type { MatchDecision, MergeByHand } from '../shapes/matches.ts';
import { syncNamed } from './find.ts';

/** Returns the id of the join, by which it is taken back; null for a rejection. Throws `not_found` when it is not open. */
export async function decideMatch(
  host: ApiHost,
  principal: Principal,
  suggestionId: string,
  { kind }: z.infer<typeof MatchDecision>,
): Promise<string | null> {
  try {
    const [decided] = await carryOut(host, principal, [{ suggestionId, kind }]);
    return decided?.joinId ?? null;
  } catch (error) {
    const [refused] = error instanceof DecisionsRefused ? error.refused : [];
    if (refused === undefined) throw error;
    throw refused.isOver
      ? notFound('open match', suggestionId)
      : new ApiProblem('conflict', { detail: refused.reason });
  }
}

/** The same of many pairs, all or none; the joins in their order. A refusal names every decision that is in the way. */
export async function decideMatches(
  host: ApiHost,
  principal: Principal,
  decisions: readonly { readonly id: string; readonly kind: PairDecision['kind'] }[],
): Promise<readonly (string | null)[]> {
  const pairs = decisions.map(({ id: suggestionId, kind }) => ({ suggestionId, kind }));
  try {
    return (await carryOut(host, principal, pairs)).map(({ joinId }) => joinId);
  } catch (error) {
    if (!(error instanceof DecisionsRefused)) throw error;
    throw new ApiProblem('conflict', {
      detail: error.message,
      errors: error.refused.map(({ place, reason }) => ({
        path: `decisions[${String(place)}]`,
        message: reason,
      })),
    });
  }
}

async function carryOut(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  pairs: readonly PairDecision[],
): Promise<readonly DecidedPair[]> {
  return host.database.transaction(workspaceNo, async (tx) => {
    const work = host.work(workspaceNo);
    const decided = await decidePairs(tx, await allSyncs(tx), (sync) => work.unopened(sync), pairs, by);
    for (const { suggestionId: subject, sync, kind: choice, joinId: join } of decided)
      await audit(tx, workspaceNo, { by, action: 'match.decided', subject, detail: { sync, choice, join } });
    return decided;
  });
}

/** Makes one of two that nobody suggested; returns the id of the join. Throws `conflict` where they cannot become one. */
export async function mergeByHand(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  { sync: name, identities }: z.infer<typeof MergeByHand>,
): Promise<string> {
  return refusing(() =>
    host.database.transaction(workspaceNo, async (tx) => {
      const all = await allSyncs(tx);
      const sync = await syncNamed(tx, name);
      const runtime = host.work(workspaceNo).unopened(sync);
      const joinId = await joinPair(tx, { runtime, sync, all, by }, identities);
      await audit(tx, workspaceNo, { by, action: 'match.merged', subject: joinId, detail: { sync: name } });
      return joinId;
    }),
  );
}

/** What a person may not do, in the words of the refusal. */
async function refusing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ChoiceRefused) throw new ApiProblem('conflict', { detail: error.message });
    throw error;
  }
}

/** Makes two again of what a person had said is one. Throws `not_found` when no such merge stands. */
export async function takeBackMerge(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  id: string,
): Promise<void> {
  await refusing(() =>
    host.database.transaction(workspaceNo, async (tx) => {
      for (const sync of await allSyncs(tx)) {
        const [join] = await standingJoins(tx, sync.syncKey, id, 1);
        if (join === undefined) continue;
        const runtime = host.work(workspaceNo).unopened(sync);
        await partIdentities(runtime, syncTransaction(tx, sync, host.ids), join.memory, by);
        await markParted(tx, sync.syncKey, join.joinId, by);
        await audit(tx, workspaceNo, {
          by,
          action: 'match.parted',
          subject: id,
          detail: { sync: sync.name },
        });
        return;
      }
      throw notFound('merge', id);
    }),
  );
}

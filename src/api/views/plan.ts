/** What a sync would write, by side and kind, with samples of what stands there now and what would. */
import type { z } from '@hono/zod-openapi';

import { compileSync, type SideModel } from '../../engine/model.ts';
import { bodyOf } from '../../engine/plan.ts';
import { linkAt, type WriteKind } from '../../engine/state.ts';
import { must } from '../../lib/assert.ts';
import { readBundles } from '../../store/bundles.ts';
import type { StoredBundle } from '../../store/contract.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { newestPlan, type SealedPlan } from '../../store/revisions.ts';
import { countWrites, plannedSamples } from '../../store/status.ts';
import { at } from '../shapes/common.ts';
import type { Plan, PlanHead } from '../shapes/syncs.ts';
import { titleOf } from '../words/title.ts';

const SAMPLES_PER_GROUP = 5;

export function planHead(sync: SyncRow, plan: SealedPlan): z.infer<typeof PlanHead> {
  return {
    hash: plan.hash,
    revision: plan.revision,
    writes: plan.writes,
    sealedAt: at(plan.sealedMs),
    isApproved: plan.approvedBy !== null,
    approvedBy: plan.approvedBy,
    isCurrent: plan.revision === sync.revision,
  };
}

export async function planView(tx: Tx, sync: SyncRow): Promise<z.infer<typeof Plan>> {
  const { syncKey, definition } = sync;
  const model = compileSync(definition);
  const plan = await newestPlan(tx, syncKey);
  const writes = (await countWrites(tx, syncKey)).filter(({ state }) => state === 'planned');
  const picked = await plannedSamples(tx, syncKey, SAMPLES_PER_GROUP);
  const bundles = await readBundles(tx, syncKey, [...new Set(picked.map(({ identityId }) => identityId))]);
  return {
    plan: plan === null ? null : planHead(sync, plan),
    groups: writes.map(({ side, kind, count }) => ({
      side,
      kind: kind as WriteKind,
      count,
      samples: picked.flatMap((sample) => {
        const bundle = bundles.get(sample.identityId);
        if (sample.side !== side || sample.kind !== kind || bundle === undefined) return [];
        const there = must(model.sideOf.get(side), 'a planned write is at a side of its sync');
        return [
          {
            identity: sample.identityId,
            title: titleOf(definition, bundle.identity.golden),
            values: sampleValues(there, bundle, kind as WriteKind),
          },
        ];
      }),
    })),
  };
}

type SampleValue = z.infer<typeof Plan>['groups'][number]['samples'][number]['values'][number];

function sampleValues(side: SideModel, bundle: StoredBundle, kind: WriteKind): readonly SampleValue[] {
  const accounted = linkAt(bundle, side.name)?.accounted ?? {};
  if (kind === 'delete')
    return Object.entries(accounted).map(([field, before]) => ({ field, before, after: null }));
  return Object.entries(bodyOf(side, bundle, kind)).map(([field, after]) => ({
    field,
    before: accounted[field] ?? null,
    after,
  }));
}

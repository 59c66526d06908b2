/** Open holds with all that a person needs to decide them. */
import type { z } from '@hono/zod-openapi';

import { readBundles } from '../../store/bundles.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import type { ListedHold } from '../../store/holds.ts';
import { at } from '../shapes/common.ts';
import type { Hold } from '../shapes/records.ts';
import { holdOptions, holdSentence } from '../words/hold.ts';
import { titleOf } from '../words/title.ts';

export async function holdViews(
  tx: Tx,
  syncs: readonly SyncRow[],
  holds: readonly ListedHold[],
): Promise<readonly z.infer<typeof Hold>[]> {
  const views = new Map<string, z.infer<typeof Hold>>();
  for (const sync of syncs) {
    const here = holds.filter((hold) => hold.syncKey === sync.syncKey);
    const ids = here.flatMap(({ identityId }) => (identityId === null ? [] : [identityId]));
    const bundles = await readBundles(tx, sync.syncKey, [...new Set(ids)]);
    for (const hold of here) {
      const bundle = bundles.get(hold.identityId ?? '');
      views.set(hold.holdId, {
        id: hold.holdId,
        sync: sync.name,
        identity: hold.identityId,
        side: hold.side,
        recordId: hold.recordId,
        field: hold.field,
        reason: hold.reason,
        sentence: holdSentence(hold),
        title:
          bundle === undefined ? (hold.recordId ?? '') : titleOf(sync.definition, bundle.identity.golden),
        openedAt: at(hold.openedAtMs),
        seen: hold.seen,
        choices: holdOptions(hold, bundle),
      });
    }
  }
  return holds.flatMap(({ holdId }) => views.get(holdId) ?? []);
}

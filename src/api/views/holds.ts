/** Open holds with all that a person needs to decide them. */
import type { z } from '@hono/zod-openapi';

import { readBundles } from '../../store/bundles.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import type { HoldRow, ListedHold } from '../../store/holds.ts';
import { thingsInKeys } from '../../store/unlinked-keys.ts';
import { at } from '../shapes/common.ts';
import type { Hold } from '../shapes/records.ts';
import { holdOptions, holdSentence, whoseOptions, type HoldOption } from '../words/hold.ts';
import { titleOf } from '../words/title.ts';

/** Of holds of records that are linked to nothing whose they may be, by hold. */
export async function whoseChoices(
  tx: Tx,
  { syncKey, definition }: Pick<SyncRow, 'syncKey' | 'definition'>,
  holds: readonly HoldRow[],
): Promise<ReadonlyMap<string, readonly HoldOption[]>> {
  const placed = holds.flatMap(({ identityId, side, recordId, ...hold }) =>
    identityId === null && recordId !== null ? [{ ...hold, identityId, side, recordId }] : [],
  );
  const things = await thingsInKeys(tx, syncKey, placed);
  const bundles = await readBundles(tx, syncKey, [...new Set([...things.values()].flat())]);
  return new Map(
    placed.map((hold) => {
      const ids = things.get(`${hold.side} ${hold.recordId}`) ?? [];
      const found = ids.flatMap((id) => bundles.get(id) ?? []);
      return [hold.holdId, whoseOptions(hold, found, (golden) => titleOf(definition, golden))];
    }),
  );
}

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
    const whose = await whoseChoices(tx, sync, here);
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
        choices: hold.identityId === null ? (whose.get(hold.holdId) ?? []) : holdOptions(hold, bundle),
      });
    }
  }
  return holds.flatMap(({ holdId }) => views.get(holdId) ?? []);
}

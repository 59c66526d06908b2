/** Floods that a guard has stopped, each with some of its records to look at. */
import type { z } from '@hono/zod-openapi';

import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { heldWrites, someHeld } from '../../store/held.ts';
import { goldenOf } from '../../store/search.ts';
import type { HeldWrites } from '../shapes/records.ts';
import { titleOf } from '../words/title.ts';

type HeldShape = z.infer<typeof HeldWrites>;

const SAMPLES_MAX = 8;

export async function heldViews(
  tx: Tx,
  { name, syncKey, definition }: SyncRow,
): Promise<readonly HeldShape[]> {
  const views: HeldShape[] = [];
  for (const set of await heldWrites(tx, syncKey)) {
    const ids = await someHeld(tx, syncKey, set, SAMPLES_MAX);
    const golden = await goldenOf(tx, [syncKey], ids);
    const samples = ids.map((identity) => ({
      identity,
      title: titleOf(definition, golden.get(identity)?.golden ?? {}),
    }));
    views.push({ sync: name, ...set, kind: set.kind as HeldShape['kind'], samples });
  }
  return views;
}

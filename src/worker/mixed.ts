/** Takes records out of things that were put together before it was read that their keys are those of two. */
import { isOnlyRead, linksBetween, linksSaying, withoutLinks } from '../engine/between.ts';
import { matchKeys } from '../engine/match.ts';
import type { Bundle } from '../engine/state.ts';
import { changeBody, type Batch } from './batch.ts';
import { mayMix, type Homes } from './homes.ts';
import type { SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import type { Reading } from './sort.ts';

/**
 * Makes room for a record that has no identity yet. Returns the things as they were: all of their records are to be looked at
 * again, and those taken out wait for a person then, as their keys lead to both.
 */
export function partMixed(
  runtime: SyncRuntime,
  batch: Batch,
  page: SightingPage,
  { recordId, linkedTo, values }: Reading,
  { of, said, unsure }: Homes,
): readonly Bundle[] {
  if (linkedTo !== null || !mayMix(runtime, page)) return [];
  const { model } = runtime;
  const record = { side: page.side, keys: matchKeys(model, values) };
  const parted: Bundle[] = [];
  for (const identityId of new Set([of.get(recordId) ?? '', ...(said.get(recordId) ?? [])])) {
    const bundle = batch.get(identityId);
    if (bundle === undefined || !isOnlyRead(bundle)) continue;
    // What only a record of it said, it may have come to hold itself by what was read on this page.
    const isFound = matchKeys(model, bundle.identity.golden).some((key) => record.keys.includes(key));
    if (isFound && !of.has(recordId)) of.set(recordId, identityId);
    else if (isFound && of.get(recordId) !== identityId) unsure.add(recordId);
    const isHome = of.get(recordId) === identityId;
    const links = isHome ? linksBetween(model, bundle, record) : linksSaying(model, bundle, record);
    if (links.length === 0) continue;
    parted.push(bundle);
    const outcome = withoutLinks(model, bundle, links);
    batch.apply(outcome, null);
    for (const link of links) {
      const place = { identityId, side: link.side, recordId: link.recordId };
      batch.note({ ...place, kind: 'parted', body: changeBody(outcome, { reason: 'ambiguousMatch' }) });
    }
    if (isHome) of.delete(recordId);
  }
  return parted;
}

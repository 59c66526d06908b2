/** What the journal says beside news that a feed or a webhook should have told of and did not. */
import type { DeleteEvidence } from '../engine/state.ts';
import type { JsonObject } from '../lib/json.ts';
import type { HintedRecord } from '../store/contract.ts';
import type { SideRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import type { Reading } from './sort.ts';

/**
 * Found by comparing a side that has a feed. `knownMs`: the record was last known then; `stampedMs`: when the system says it
 * was last changed; `stampedBeforeMs`: what it said of it before. Stamps only where the feed goes by them, and where known.
 */
export function untoldChange({ card }: SideRuntime, { known, linkedTo, stampedMs }: Reading): JsonObject {
  const before = linkedTo === null ? undefined : known;
  const seen = before === undefined ? {} : { knownMs: before.asOfMs };
  if (card.feed !== 'cursor' || stampedMs === null) return { untold: seen };
  const stampedBeforeMs = before?.stampedMs ?? null;
  return { untold: { ...seen, stampedMs, ...(stampedBeforeMs === null ? {} : { stampedBeforeMs }) } };
}

/** What the journal says of a delete, also where only a look showed what the feed should have told. */
export function deletedBody(side: SideRuntime | undefined, evidence: DeleteEvidence): JsonObject {
  // A webhook may have told of it before the feed's turn came.
  const isFeedsOwn = side?.card.deletes === 'feed' && side.card.webhook !== true;
  return { evidence, ...(evidence === 'lookup' && isFeedsOwn ? { untold: {} } : {}) };
}

/** Beside news of a record for which no webhook had noted a hint. */
export const UNHINTED: JsonObject = { unhinted: true };

/** Of the records of a page those that a webhook has not told of: none where there is none, or where a look shows them. */
export function unhinted(
  { card }: SideRuntime,
  { isMet, isFirst, sightings }: SightingPage,
  hinted: readonly HintedRecord[],
): ReadonlySet<string> {
  if (card.webhook !== true || isMet !== true || isFirst === true) return new Set();
  const told = new Set(hinted.map(({ recordId }) => recordId));
  return new Set(sightings.map(({ recordId }) => recordId).filter((recordId) => !told.has(recordId)));
}

/** What the journal says beside news that a feed should have told of and did not. */
import type { DeleteEvidence } from '../engine/state.ts';
import type { JsonObject } from '../lib/json.ts';
import type { SideRuntime } from './runtime.ts';
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
  return { evidence, ...(evidence === 'lookup' && side?.card.deletes === 'feed' ? { untold: {} } : {}) };
}

/** How many writes leave together, and how long they may take: many at once where the system is made for that. */
import type { CapabilityCard } from '../connector/contract.ts';
import type { SyncTx } from '../store/contract.ts';
import { BULK_SEND_WITHIN_MS, DELIVERY_WRITES_MAX, SEND_WITHIN_MS, SENT_LEASE_MS } from './limits.ts';
import type { SideRuntime } from './runtime.ts';

export interface Pace {
  /** Whether so many leave together as only a bulk job takes. */
  readonly isBulk: boolean;
  readonly countMax: number;
  /** From the decision to the request; what comes later is not sent. */
  readonly sendWithinMs: number;
  /** How long the writes belong to this worker: within it the request has left and is answered, or given up. */
  readonly leaseMs: number;
}

/** The queued writes to deliver next, at the pace that their number allows. */
export async function claim(
  tx: SyncTx,
  side: SideRuntime,
): Promise<{ readonly ids: readonly string[]; readonly pace: Pace }> {
  const { bulk } = side.card;
  const batch = batchPace(side.card);
  const ids = await tx.claimQueued(side.model.name, Math.max(batch.countMax, bulk?.writesMax ?? 0));
  if (bulk === undefined || ids.length < bulk.writesMin)
    return { ids: ids.slice(0, batch.countMax), pace: batch };
  const leaseMs = BULK_SEND_WITHIN_MS + bulk.durationMaxMs;
  return {
    ids,
    pace: { isBulk: true, countMax: bulk.writesMax, sendWithinMs: BULK_SEND_WITHIN_MS, leaseMs },
  };
}

/** The look before a batch is one request, so that it stays short of the lease. */
function batchPace({ writeBatchMax, getBatchMax }: CapabilityCard): Pace {
  const countMax = Math.min(DELIVERY_WRITES_MAX, writeBatchMax, getBatchMax);
  return { isBulk: false, countMax, sendWithinMs: SEND_WITHIN_MS, leaseMs: SENT_LEASE_MS };
}

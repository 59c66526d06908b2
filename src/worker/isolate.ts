/**
 * One record that breaks us on its way out must not hold up the others. A write that failed travels with ever fewer others, so
 * that the one at fault is soon alone; a request that broke says nothing about what it did, so evidence comes before any other.
 */
import type { WriteResult } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import type { WriteEnd, WriteRow } from '../store/contract.ts';
import { recordAnswers, resolveInMs } from './answer.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { keyOf, type Intent } from './intent.ts';
import { SENT_LEASE_MS } from './limits.ts';
import { PUT_BACK } from './retry.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

/** The due writes that leave together: the first, and those of the others that may travel with it. The rest keep their turn. */
export function leavingTogether<Due extends { readonly row: WriteRow }>(
  due: readonly Due[],
  countMax: number,
): readonly Due[] {
  const [first] = due;
  if (first === undefined) return [];
  const togetherMax = togetherMaxOf(first.row, countMax);
  return due.filter(({ row }) => togetherMaxOf(row, countMax) === togetherMax).slice(0, togetherMax);
}

/** A smaller batch before going alone: most that failed once did so by the fault of another, or of nobody. */
function togetherMaxOf({ attempts }: WriteRow, countMax: number): number {
  if (attempts === 0) return countMax;
  return attempts === 1 ? Math.ceil(Math.sqrt(countMax)) : 1;
}

/** A request that broke unexpectedly: all of its writes are unknown until evidence tells, and each has had a try. */
export async function recordBroken(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  failure: Failure,
): Promise<void> {
  const { name } = side.model;
  const lost = stored({ ...failure, kind: 'unknownOutcome' });
  const unknown = { failure: lost, resolveInMs: resolveInMs(runtime, name), lookInMs: side.card.readLagMs };
  const again = intents.map((intent) => ({ ...intent, epoch: intent.epoch + 1 }));
  await runtime.transaction(async (tx) => {
    await tx.lockBundles(intents.map(({ identityId }) => identityId));
    // The store counts a try only on its way back to the queue. No other transaction sees the writes there.
    await tx.endWrites(
      intents.map((intent): WriteEnd => ({
        ...keyOf(intent),
        to: 'queued',
        failure: lost,
        dueInMs: 0,
        countsAttempt: true,
      })),
    );
    await tx.sendWrites(again, SENT_LEASE_MS);
    await tx.endWrites(again.map((intent): WriteEnd => ({ ...keyOf(intent), to: 'unknown', ...unknown })));
  });
  runtime.log.error(
    { sync: runtime.name, side: name, writes: intents.length, code: failure.code },
    'a request to write broke; what it did will be looked up',
  );
}

/**
 * The look before the writes broke, so none of them was sent. An outage makes all of them wait. A fault of ours is traced to
 * the records that bring it out, which costs those a try; the others are sent next, after a fresh look.
 */
export async function recordBrokenLook(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  looked: readonly Intent[],
  failure: Failure,
  look: (intents: readonly Intent[]) => Promise<unknown>,
): Promise<void> {
  const isTraceable = failure.code === UNEXPECTED && looked.length > 1;
  const own = isTraceable ? await lookOneByOne(looked, look) : new Map<Intent, Failure>();
  const others = own.size === 0 ? failure : SENT_NEXT;
  await recordAnswers(
    runtime,
    side,
    intents,
    intents.map((intent): WriteResult => ({
      kind: 'failed',
      key: intent.request.key,
      failure: own.get(intent) ?? others,
    })),
  );
}

const SENT_NEXT: Failure = {
  kind: 'transient',
  code: PUT_BACK,
  message: 'another record of the batch could not be looked up; nothing was sent',
};

/** What breaks each of them when it is looked up alone; those that do not break are left out. */
async function lookOneByOne(
  intents: readonly Intent[],
  look: (intents: readonly Intent[]) => Promise<unknown>,
): Promise<ReadonlyMap<Intent, Failure>> {
  const broken = new Map<Intent, Failure>();
  for (const [index, intent] of intents.entries()) {
    try {
      await look([intent]);
    } catch (error) {
      const failure = failureOfError(error);
      broken.set(intent, failure);
      if (failure.code === UNEXPECTED) continue;
      // An outage: there is nothing to be learned of those that remain, and they wait with this one.
      for (const other of intents.slice(index + 1)) broken.set(other, failure);
      break;
    }
  }
  return broken;
}

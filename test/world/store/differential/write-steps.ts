import * as fc from 'fast-check';

import type { SendIntent, StoredBundle, WriteEnd, WriteRow } from '../../../../src/store/contract.ts';
import {
  countMax,
  failure,
  HOUR_MS,
  identityId,
  leaseMs,
  MINUTE_MS,
  rarely,
  side,
  sorted,
  step,
  values,
  version,
  WRITE_IDS,
  type Step,
} from './step.ts';

function bundleInOrder(bundle: StoredBundle): StoredBundle {
  return {
    identity: bundle.identity,
    links: sorted(bundle.links, (link) => link.side),
    writes: sorted(bundle.writes, (write) => write.side),
    holds: sorted(bundle.holds, (hold) => `${hold.reason} ${hold.field ?? ''}`),
  };
}

const lockStep = step(
  'lockBundles',
  fc.record({
    ids: fc.uniqueArray(identityId, { minLength: 1, maxLength: 3 }),
    ifLocked: fc.constantFrom('wait' as const, 'skip' as const),
  }),
  async (tx, { ids, ifLocked }) => [...(await tx.lockBundles(ids, ifLocked)).values()].map(bundleInOrder),
);

const kind = fc.constantFrom<WriteRow['kind']>('create', 'update', 'update', 'delete');
const place = fc.record({ identityId, side });
const places = fc.uniqueArray(place, {
  maxLength: 2,
  selector: (drawn) => `${drawn.identityId} ${drawn.side}`,
});

/** Sends what is open there, under the next epoch; rarely under a wrong one, or without the record it needs. */
const sendStep = step(
  'sendWrites',
  fc.record({
    places,
    kind,
    body: values,
    ifVersion: version,
    leaseMs,
    isLate: rarely(),
    isAtNothing: rarely(),
  }),
  async (tx, { places: at, isLate, isAtNothing, leaseMs: forMs, ...intent }) => {
    const bundles = await tx.lockBundles(at.map((one) => one.identityId));
    const intents = at.map((one): SendIntent => {
      const write = bundles.get(one.identityId)?.writes.find((open) => open.side === one.side);
      const recordId = intent.kind === 'create' || isAtNothing ? null : 'r1';
      return { ...intent, ...one, recordId, seq: 1, epoch: (write?.epoch ?? 0) + (isLate ? 2 : 1) };
    });
    await tx.sendWrites(intents, forMs);
  },
);

const ending = fc.oneof(
  fc.constant({ to: 'acknowledged' as const }),
  fc.record({ to: fc.constant('closed' as const), failure }),
  fc.record({ to: fc.constant('queued' as const), failure, countsAttempt: fc.boolean() }),
  fc.record({ to: fc.constant('unknown' as const), failure, resolveInMs: fc.constantFrom(0, HOUR_MS) }),
  fc.record({ to: fc.constant('dead' as const), failure }),
);

type Ending = typeof ending extends fc.Arbitrary<infer Drawn> ? Drawn : never;
type EndKey = Pick<WriteEnd, 'identityId' | 'side' | 'writeId' | 'epoch' | 'kind'>;

function endOf(key: EndKey, drawn: Ending, inMs: number): WriteEnd {
  if (drawn.to === 'queued') return { ...key, ...drawn, dueInMs: inMs };
  return drawn.to === 'unknown' ? { ...key, ...drawn, lookInMs: inMs } : { ...key, ...drawn };
}

const endStep = step(
  'endWrites',
  fc.record({
    places,
    endings: fc.tuple(ending, ending),
    writeId: fc.constantFrom(...WRITE_IDS),
    kind,
    isLate: rarely(5),
  }),
  async (tx, { places: at, endings, writeId, kind: ended, isLate }, notes) => {
    const bundles = await tx.lockBundles(at.map((one) => one.identityId));
    const ends = at.map((one, index): WriteEnd => {
      const write = bundles.get(one.identityId)?.writes.find((open) => open.side === one.side);
      const epoch = (write?.epoch ?? 0) - (isLate ? 1 : 0);
      const key = { ...one, writeId, epoch, kind: ended };
      return endOf(key, endings[index] ?? endings[0], -MINUTE_MS * notes.next());
    });
    return [...(await tx.endWrites(ends))].toSorted();
  },
);

export const writeSteps: readonly fc.Arbitrary<Step>[] = [
  lockStep,
  sendStep,
  endStep,
  step('claimQueued', fc.record({ side, countMax }), (tx, args) => tx.claimQueued(args.side, args.countMax)),
  // Several that were reaped at once may be due at the same microsecond.
  step('claimUnknown', side, async (tx, args) => (await tx.claimUnknown(args, 1_000)).toSorted()),
  step('openCreates', side, async (tx, args) =>
    sorted(await tx.openCreates(args, 1_000), (create) => create.identityId),
  ),
  step('reapSent', fc.constantFrom(0, HOUR_MS), (tx, resolveInMs) => tx.reapSent(resolveInMs)),
];

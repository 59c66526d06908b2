import * as fc from 'fast-check';

import type { SendIntent, StoredBundle, WriteEnd, WriteRow } from '../../../../src/store/contract.ts';
import { EMPTY_SAVE } from './save-steps.ts';
import {
  countMax,
  failure,
  HOUR_MS,
  IDENTITIES,
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
  type StoreTx,
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
/** Some of the writes that are in one of the states, told by where they stand among all of those. */
const some = fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 2 });

async function someWrites(
  tx: StoreTx,
  drawn: readonly number[],
  states: readonly WriteRow['state'][],
): Promise<readonly WriteRow[]> {
  const bundles = [...(await tx.lockBundles(IDENTITIES)).values()];
  const writes = bundles
    .flatMap((bundle) => sorted(bundle.writes, (write) => write.side))
    .filter((write) => states.includes(write.state));
  return [...new Set(drawn.flatMap((index) => writes[index % writes.length] ?? []))];
}

/** Sends what is open, under the next epoch; rarely under a wrong one, without the record it needs, or what is out already. */
const sendStep = step(
  'sendWrites',
  fc.record({
    some,
    kind,
    body: values,
    ifVersion: version,
    leaseMs,
    isLate: rarely(),
    isAtNothing: rarely(20),
    isOut: rarely(),
  }),
  async (tx, { some: drawn, isLate, isAtNothing, isOut, leaseMs: forMs, ...intent }) => {
    const writes = await someWrites(
      tx,
      drawn,
      isOut ? ['sent', 'dead', 'held'] : ['queued', 'planned', 'unknown'],
    );
    const intents = writes.map(({ identityId: of, side: at, epoch }): SendIntent => {
      const recordId = intent.kind === 'create' || isAtNothing ? null : 'r1';
      return { ...intent, identityId: of, side: at, recordId, seq: 1, epoch: epoch + (isLate ? 2 : 1) };
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
    some,
    endings: fc.tuple(ending, ending),
    writeId: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.constantFrom(...WRITE_IDS)),
    isLate: rarely(6),
    isAtRest: rarely(),
  }),
  async (tx, { some: drawn, endings, writeId, isLate, isAtRest }, notes) => {
    const writes = await someWrites(tx, drawn, isAtRest ? ['queued', 'dead'] : ['sent', 'unknown']);
    const ends = writes.map((write, index): WriteEnd => {
      const { identityId: of, side: at, kind: ended } = write;
      const epoch = write.epoch - (isLate ? 1 : 0);
      const key = { identityId: of, side: at, writeId: writeId ?? write.writeId, epoch, kind: ended };
      return endOf(key, endings[index] ?? endings[0], -MINUTE_MS * notes.next());
    });
    return [...(await tx.endWrites(ends))].toSorted();
  },
);

const ANY_STATE: readonly WriteRow['state'][] = ['planned', 'queued', 'held', 'sent', 'unknown', 'dead'];

/** What was planned is planned otherwise, wherever the write may be by now. */
const replanStep = step(
  'replan',
  fc.record({ some, kind, isDropped: fc.boolean() }),
  async (tx, { some: drawn, kind: next, isDropped }, notes) => {
    const [write] = await someWrites(tx, drawn, ANY_STATE);
    if (write === undefined) return;
    const key = { identityId: write.identityId, side: write.side };
    if (isDropped) notes.writes.delete(`${key.identityId} ${key.side}`);
    const changedWrites = isDropped ? [] : [{ ...key, kind: next, state: 'queued' as const }];
    await tx.save({ ...EMPTY_SAVE, changedWrites, droppedWrites: isDropped ? [key] : [] });
  },
);

/** Out and back again; the rest needs these to have happened. */
export const deliverySteps: readonly fc.Arbitrary<Step>[] = [sendStep, endStep, replanStep];

export const writeSteps: readonly fc.Arbitrary<Step>[] = [
  lockStep,
  ...deliverySteps,
  step('claimQueued', fc.record({ side, countMax }), (tx, args) => tx.claimQueued(args.side, args.countMax)),
  // Several that were reaped at once may be due at the same microsecond.
  step('claimUnknown', side, async (tx, args) => (await tx.claimUnknown(args, 1_000)).toSorted()),
  step('createsSinceMs', side, async (tx, args) => ({ sinceMs: await tx.createsSinceMs(args) })),
  step('openCreates', side, async (tx, args) =>
    sorted(await tx.openCreates(args, 1_000), (create) => create.identityId),
  ),
  step('reapSent', fc.constantFrom(0, HOUR_MS), (tx, resolveInMs) => tx.reapSent(resolveInMs)),
];

import * as fc from 'fast-check';

import { identityId, rarely, SIDES, step, type Step } from './step.ts';

export const holdSteps: readonly fc.Arbitrary<Step>[] = [
  step('openHolds', fc.record({ identityId: fc.option(identityId) }), async (tx, args) =>
    (await tx.openHolds(args.identityId, 1_000)).toSorted((left, right) =>
      left.holdId < right.holdId ? -1 : 1,
    ),
  ),
];

/** After these every side is read once more, and nothing is approved. */
export const observeSteps: readonly fc.Arbitrary<Step>[] = [
  step('recover', fc.constant(null), (tx) => tx.recover(SIDES)),
  step('beginRevision', fc.constant(null), (tx) => tx.beginRevision(SIDES)),
];

export const planSteps: readonly fc.Arbitrary<Step>[] = [
  step('sealPlan', fc.constant(null), async (tx, _args, notes) => {
    notes.plan = await tx.sealPlan();
    return notes.plan;
  }),
  step('approvePlan', fc.record({ isFresh: fc.boolean() }), async (tx, { isFresh }, notes) => {
    const plan = isFresh ? await tx.sealPlan() : notes.plan;
    return plan === null ? null : tx.approvePlan(plan, 'ann');
  }),
  step('heldWrites', fc.constant(null), (tx) => tx.heldWrites()),
  step('releaseHeld', fc.record({ index: fc.nat(5), isWrong: rarely(4) }), async (tx, args) => {
    const sets = await tx.heldWrites();
    const set = sets[args.index % sets.length];
    if (set === undefined) return null;
    return tx.releaseHeld(set.side, set.kind, set.hash.slice(0, args.isWrong ? 7 : 12));
  }),
  step('pruneForgotten', fc.constant(null), (tx) => tx.pruneForgotten()),
];

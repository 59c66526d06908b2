import * as fc from 'fast-check';

import { field, identityId, rarely, SIDES, step, type Step } from './step.ts';

export const holdSteps: readonly fc.Arbitrary<Step>[] = [
  step('closeHolds', fc.record({ identityId, field: fc.option(field) }), (tx, args) =>
    tx.closeHolds(args.identityId, args.field, 'ann', 'take'),
  ),
  step('openHolds', fc.record({ identityId: fc.option(identityId) }), async (tx, args) =>
    (await tx.openHolds(args.identityId, 1_000)).toSorted((left, right) =>
      left.holdId < right.holdId ? -1 : 1,
    ),
  ),
];

export const planSteps: readonly fc.Arbitrary<Step>[] = [
  step('sealPlan', fc.constant(null), async (tx, _args, notes) => {
    notes.plan = await tx.sealPlan();
    return notes.plan;
  }),
  step('approvePlan', fc.constant(null), async (tx, _args, notes) =>
    notes.plan === null ? null : tx.approvePlan(notes.plan, 'ann'),
  ),
  step('heldWrites', fc.constant(null), async (tx, _args, notes) => {
    notes.held = await tx.heldWrites();
    return notes.held;
  }),
  step('releaseHeld', fc.record({ isWrong: rarely(4) }), async (tx, { isWrong }, notes) => {
    const [set] = notes.held;
    if (set === undefined) return null;
    return tx.releaseHeld(set.side, set.kind, isWrong ? set.hash.slice(0, 7) : set.hash.slice(0, 12));
  }),
  step('beginRevision', fc.constant(null), (tx) => tx.beginRevision(SIDES)),
  step('pruneForgotten', fc.constant(null), (tx) => tx.pruneForgotten()),
];

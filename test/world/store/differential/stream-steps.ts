import * as fc from 'fast-check';

import type { Json } from '../../../../src/lib/json.ts';
import type { StreamKind, StreamLease } from '../../../../src/store/contract.ts';
import {
  failureOrNull,
  leaseMs,
  lookMs,
  MINUTE_MS,
  rarely,
  recordId,
  side,
  step,
  type Notes,
  type Step,
} from './step.ts';

/** Mostly the same one, so that leases meet. */
const stream = fc.constantFrom<{ readonly side: string; readonly kind: StreamKind }>(
  { side: 'crm', kind: 'changes' },
  { side: 'crm', kind: 'changes' },
  { side: 'crm', kind: 'sweep' },
  { side: 'erp', kind: 'changes' },
);
const checkpoint = fc.constantFrom<Json>(null, { cursor: 'c1', list: [1, 1.5, -0] }, 'c2', Number.NaN, 1e21);

const RUN_IDS = ['00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000f2'];
const runId = fc.constantFrom(...RUN_IDS);

/** The lease taken last; or, so that late ones are refused, one that somebody has taken over. */
function leaseOf(notes: Notes, isLate: boolean): StreamLease {
  const lease = notes.lease ?? {
    side: 'crm',
    kind: 'changes',
    epoch: 1,
    checkpoint: null,
    runId: null,
    currentAsOfMs: null,
    followedSinceMs: null,
    attempts: 0,
  };
  return isLate ? { ...lease, epoch: lease.epoch - 1 } : lease;
}

export const streamSteps: readonly fc.Arbitrary<Step>[] = [
  step('leaseStream', fc.record({ stream, leaseMs }), async (tx, args, notes) => {
    const lease = await tx.leaseStream(args.stream.side, args.stream.kind, args.leaseMs);
    notes.lease = lease ?? notes.lease;
    return lease;
  }),
  step(
    'moveStream',
    fc.record({
      isLate: rarely(4),
      checkpoint,
      isCurrent: fc.boolean(),
      runId: fc.option(runId),
      leaseMs,
      keepsFailure: fc.boolean(),
      due: fc.constantFrom({}, { dueInMs: 0 }, { dueInMs: 5 * MINUTE_MS }),
      followed: fc.constantFrom('on', 'lost', 'anew'),
    }),
    (tx, { isLate, isCurrent, due, followed, ...move }, notes) =>
      tx.moveStream(leaseOf(notes, isLate), {
        ...move,
        ...due,
        currentAsOfMs: isCurrent ? lookMs(notes) : null,
        ...(followed === 'on' ? {} : { followedSinceMs: followed === 'lost' ? null : lookMs(notes) }),
      }),
  ),
  step(
    'releaseStream',
    fc.record({
      isLate: rarely(4),
      dueInMs: fc.constantFrom(0, 5 * MINUTE_MS),
      failure: failureOrNull,
      isAsked: fc.boolean(),
    }),
    (tx, { isLate, dueInMs, failure, isAsked }, notes) =>
      tx.releaseStream(leaseOf(notes, isLate), dueInMs, failure, isAsked ? 0 : undefined),
  ),
  step('streamFailure', stream, async (tx, args) => ({
    failure: await tx.streamFailure(args.side, args.kind),
    isReadAnew: (await tx.readAnewSinceMs()) !== null,
  })),
  step('wakeStream', fc.tuple(stream, fc.constantFrom(0, 5 * MINUTE_MS)), (tx, [args, inMs]) =>
    tx.wakeStream(args.side, args.kind, inMs),
  ),
  step('sayEmptied', side, (tx, args) => tx.sayEmptied(args)),
  step('followsSinceMs', side, async (tx, args) => (await tx.followsSinceMs(args)) !== null),
  step('emptiedAtMs', side, async (tx, args) => (await tx.emptiedAtMs(args)) !== null),
];

const counts = fc.record({ seen: fc.nat(9), changed: fc.nat(9), unreadable: fc.nat(9), missing: fc.nat(9) });
const recordIds = fc.uniqueArray(recordId, { maxLength: 2 });

export const runSteps: readonly fc.Arbitrary<Step>[] = [
  step('startRun', fc.record({ runId, side }), (tx, args) => tx.startRun(args.runId, args.side)),
  step('addToRun', fc.record({ runId, counts }), (tx, args) => tx.addToRun(args.runId, args.counts)),
  step(
    'endRun',
    fc.record({
      runId,
      state: fc.constantFrom('complete' as const, 'failed' as const),
      failure: failureOrNull,
    }),
    (tx, args) => tx.endRun(args.runId, args.state, args.failure),
  ),
  step('runStartedAtMs', runId, async (tx, args) => ({ startedAtMs: await tx.runStartedAtMs(args) })),
  step('noteSightings', fc.record({ runId, pageNo: fc.nat(1), recordIds }), (tx, args) =>
    tx.noteSightings(args.runId, args.pageNo, args.recordIds),
  ),
  step(
    'unsighted',
    fc.record({
      side,
      runId,
      back: fc.nat(12),
      after: fc.option(recordId),
      countMax: fc.constantFrom(1, 1_000),
    }),
    (tx, args, notes) =>
      tx.unsighted(args.side, args.runId, lookMs(notes) - args.back, args.after, args.countMax),
  ),
  step(
    'guardWindow',
    fc.record({ side, add: fc.record({ deletes: fc.nat(3), changes: fc.nat(3) }) }),
    (tx, args) => tx.guardWindow(args.side, args.add),
  ),
  step('countRecords', side, (tx, args) => tx.countRecords(args)),
  step('controlRecord', fc.record({ side, recordIds }), (tx, args) =>
    tx.controlRecord(args.side, args.recordIds),
  ),
];

import * as fc from 'fast-check';

import type { HintRow, NewHint, UnlinkedRecord } from '../../../../src/store/contract.ts';
import {
  countMax,
  failure,
  failureOrNull,
  HOUR_MS,
  identityId,
  leaseMs,
  lookMs,
  MINUTE_MS,
  rarely,
  recordId,
  side,
  sorted,
  step,
  version,
  type Notes,
  type Step,
} from './step.ts';

const kind = fc.constantFrom<NewHint['kind']>('changed', 'deleted', 'missing');
const due = fc.constantFrom('at once', 'past', 'past', 'later');
const newHint = fc.record({ recordId, kind, due });

/** Of hints that are due at a time in the past no two are at the same: which comes first is then no accident. */
function hintFrom(notes: Notes, drawn: { recordId: string; kind: NewHint['kind']; due: string }): NewHint {
  const hint = { recordId: drawn.recordId, kind: drawn.kind };
  if (drawn.due === 'at once') return hint;
  return { ...hint, dueInMs: drawn.due === 'later' ? HOUR_MS : -MINUTE_MS * notes.next() };
}

const someOfClaimed = fc.record({ side, skip: fc.nat(1), isLate: rarely(6) });

function claimedOf(notes: Notes, { skip, isLate }: { skip: number; isLate: boolean }): readonly HintRow[] {
  const hints = notes.claimed.slice(skip);
  return isLate ? hints.map((hint) => ({ ...hint, epoch: hint.epoch - 1 })) : hints;
}

/** Later than any look. */
const FAR_MS = Date.UTC(2100, 0);

export const hintSteps: readonly fc.Arbitrary<Step>[] = [
  step('noteHints', fc.record({ side, hints: fc.array(newHint, { maxLength: 3 }) }), (tx, args, notes) => {
    // Of one record noted twice in one call it is open which time counts: give both the same.
    const hints = new Map<string, NewHint[]>();
    for (const drawn of args.hints) {
      const [first] = hints.get(drawn.recordId) ?? [];
      const hint = { ...(first ?? hintFrom(notes, drawn)), kind: drawn.kind };
      hints.set(drawn.recordId, [...(hints.get(drawn.recordId) ?? []), hint]);
    }
    return tx.noteHints(args.side, [...hints.values()].flat());
  }),
  step('claimHints', fc.record({ side, countMax, leaseMs }), async (tx, args, notes) => {
    const claimed = await tx.claimHints(args.side, args.countMax, args.leaseMs);
    notes.claimed = sorted(claimed, (hint) => hint.recordId);
    return notes.claimed;
  }),
  step(
    'claimRecords',
    fc.record({ side, recordIds: fc.uniqueArray(recordId, { maxLength: 3 }), leaseMs }),
    async (tx, args, notes) => {
      const claimed = await tx.claimRecords(args.side, args.recordIds, args.leaseMs);
      notes.claimed = sorted(claimed, (hint) => hint.recordId);
      return notes.claimed;
    },
  ),
  step(
    'clashesAt',
    fc.record({ side, recordIds: fc.uniqueArray(recordId, { maxLength: 3 }) }),
    async (tx, args) => sorted(await tx.clashesAt(args.side, args.recordIds), (clash) => clash.recordId),
  ),
  step('closeHints', fc.tuple(someOfClaimed, rarely(3)), async (tx, [args, isEarly], notes) =>
    [...(await tx.closeHints(args.side, claimedOf(notes, args), isEarly ? 0 : FAR_MS))].toSorted(),
  ),
  step(
    'deferHints',
    fc.record({ some: someOfClaimed, isPast: fc.boolean(), failure: failureOrNull, isDead: rarely(2) }),
    (tx, { some, isPast, failure: why, isDead }, notes) => {
      const hints = claimedOf(notes, some);
      const dueInMs = isPast && hints.length === 1 ? -MINUTE_MS * notes.next() : HOUR_MS;
      return tx.deferHints(some.side, hints, { dueInMs, failure: why, dead: isDead });
    },
  ),
  step(
    'buryRecords',
    fc.record({ side, recordId, failure, isTwice: rarely(), isEarly: rarely() }),
    (tx, { isTwice, isEarly, ...args }) => {
      const record = { recordId: args.recordId, failure: args.failure };
      return tx.buryRecords(args.side, isTwice ? [record, record] : [record], isEarly ? 0 : FAR_MS);
    },
  ),
  step(
    'lookOnceMore',
    fc.record({ side, recordIds: fc.array(recordId, { maxLength: 2 }) }),
    async (tx, args) => sorted(await tx.lookOnceMore(args.side, args.recordIds), (told) => told.recordId),
  ),
  step('closeDeadHints', fc.record({ side, recordIds: fc.array(recordId, { maxLength: 2 }) }), (tx, args) =>
    tx.closeDeadHints(args.side, args.recordIds),
  ),
];

const unlinked = fc.record({
  recordId,
  status: fc.constantFrom<UnlinkedRecord['status']>('parked', 'excluded', 'unreadable'),
  version,
  failure: fc.option(failure, { freq: 8 }),
  keys: fc.uniqueArray(fc.constantFrom('email=a', 'email=b', 'phone=1'), { maxLength: 2 }),
});
const recordHold = fc.record({
  recordId,
  reason: fc.constantFrom('ambiguousMatch', 'duplicateRecord'),
  seen: fc.constantFrom({ message: 'a' }, { message: 'b', list: [null] }),
});

export const unlinkedSteps: readonly fc.Arbitrary<Step>[] = [
  step('hintWaiting', fc.constant(null), (tx) => tx.hintWaiting()),
  step(
    'saveUnlinked',
    fc.record({
      side,
      records: fc.uniqueArray(unlinked, { maxLength: 2, selector: (record) => record.recordId }),
      holds: fc.array(recordHold, { maxLength: 2 }),
    }),
    (tx, args, notes) =>
      tx.saveUnlinked(
        args.side,
        args.records.map((record) => ({ ...record, asOfMs: lookMs(notes) })),
        args.holds.map((hold) => ({ ...hold, side: args.side })),
      ),
  ),
  step(
    'unlinkedByKey',
    fc.record({ side, keys: fc.uniqueArray(fc.constantFrom('email=a', 'email=b', 'phone=1')) }),
    async (tx, args) => Object.fromEntries(await tx.unlinkedByKey(args.side, args.keys)),
  ),
  step(
    'waitingBeside',
    fc.record({ side, recordIds: fc.uniqueArray(recordId, { maxLength: 3 }) }),
    async (tx, args) => Object.fromEntries(await tx.waitingBeside(args.side, args.recordIds)),
  ),
  step('hintUnlinked', fc.uniqueArray(fc.constantFrom('email=a', 'email=b', 'phone=1')), (tx, keys) =>
    tx.hintUnlinked(keys),
  ),
  step('wakeKeyed', fc.uniqueArray(identityId, { maxLength: 3 }), (tx, ids) => tx.wakeKeyed(ids)),
  step(
    'recordsOf',
    fc.record({ side, recordIds: fc.uniqueArray(recordId, { maxLength: 3 }) }),
    async (tx, args) =>
      sorted([...(await tx.recordsOf(args.side, args.recordIds)).values()], (row) => row.recordId),
  ),
  step(
    'inMotion',
    fc.record({ side, recordIds: fc.uniqueArray(recordId, { maxLength: 3 }), version: fc.option(version) }),
    async (tx, args) => {
      const known = await tx.recordsOf(args.side, args.recordIds);
      const [first] = args.recordIds;
      const met = [...known.values()].map((record) =>
        record.recordId === first ? { ...record, version: args.version ?? record.version } : record,
      );
      return [...(await tx.inMotion(args.side, met))].toSorted();
    },
  ),
];

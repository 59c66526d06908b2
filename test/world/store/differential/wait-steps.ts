import * as fc from 'fast-check';

import type { Place } from '../../../../src/engine/model.ts';
import type { LinkStatus } from '../../../../src/engine/state.ts';
import type { Save } from '../../../../src/store/contract.ts';
import type { Wait, WaitEnd } from '../../../../src/store/reference-contract.ts';
import { EMPTY_SAVE } from './save-steps.ts';
import {
  field,
  identityId,
  IDENTITIES,
  MINUTE_MS,
  PAST_MS,
  recordId,
  RECORDS,
  side,
  SIDES,
  sorted,
  step,
  type Step,
  type StoreTx,
} from './step.ts';

/** The sync itself and the one beside it, which both stores are told by these names; and one that is nowhere. */
export const OWN_NAME = 'sync';
export const OTHER_NAME = 'other';
const NOWHERE = 'nowhere';
const place: fc.Arbitrary<Place> = fc.record({
  sync: fc.constantFrom(OWN_NAME, OWN_NAME, OWN_NAME, OTHER_NAME, OTHER_NAME, NOWHERE),
  side,
});
/** Where things are named by record ids, or by a name of theirs. */
const called: fc.Arbitrary<Place> = fc.oneof(
  place,
  place.map((at) => ({ ...at, by: 'number' })),
);
const someIds = fc.uniqueArray(identityId, { maxLength: 3 });
const someRecords = fc.uniqueArray(recordId, { maxLength: 3 });

const own = { identityId, side, field: fc.constantFrom('account', 'owner') };
const wait: fc.Arbitrary<Wait> = fc.oneof(
  fc.record({ ...own, recordId, kind: fc.constant('read' as const), at: called, parentRecord: recordId }),
  fc.record({
    ...own,
    recordId: fc.option(recordId),
    kind: fc.constant('write' as const),
    at: called,
    parentId: identityId,
  }),
  fc.record({
    ...own,
    recordId: fc.constant(null),
    kind: fc.constant('key' as const),
    at: place,
    parentRecord: recordId,
  }),
  fc.record({
    ...own,
    recordId,
    kind: fc.constant('point' as const),
    at: called,
    fromId: identityId,
    toId: identityId,
  }),
  fc.record({ ...own, field: fc.constant(''), recordId, kind: fc.constant('delete' as const) }),
);
const waits = fc.uniqueArray(wait, {
  maxLength: 3,
  selector: ({ identityId: id, side: at, field: name, kind }) => `${id} ${at} ${name} ${kind}`,
});
const end: fc.Arbitrary<WaitEnd> = fc.record({
  identityId,
  side,
  kind: fc.constantFrom('read', 'write', 'delete', 'point', 'key'),
  field: fc.option(own.field),
});
const writeKeys = fc.uniqueArray(fc.record({ identityId, side }), {
  maxLength: 2,
  selector: ({ identityId: id, side: at }) => `${id} ${at}`,
});

function pairs(found: ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] {
  return sorted([...found], ([key]) => key);
}

const noteStep = step('noteWaits', waits, (tx, args) => tx.noteWaits(args));
const wakeSteps = [
  step('wakeReaders', fc.record({ place: called, ids: someRecords }), (tx, args) =>
    tx.wakeReaders(args.place, args.ids),
  ),
  step('wakeWriters', fc.record({ place, ids: someIds }), (tx, args) => tx.wakeWriters(args.place, args.ids)),
  step('wakeDeletes', fc.record({ place, ids: someIds }), (tx, args) =>
    tx.wakeDeletes(args.place.sync, args.ids),
  ),
];

const moves = fc.uniqueArray(
  fc.record({ fromId: fc.oneof(fc.constantFrom('x', 'y', 'a', 'b'), identityId), toId: identityId }),
  { maxLength: 2, selector: ({ fromId }) => fromId },
);

export const waitSteps: readonly fc.Arbitrary<Step>[] = [
  noteStep,
  noteStep,
  ...wakeSteps,
  step('endWaits', fc.array(end, { maxLength: 2 }), (tx, ends) => tx.endWaits(ends)),
  step('parkWaits', fc.array(end, { maxLength: 2 }), (tx, ends) => tx.parkWaits(ends)),
  // Of things that are nowhere, the real store knows what all cases have waited for.
  step(
    'awaitedAt',
    called.filter(({ sync }) => sync !== NOWHERE),
    async (tx, at) => sorted([...(await tx.awaitedAt(at, RECORDS))], (call) => call),
  ),
  // Those that one call has woken are due in no order.
  step('claimWaits', fc.constant(1_000), async (tx, countMax) =>
    sorted(await tx.claimWaits(countMax), (claimed) =>
      [claimed.identityId, claimed.side, claimed.field, claimed.kind].join(' '),
    ),
  ),
  step('parkWrites', writeKeys, (tx, keys) => tx.parkWrites(keys)),
  step('releaseWrites', writeKeys, (tx, keys) => tx.releaseWrites(keys)),
  step('identitiesAt', place, async (tx, at) => pairs(await tx.identitiesAt(at, RECORDS))),
  step('recordsAt', place, async (tx, at) => pairs(await tx.recordsAt(at, IDENTITIES))),
  step(
    'notePoints',
    fc.record({ place: called, moves }),
    (tx, { place: { sync, side: at, by }, moves: given }) => {
      const referrer = { sync, side: at, field: 'account', at: 'crm' };
      return tx.notePoints(by === undefined ? referrer : { ...referrer, by }, given);
    },
  ),
  step('referredTo', fc.record({ place, field }), async (tx, { place: at, field: name }) =>
    pairs(await tx.referredTo({ ...at, field: name, at: 'crm' }, ['x', 'y', 'a', 'b', ...IDENTITIES])),
  ),
];

/** What the sync beside it knows from the start: things that refer to each other and to this sync's, and that wait for both. */
export async function populateOther(tx: StoreTx): Promise<void> {
  const tombstone = { side: 'crm', recordId: 'r9', atMs: PAST_MS, evidence: 'feed' as const };
  const newIdentities = IDENTITIES.map((id, index) => ({
    id,
    seq: 1,
    golden: {},
    edits: {},
    tombstone: index === 0 ? null : tombstone,
  }));
  const links = SIDES.flatMap((at) => IDENTITIES.map((id, index) => referringLink(at, id, index)));
  await tx.save({ ...EMPTY_SAVE, newIdentities, links });
  const [one = '', two = '', three = ''] = IDENTITIES;
  for (const sync of [OWN_NAME, OTHER_NAME]) {
    const at = { sync, side: 'crm' };
    await tx.noteWaits([
      { ...waiting(one, `account of ${sync}`), kind: 'read', at, parentRecord: 'r2' },
      { ...waiting(two, `account of ${sync}`), kind: 'write', at, parentId: three },
      { ...waiting(three, ''), kind: 'delete' },
    ]);
  }
}

function waiting(ownId: string, name: string) {
  return { identityId: ownId, side: 'crm', field: name, recordId: 'r1' };
}

/** By side, for each identity. */
const STATUSES: Readonly<Record<string, readonly LinkStatus[]>> = {
  crm: ['live', 'hidden', 'live'],
  erp: ['gone', 'live', 'returned'],
};

function referringLink(at: string, ownId: string, index: number): Save['links'][number] {
  const refers = [IDENTITIES[(index + 1) % IDENTITIES.length] ?? '', 'x'];
  const asOfMs = PAST_MS + index * MINUTE_MS;
  const status = STATUSES[at]?.[index] ?? 'live';
  const link = { side: at, recordId: RECORDS[index] ?? '', status, version: null, asOfMs };
  const accounted = { name: refers[0] ?? '', city: refers };
  return {
    identityId: ownId,
    refers,
    // What is left of a deleted thing refers to nothing where it is behind.
    link: {
      ...link,
      lookedAtMs: null,
      accounted,
      agreed: {},
      sent: [],
      ...(index === 2 ? {} : { stale: ['name'] }),
    },
  };
}

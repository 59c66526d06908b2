import { expect, test } from 'vitest';

import { inStep, latest, modelOf, recordAt, relinked, seen, writing } from '../../test/support/engine.ts';
import { withoutWrite } from './acknowledge.ts';
import {
  held,
  leavePlace,
  linkFound,
  mergeDelete,
  mergeHidden,
  mergeReturn,
  mergeUnreadable,
} from './existence.ts';
import { mergeObservation } from './merge.ts';
import type { DeletePolicy, SyncModel } from './model.ts';
import { confirmDelete } from './person.ts';
import { planIdentity } from './plan.ts';
import type { Bundle } from './state.ts';
import { linkAt } from './state.ts';

const model = modelWith({});
const start = inStep(model, { name: 'Ann' });

function modelWith(deletes: Partial<DeletePolicy>): SyncModel {
  return modelOf({ fields: { name: {} }, deletes });
}

/** Erp has changed the name, and crm has not received it yet. */
function editedAtErp(sync: SyncModel): Bundle {
  return mergeObservation(sync, start, seen('erp', 200, { name: 'Anna' })).bundle;
}

test('a delete by evidence of an unchanged identity is passed on', () => {
  const { bundle, holds } = mergeDelete(model, start, 'crm', 'feed', 300);
  expect(bundle.identity.tombstone).toEqual({
    side: 'crm',
    recordId: recordAt('crm'),
    atMs: 300,
    evidence: 'feed',
  });
  expect(linkAt(bundle, 'crm')?.status).toBe('gone');
  expect(holds).toEqual([]);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'delete' }]);
});

test('the weaker evidence of a lookup is remembered with the tombstone', () => {
  const { bundle } = mergeDelete(model, start, 'crm', 'lookup', 300);
  expect(bundle.identity.tombstone?.evidence).toBe('lookup');
});

test('a delete is passed on only to sides that take deletes', () => {
  const keeping = modelOf({ fields: { name: {} }, sides: { crm: {}, erp: { deletes: false } } });
  const { bundle } = mergeDelete(keeping, inStep(keeping, { name: 'Ann' }), 'crm', 'feed', 300);
  expect(planIdentity(keeping, bundle)).toEqual([]);
});

test('a delete without a common past unlinks and never deletes', () => {
  const { bundle } = mergeDelete(model, relinked(start, 'crm', { accounted: {} }), 'crm', 'feed', 300);
  expect(bundle.identity.tombstone).toBeNull();
  expect(linkAt(bundle, 'crm')?.status).toBe('gone');
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('a delete that the sync ignores, or that comes from another side, stays where it happened', () => {
  for (const deletes of [{ mode: 'ignore' as const }, { from: ['erp'] }]) {
    const { bundle, holds } = mergeDelete(modelWith(deletes), start, 'crm', 'feed', 300);
    expect(bundle.identity.tombstone).toBeNull();
    expect(holds).toEqual([]);
    expect(planIdentity(model, bundle)).toEqual([]);
  }
});

test('a sync that asks first holds every delete', () => {
  const { bundle, holds } = mergeDelete(modelWith({ mode: 'hold' }), start, 'crm', 'feed', 300);
  expect(holds).toEqual([{ field: null, reason: 'deletion', seen: {}, side: 'crm' }]);
  expect(bundle.identity.tombstone).toBeNull();
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('a delete against an edit is held', () => {
  const { bundle, holds } = mergeDelete(model, editedAtErp(model), 'crm', 'feed', 300);
  expect(holds).toEqual([{ field: null, reason: 'editAgainstDelete', seen: {}, side: 'crm' }]);
  expect(bundle.identity.tombstone).toBeNull();
});

test('where edits win over deletes, the record is created again', () => {
  const reviving = modelWith({ againstEdit: 'editWins' });
  const { bundle } = mergeDelete(reviving, editedAtErp(reviving), 'crm', 'feed', 300);
  expect(linkAt(bundle, 'crm')).toBeUndefined();
  expect(planIdentity(reviving, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
});

test('where deletes win over edits, the identity is deleted', () => {
  const strict = modelWith({ againstEdit: 'deleteWins' });
  const { bundle } = mergeDelete(strict, editedAtErp(strict), 'crm', 'feed', 300);
  expect(bundle.identity.tombstone?.side).toBe('crm');
});

test('an edit that the deleted record had already received is no edit against the delete', () => {
  const received = mergeObservation(model, editedAtErp(model), seen('crm', 250, { name: 'Anna' })).bundle;
  const { bundle, holds } = mergeDelete(model, received, 'crm', 'feed', 300);
  expect(holds).toEqual([]);
  expect(bundle.identity.tombstone?.side).toBe('crm');
});

test('an edit that the deleted record was never to receive is no edit against the delete', () => {
  const giving = modelOf({ fields: { name: {} }, sides: { crm: { directions: { name: 'in' } }, erp: {} } });
  const edited = mergeObservation(giving, start, seen('erp', 200, { name: 'Anna' })).bundle;
  const { bundle, holds } = mergeDelete(giving, edited, 'crm', 'feed', 300);
  expect(holds).toEqual([]);
  expect(bundle.identity.tombstone?.side).toBe('crm');
});

test('an edit that was taken back before the record received it is no edit against the delete', () => {
  const back = mergeObservation(model, editedAtErp(model), seen('erp', 250, { name: 'Ann' })).bundle;
  expect(mergeDelete(model, back, 'crm', 'feed', 300).holds).toEqual([]);
});

test('an edit at the deleted side itself is no edit against the delete', () => {
  const edited = mergeObservation(model, start, seen('crm', 200, { name: 'Anna' })).bundle;
  expect(mergeDelete(model, edited, 'crm', 'feed', 300).holds).toEqual([]);
});

test('a delete that is seen twice, or of a record nobody knows, changes nothing', () => {
  const once = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  expect(mergeDelete(model, once, 'crm', 'feed', 400).bundle).toBe(once);
  const unlinked = relinked(start, 'crm', null);
  expect(mergeDelete(model, unlinked, 'crm', 'feed', 300).bundle).toBe(unlinked);
});

test('the delete of a second record keeps the tombstone of the first', () => {
  const once = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  const { bundle } = mergeDelete(model, once, 'erp', 'feed', 400);
  expect(bundle.identity.tombstone?.side).toBe('crm');
  expect(bundle.links.map((link) => link.status)).toEqual(['gone', 'gone']);
});

test('a delete of ours that a person refused too late is not taken for a delete of the identity', () => {
  for (const state of ['sent', 'unknown'] as const) {
    const refused = writing(start, 'crm', { kind: 'delete', state });
    const { bundle } = mergeDelete(model, refused, 'crm', 'feed', 300);
    expect(bundle.identity.tombstone).toBeNull();
    expect(planIdentity(model, withoutWrite(bundle, 'crm'))).toEqual([
      { kind: 'open', side: 'crm', write: 'create' },
    ]);
  }
});

test('hidden stops the writes to the record and nothing else', () => {
  const moved = editedAtErp(model);
  const { bundle, holds } = mergeHidden(moved, 'crm', 300);
  expect(linkAt(bundle, 'crm')).toMatchObject({ status: 'hidden', accounted: { name: 'Ann' } });
  expect(bundle.identity).toBe(moved.identity);
  expect(holds).toEqual([]);
  expect(planIdentity(model, bundle)).toEqual([]);
});

test.each([
  ['live', start],
  ['hidden', mergeHidden(start, 'crm', 200).bundle],
])('a place that is left (%s) is free, and nothing is deleted or made for it', (_, bundle) => {
  const left = leavePlace(bundle, 'crm', 300);
  expect(linkAt(left, 'crm')).toMatchObject({ status: 'gone', asOfMs: 300 });
  expect(left.identity).toBe(bundle.identity);
  expect(planIdentity(model, left)).toEqual([]);
});

test('a place is left neither twice, nor of a thing that is deleted', () => {
  const deleted = mergeDelete(model, start, 'erp', 'feed', 200).bundle;
  const left = leavePlace(start, 'crm', 200);
  expect(leavePlace(left, 'crm', 300)).toBe(left);
  expect(leavePlace(deleted, 'crm', 300)).toBe(deleted);
});

test('what is not live cannot be hidden', () => {
  const gone = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  expect(mergeHidden(gone, 'crm', 400).bundle).toBe(gone);
});

test('a hidden record that is seen again takes part again, from where it was', () => {
  const hidden = mergeHidden(editedAtErp(model), 'crm', 300).bundle;
  const { bundle } = mergeReturn(hidden, seen('crm', 400, { name: 'Ann' }));
  expect(linkAt(bundle, 'crm')).toMatchObject({ status: 'live', accounted: { name: 'Ann' } });
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('an edit made while a record was hidden is never certainly later', () => {
  const timed = modelOf({ fields: { name: { policy: latest() } } });
  const hidden = mergeHidden(inStep(timed, { name: 'Ann' }), 'crm', 300).bundle;
  const moved = mergeObservation(timed, hidden, seen('erp', 250, { name: 'Anna' })).bundle;
  const back = mergeReturn(moved, seen('crm', 400, { name: 'Anne' })).bundle;
  const { holds } = mergeObservation(
    timed,
    back,
    seen('crm', 400, { name: 'Anne' }, { followed: { sinceMs: 0, untilMs: 350 } }),
  );
  expect(holds).toHaveLength(1);
});

test('a record that comes back after its identity was deleted is held', () => {
  const deleted = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  const { bundle, holds } = mergeReturn(deleted, seen('crm', 400, { name: 'Ann' }));
  expect(holds).toEqual([{ field: null, reason: 'returned', seen: { name: 'Ann' }, side: 'crm' }]);
  expect(linkAt(bundle, 'crm')).toMatchObject({ status: 'returned', version: 'crm@400', asOfMs: 400 });
  expect(planIdentity(model, bundle)).toEqual([]);
});

/** The record, there again: what shows that was read for 30 ms. */
function shownAgain(bundle: Bundle, readBeganMs: number, version: string | null): Bundle {
  const read = { version, readEndedMs: readBeganMs + 30 };
  return mergeReturn(bundle, seen('crm', readBeganMs, { name: 'Ann' }, read)).bundle;
}

test('what shows that a record has come back is of any moment up to its end, unless it had come back before without a version', () => {
  const deleted = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  const versioned = shownAgain(deleted, 400, 'one');
  const plain = shownAgain(deleted, 400, null);
  const changed = shownAgain(versioned, 500, 'two');
  const again = shownAgain(plain, 500, null);
  const dates = [versioned, plain, changed, again].map((bundle) => linkAt(bundle, 'crm')?.asOfMs);
  expect(dates).toEqual([430, 430, 530, 500]);
});

test('a record that is gone counts as one that cannot be read only as long as it is there again', () => {
  const spoiled = mergeUnreadable(start, 'crm', 250);
  const gone = mergeDelete(model, spoiled, 'crm', 'feed', 300).bundle;
  expect(linkAt(gone, 'crm')).not.toHaveProperty('isUnreadable');
  const back = mergeUnreadable(gone, 'crm', 400);
  const again = linkAt(mergeDelete(model, back, 'crm', 'lookup', 500).bundle, 'crm');
  expect(again).toMatchObject({ status: 'gone', asOfMs: 500 });
  expect(again).not.toHaveProperty('isUnreadable');
});

test('a record that came back unreadable is deleted once it has been read and a person says so', () => {
  const deleted = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  const alone = relinked(mergeUnreadable(deleted, 'crm', 400), 'erp', null);
  const { bundle } = mergeReturn(alone, seen('crm', 500, { name: 'Ann' }));
  expect(linkAt(bundle, 'crm')).not.toHaveProperty('isUnreadable');
  const decided = confirmDelete(bundle, { crm: { name: 'Ann' } }, 600).bundle;
  expect(planIdentity(model, decided)).toEqual([{ kind: 'open', side: 'crm', write: 'delete' }]);
});

test('a record that comes back after a delete that did not count lives again', () => {
  const ignoring = modelWith({ mode: 'ignore' });
  const gone = mergeDelete(ignoring, start, 'crm', 'feed', 300).bundle;
  expect(linkAt(mergeReturn(gone, seen('crm', 400, { name: 'Ann' })).bundle, 'crm')?.status).toBe('live');
});

test('a record that comes back is not said to hold what it says nothing about', () => {
  const ignoring = modelWith({ mode: 'ignore' });
  const gone = mergeDelete(ignoring, start, 'crm', 'feed', 300).bundle;
  const back = linkAt(mergeReturn(gone, seen('crm', 400, { city: 'Bonn' })).bundle, 'crm');
  expect(linkAt(gone, 'crm')?.accounted).toHaveProperty('name');
  expect(back?.accounted).not.toHaveProperty('name');
  expect(back?.agreed).not.toHaveProperty('name');
});

test('a record that never left does not return', () => {
  expect(mergeReturn(start, seen('crm', 400, { name: 'Ann' })).bundle).toBe(start);
});

function withLostCreate(bundle: Bundle, side: string): Bundle {
  return held(bundle, { field: null, reason: 'createOutcomeUnknown', seen: {}, side }).bundle;
}

test('a record found at one side answers for no create that was lost at another', () => {
  const alone = { ...start, links: start.links.filter(({ side }) => side === 'crm') };
  const both = withLostCreate(withLostCreate(alone, 'erp'), 'shop');
  expect(both.holds).toHaveLength(1);
  const one = linkFound(both, 'shop', 's1');
  expect(one.holds).toHaveLength(1);
  expect(linkFound(one, 'erp', 'e1').holds).toEqual([]);
});

test('nothing older than a look that could not read a record tells of it, though it was known to be unreadable before', () => {
  const first = mergeUnreadable(start, 'crm', 300);
  expect(linkAt(first, 'crm')).toMatchObject({ isUnreadable: true, version: null, asOfMs: 300 });
  expect(linkAt(mergeUnreadable(first, 'crm', 400), 'crm')?.asOfMs).toBe(400);
});

import { expect, test } from 'vitest';

import { deepFreeze, inStep, modelOf, ranked, seen } from '../../test/support/engine.ts';
import { held, linkFound, mergeDelete, mergeReturn } from './existence.ts';
import { mergeObservation } from './merge.ts';
import type { SyncModel } from './model.ts';
import { confirmDelete, dropQuestion, refuseDelete, ruleField } from './person.ts';
import { planIdentity } from './plan.ts';
import type { Bundle } from './state.ts';
import { linkAt } from './state.ts';

const model = modelOf({ fields: { name: {}, city: {} } });
const start = inStep(model, { name: 'Ann', city: 'Bonn' });

/** Deleted at crm, deleted at erp by us, and there again at crm. */
function returned(): Bundle {
  const deleted = mergeDelete(model, start, 'crm', 'feed', 300).bundle;
  const everywhere = mergeDelete(model, deleted, 'erp', 'lookup', 310).bundle;
  return deepFreeze(mergeReturn(everywhere, seen('crm', 400, { name: 'Anne', city: 'Bonn' })).bundle);
}

/** Deleted at crm; before erp's record was deleted somebody edited it. */
function editedAgainstDelete(of: SyncModel = model): Bundle {
  const deleted = mergeDelete(of, start, 'crm', 'feed', 300).bundle;
  return deepFreeze(mergeObservation(of, deleted, seen('erp', 400, { name: 'Anne', city: 'Bonn' })).bundle);
}

test('a returned record is deleted when a person says so, and only as the person saw it', () => {
  const { bundle } = confirmDelete(returned(), { crm: { name: 'Anne', city: 'Bonn' } }, 500);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'delete' }]);
  expect(linkAt(bundle, 'crm')).toMatchObject({ status: 'live', version: 'crm@400' });
  const again = mergeObservation(model, bundle, seen('crm', 600, { name: 'Anne', city: 'Bonn' }));
  expect(again.holds).toEqual([]);
  const edited = mergeObservation(model, bundle, seen('crm', 600, { name: 'Annie', city: 'Bonn' }));
  expect(edited.holds).toMatchObject([{ reason: 'editAgainstDelete', seen: { name: 'Annie' } }]);
});

test('a returned record that a person revives is merged, never made a second time', () => {
  const { bundle } = refuseDelete(returned(), 'returned');
  expect(bundle.identity.tombstone).toBeNull();
  expect(linkAt(bundle, 'crm')).toMatchObject({ status: 'live', version: null });
  const merged = mergeObservation(
    model,
    deepFreeze(bundle),
    seen('crm', 600, { name: 'Anne', city: 'Bonn' }),
  ).bundle;
  expect(merged.identity.golden['name']).toBe('Anne');
  expect(planIdentity(model, merged)).toEqual([{ kind: 'open', side: 'erp', write: 'create' }]);
});

test('an edit against a delete is merged when a person revives the record', () => {
  const { bundle } = refuseDelete(editedAgainstDelete(), 'editAgainstDelete');
  // Without a version the next look is news, although the record has not changed since it was held.
  expect(linkAt(bundle, 'erp')?.version).toBeNull();
  const look = seen('erp', 600, { name: 'Anne', city: 'Bonn' }, { version: 'erp@400' });
  const merged = mergeObservation(model, deepFreeze(bundle), look).bundle;
  expect(merged.identity.golden['name']).toBe('Anne');
  expect(planIdentity(model, merged)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
});

test('an edit against a delete that a person confirms is deleted, and not held again', () => {
  const { bundle } = confirmDelete(editedAgainstDelete(), { erp: { name: 'Anne' } }, 500);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'delete' }]);
  const look = seen('erp', 600, { name: 'Anne', city: 'Bonn' }, { version: null });
  expect(mergeObservation(model, deepFreeze(bundle), look).holds).toEqual([]);
});

test('a held delete that is refused makes the record again where it was deleted', () => {
  const holding = modelOf({ fields: { name: {}, city: {} }, deletes: { mode: 'hold' } });
  const deleted = mergeDelete(holding, start, 'crm', 'feed', 300).bundle;
  expect(planIdentity(holding, deleted)).toEqual([]);
  const { bundle } = refuseDelete(deepFreeze(deleted), 'deletion');
  expect(planIdentity(holding, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
});

test('a held delete that is confirmed is carried out elsewhere', () => {
  const holding = modelOf({ fields: { name: {}, city: {} }, deletes: { mode: 'hold' } });
  const deleted = mergeDelete(holding, start, 'crm', 'feed', 300).bundle;
  const { bundle } = confirmDelete(deepFreeze(deleted), {}, 500);
  expect(bundle.identity.tombstone).toMatchObject({ side: 'crm', atMs: 500 });
  expect(planIdentity(holding, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'delete' }]);
});

test('a second record that a create has made goes with the deleted one, once it has taken its place', () => {
  const holding = modelOf({ fields: { name: {}, city: {} }, deletes: { mode: 'hold' } });
  const seenTwice = { field: null, reason: 'duplicateRecord', seen: { name: 'Ann' }, side: 'crm' } as const;
  const deleted = mergeDelete(holding, held(start, seenTwice).bundle, 'crm', 'feed', 300).bundle;
  const { bundle } = confirmDelete(deepFreeze(deleted), {}, 500);
  expect(bundle.holds).toMatchObject([{ reason: 'duplicateRecord' }]);
  const taken = linkFound(bundle, 'crm', 'second', [{ seq: 0, body: { name: 'Ann' }, expiresAtMs: 600 }]);
  expect(planIdentity(holding, taken)).toEqual([
    { kind: 'open', side: 'crm', write: 'delete' },
    { kind: 'open', side: 'erp', write: 'delete' },
  ]);
  expect(planIdentity(holding, dropQuestion(bundle, 'duplicateRecord').bundle)).toEqual([
    { kind: 'open', side: 'erp', write: 'delete' },
  ]);
});

test('a second record stands in the way of no delete while the first is in its place', () => {
  const twice = { field: null, reason: 'duplicateRecord', seen: { name: 'Ann' }, side: 'erp' } as const;
  const { bundle } = confirmDelete(held(editedAgainstDelete(), twice).bundle, { erp: { name: 'Anne' } }, 500);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'delete' }]);
  // When it is found beside nothing any more, what it holds is still known to be ours.
  expect(bundle.holds).toMatchObject([{ reason: 'duplicateRecord', sides: ['erp'] }]);
});

test('where one of two records that a create has made is deleted, nothing else goes until a person has said so', () => {
  const twice = { field: null, reason: 'duplicateRecord', seen: { name: 'Ann' }, side: 'crm' } as const;
  const { bundle } = mergeDelete(model, held(start, twice).bundle, 'crm', 'feed', 300);
  expect(planIdentity(model, bundle)).toEqual([]);
  expect(planIdentity(model, confirmDelete(bundle, {}, 500).bundle)).toEqual([
    { kind: 'open', side: 'erp', write: 'delete' },
  ]);
});

test('that a lost create may have made a record stops no delete that a person confirms, and is not forgotten with it', () => {
  const lost = { field: null, reason: 'createOutcomeUnknown', seen: { name: 'Ann' }, side: 'shop' } as const;
  const { bundle } = confirmDelete(held(editedAgainstDelete(), lost).bundle, { erp: { name: 'Anne' } }, 500);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'delete' }]);
  expect(bundle.holds).toMatchObject([{ reason: 'createOutcomeUnknown' }]);
  expect(planIdentity(model, refuseDelete(bundle, 'returned').bundle)).toEqual([]);
});

test('what a person ruled stands against edits made without knowing of it', () => {
  const firm = modelOf({ fields: { name: { policy: ranked('crm', 'erp') }, city: {} } });
  const ruled = ruleField(inStep(firm, { name: 'Ann', city: 'Bonn' }), 'name', 'Anna', 300).bundle;
  const { bundle, decisions } = mergeObservation(
    firm,
    ruled,
    seen('crm', 400, { name: 'Anne', city: 'Bonn' }),
  );
  expect(bundle.identity.golden['name']).toBe('Anna');
  expect(decisions).toMatchObject([
    { rule: 'priority', winner: { side: 'person' }, loser: { value: 'Anne' } },
  ]);
});

test('what a person let go with a deleted record is put right when the record is revived after all', () => {
  const confirmed = confirmDelete(editedAgainstDelete(), { erp: { name: 'Anne' } }, 500).bundle;
  const look = seen('erp', 600, { name: 'Anne', city: 'Rome' });
  const heldAgain = mergeObservation(model, deepFreeze(confirmed), look).bundle;
  const revived = refuseDelete(deepFreeze(heldAgain), 'editAgainstDelete').bundle;
  const { bundle } = mergeObservation(
    model,
    deepFreeze(revived),
    seen('erp', 700, { name: 'Anne', city: 'Rome' }),
  );
  expect(bundle.identity.golden).toEqual({ name: 'Ann', city: 'Rome' });
  expect(planIdentity(model, bundle)).toEqual([
    { kind: 'open', side: 'crm', write: 'create' },
    { kind: 'open', side: 'erp', write: 'update' },
  ]);
});

test('a thing that shall live is not made again while it is open whether a create has made a second record of it', () => {
  const holding = modelOf({ fields: { name: {}, city: {} }, deletes: { mode: 'hold' } });
  const second = { field: null, reason: 'duplicateRecord', seen: {}, side: 'crm' } as const;
  const deleted = mergeDelete(holding, held(start, second).bundle, 'crm', 'feed', 300).bundle;
  const { bundle } = refuseDelete(deepFreeze(deleted), 'deletion');
  expect(bundle.holds).toMatchObject([{ reason: 'duplicateRecord' }]);
  expect(planIdentity(holding, bundle)).toEqual([]);
  // The second one takes the place, which answers the question; so does a person who is asked about it.
  expect(linkFound(bundle, 'crm', 'second').holds).toEqual([]);
  expect(linkFound(bundle, 'erp', 'another').holds).toHaveLength(1);
  expect(refuseDelete(bundle, 'duplicateRecord').bundle.holds).toEqual([]);
});

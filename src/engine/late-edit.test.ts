import { expect, test } from 'vitest';

import { inStep, modelOf, ownedBy, recordAt, seen, writing } from '../../test/support/engine.ts';
import { mergeDelete, mergeReturn } from './existence.ts';
import { mergeSeen } from './late-edit.ts';
import type { FieldPolicy, SyncModel } from './model.ts';
import { confirmDelete } from './person.ts';
import { planIdentity } from './plan.ts';
import type { Bundle } from './state.ts';
import { linkAt } from './state.ts';

const model = reviving();
const deleted = deletedAtCrm(model);
const edited = seen('erp', 400, { name: 'Anna' });

function reviving(policy?: FieldPolicy): SyncModel {
  return modelOf({
    fields: { name: policy === undefined ? {} : { policy } },
    sides: { crm: {}, erp: {}, shop: {} },
    deletes: { againstEdit: 'editWins' },
  });
}

function deletedAtCrm(sync: SyncModel): Bundle {
  return mergeDelete(sync, inStep(sync, { name: 'Ann' }), 'crm', 'feed', 300).bundle;
}

test('an edit that is seen only after the delete wins: the record is created again, and the others get the edit', () => {
  const { bundle, decisions, holds } = mergeSeen(model, deleted, edited);
  expect(bundle.identity).toMatchObject({ tombstone: null, golden: { name: 'Anna' } });
  expect(holds).toEqual([]);
  expect(decisions).toEqual([
    {
      field: 'name',
      rule: 'editWins',
      winner: { side: 'erp', value: 'Anna' },
      loser: { side: 'crm', value: null },
    },
  ]);
  expect(planIdentity(model, bundle)).toEqual([
    { kind: 'open', side: 'crm', write: 'create' },
    { kind: 'open', side: 'shop', write: 'update' },
  ]);
});

test('what was deleted elsewhere meanwhile is created again as well', () => {
  const both = mergeDelete(model, deleted, 'shop', 'feed', 350).bundle;
  const { bundle } = mergeSeen(model, both, edited);
  expect(planIdentity(model, bundle).map(({ side }) => side)).toEqual(['crm', 'shop']);
});

test('what was not changed, or is ours, or was what the deleted record held, brings nothing back', () => {
  const same = seen('erp', 400, { name: 'Ann' });
  expect(mergeSeen(model, deleted, same).bundle.identity.tombstone).not.toBeNull();
  const ours = writing(deleted, 'erp', { body: { name: 'Anna' } });
  expect(mergeSeen(model, ours, edited)).toMatchObject({ holds: [], decisions: [] });
  expect(mergeSeen(model, ours, edited).bundle.identity.tombstone).not.toBeNull();
});

test('an edit that the policy does not let stand brings nothing back: a person is asked', () => {
  const owned = reviving(ownedBy('crm'));
  const { bundle, holds } = mergeSeen(owned, deletedAtCrm(owned), edited);
  expect(bundle.identity.tombstone).not.toBeNull();
  expect(holds).toMatchObject([{ reason: 'editAgainstDelete', seen: { name: 'Anna' } }]);
});

test('after a person has said that it is deleted, a person is asked about an edit', () => {
  const { bundle, holds } = mergeSeen(model, confirmDelete(deleted, {}, 350).bundle, edited);
  expect(bundle.identity.tombstone?.evidence).toBe('person');
  expect(holds).toMatchObject([{ reason: 'editAgainstDelete' }]);
});

test('a record that had come back, and of which a person was asked, lives with its thing', () => {
  const back = seen('crm', 350, { name: 'Ann' });
  const returned = mergeReturn(deleted, back).bundle;
  expect(returned.holds).toMatchObject([{ reason: 'returned' }]);
  const { bundle } = mergeSeen(model, returned, edited);
  expect(bundle.holds).toEqual([]);
  expect(linkAt(bundle, 'crm')).toMatchObject({ recordId: recordAt('crm'), status: 'live', version: null });
});

import { expect, test } from 'vitest';

import { draftOf, EMPTY_DRAFT, saidOf } from './mapping-draft.ts';

test.each([
  { field: 'Phone' },
  { field: 'Phone', direction: 'in' },
  { field: 'Phone', write: 'if_empty', as: 'national' },
  { field: 'State', values: { A: 'active', B: 'blocked' }, null_as: 'n/a' },
  { field: 'Vip', values: { Y: true, N: false } },
  { field: 'Cents', minor_units: 2 },
  { template: '{First} {Last}', rest: 'First', alone: 'Last' },
  { field: 'at', local_time: { zone: 'Europe/Berlin' } },
])('%j goes through the form and comes back as it was', (said) => {
  expect(saidOf(draftOf(said))).toEqual(said);
});

test('what is not kept at a side any more says nothing, and rows that are not filled in are left out', () => {
  expect(saidOf({ ...draftOf({ field: 'Phone' }), way: 'none' })).toBeNull();
  const row = { key: '', value: 'x' };
  expect(saidOf({ ...EMPTY_DRAFT, native: 'Phone', codes: [row], spelling: [row] })).toEqual({
    field: 'Phone',
  });
});

test('never written is only read', () => {
  expect(saidOf(draftOf({ field: 'Phone', write: 'never' }))).toEqual({ field: 'Phone', direction: 'in' });
});

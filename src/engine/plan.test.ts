import { expect, test } from 'vitest';

import { inStep, modelOf, recordAt, relinked, seen, writing } from '../../test/support/engine.ts';
import { must } from '../lib/assert.ts';
import { mergeObservation } from './merge.ts';
import { bodyOf, missingRequired, planIdentity } from './plan.ts';
import type { Bundle, OpenHold, WriteState } from './state.ts';

const model = modelOf({ fields: { name: {}, city: {} } });
const start = inStep(model, { name: 'Ann', city: 'Bonn' });
/** Erp has moved both fields; crm is owed them. */
const owing = mergeObservation(model, start, seen('erp', 200, { name: 'Anna', city: 'Rome' })).bundle;
const crm = must(model.sideOf.get('crm'), 'the model has a side crm');

function withHold(bundle: Bundle, hold: OpenHold): Bundle {
  return { ...bundle, holds: [hold] };
}

function deleted(bundle: Bundle): Bundle {
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 300, evidence: 'feed' as const };
  return { ...relinked(bundle, 'erp', { status: 'gone' }), identity: { ...bundle.identity, tombstone } };
}

test('an identity in step owes nothing', () => {
  expect(planIdentity(model, start)).toEqual([]);
});

test('a side that does not hold the golden values is owed exactly those that differ', () => {
  expect(planIdentity(model, owing)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
  expect(bodyOf(crm, owing, 'update')).toEqual({ name: 'Anna', city: 'Rome' });
  const half = mergeObservation(model, owing, seen('crm', 300, { name: 'Anna', city: 'Bonn' })).bundle;
  expect(bodyOf(crm, half, 'update')).toEqual({ city: 'Rome' });
});

test('a side without a record is owed one with all that it receives', () => {
  const missing = relinked(owing, 'crm', null);
  expect(planIdentity(model, missing)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
  expect(bodyOf(crm, missing, 'create')).toEqual({ name: 'Anna', city: 'Rome' });
});

test('a side that creates nothing, or an identity without a live record, is owed no create', () => {
  const still = modelOf({ fields: { name: {} }, sides: { crm: { creates: false }, erp: {} } });
  expect(planIdentity(still, relinked(inStep(still, { name: 'Ann' }), 'crm', null))).toEqual([]);
  const lonely = relinked(relinked(start, 'crm', null), 'erp', { status: 'hidden' });
  expect(planIdentity(model, lonely)).toEqual([]);
});

test('no record is created of nothing', () => {
  const directions = { crm: { directions: { name: 'in' } }, erp: {} } as const;
  const giving = modelOf({ fields: { name: {} }, sides: directions });
  expect(planIdentity(giving, relinked(inStep(giving, { name: 'Ann' }), 'crm', null))).toEqual([]);
});

test('a field that a side only gives is never written there', () => {
  const giving = modelOf({
    fields: { name: {}, city: {} },
    sides: { crm: { directions: { name: 'in' } }, erp: {} },
  });
  const moved = mergeObservation(giving, start, seen('erp', 200, { name: 'Anna', city: 'Rome' })).bundle;
  const only = must(giving.sideOf.get('crm'), 'the model has a side crm');
  expect(bodyOf(only, moved, 'update')).toEqual({ city: 'Rome' });
  expect(bodyOf(only, relinked(moved, 'crm', null), 'create')).toEqual({ city: 'Rome' });
});

test('a record that is hidden or gone is owed nothing', () => {
  for (const status of ['hidden', 'gone'] as const) {
    expect(planIdentity(model, relinked(owing, 'crm', { status }))).toEqual([]);
  }
});

test('a deleted identity owes a delete to every live record, and no values', () => {
  expect(planIdentity(model, deleted(owing))).toEqual([{ kind: 'open', side: 'crm', write: 'delete' }]);
  expect(bodyOf(crm, deleted(owing), 'delete')).toEqual({});
});

test('a deleted identity is created nowhere', () => {
  expect(planIdentity(model, relinked(deleted(start), 'crm', null))).toEqual([]);
});

test('a hold on a field stops that field only', () => {
  const stopped = withHold(owing, { field: 'name', reason: 'conflict' });
  expect(planIdentity(model, stopped)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
  expect(bodyOf(crm, stopped, 'update')).toEqual({ city: 'Rome' });
});

test('a record is created without a field that is held', () => {
  const stopped = withHold(relinked(owing, 'crm', null), { field: 'name', reason: 'conflict' });
  expect(planIdentity(model, stopped)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
  expect(bodyOf(crm, stopped, 'create')).toEqual({ city: 'Rome' });
});

test('a record is not created while a field that it requires is held', () => {
  const strict = modelOf({ fields: { name: { required: true }, city: {} } });
  const stopped = withHold(relinked(owing, 'crm', null), { field: 'name', reason: 'conflict' });
  expect(planIdentity(strict, stopped)).toEqual([]);
  expect(planIdentity(strict, { ...stopped, holds: [{ field: 'city', reason: 'conflict' }] })).toHaveLength(
    1,
  );
});

test('a hold on the identity stops every write of it', () => {
  const stopped = withHold(owing, { field: null, reason: 'deletion' });
  expect(planIdentity(model, stopped)).toEqual([]);
  expect(planIdentity(model, withHold(deleted(owing), { field: null, reason: 'returned' }))).toEqual([]);
});

test('a hold takes back a write that has not left', () => {
  const stopped = withHold(writing(owing, 'crm', { state: 'queued' }), { field: null, reason: 'deletion' });
  expect(planIdentity(model, stopped)).toEqual([{ kind: 'drop', side: 'crm' }]);
});

test('a plan never touches a write that is on its way', () => {
  for (const state of ['sent', 'unknown'] as const) {
    for (const bundle of [
      start,
      owing,
      deleted(owing),
      withHold(owing, { field: null, reason: 'deletion' }),
    ]) {
      expect(planIdentity(model, writing(bundle, 'crm', { state, body: { name: 'x' } }))).toEqual([]);
    }
  }
});

test('a write that waits stays while its kind is owed, changes with it, and goes with it', () => {
  for (const state of ['planned', 'queued', 'held'] satisfies WriteState[]) {
    expect(planIdentity(model, writing(owing, 'crm', { state, body: null }))).toEqual([]);
    expect(planIdentity(model, writing(deleted(owing), 'crm', { state, body: null }))).toEqual([
      { kind: 'change', side: 'crm', write: 'delete' },
    ]);
    expect(planIdentity(model, writing(start, 'crm', { state, body: null }))).toEqual([
      { kind: 'drop', side: 'crm' },
    ]);
  }
});

test('a dead write stays dead until what is owed differs', () => {
  const dead = { state: 'dead' as const, body: { name: 'Anna', city: 'Rome' } };
  expect(planIdentity(model, writing(owing, 'crm', dead))).toEqual([]);
  const moved = mergeObservation(model, owing, seen('erp', 300, { name: 'Annika', city: 'Rome' })).bundle;
  expect(planIdentity(model, writing(moved, 'crm', dead))).toEqual([
    { kind: 'reopen', side: 'crm', write: 'update' },
  ]);
  const more = { state: 'dead' as const, body: { name: 'Anna' } };
  expect(planIdentity(model, writing(owing, 'crm', more))).toHaveLength(1);
});

test('a dead write is opened again when a field of its body is no longer mapped', () => {
  const smaller = modelOf({ fields: { name: {} } });
  const dead = { state: 'dead' as const, body: { name: 'Anna', city: 'Rome' } };
  expect(planIdentity(smaller, writing(owing, 'crm', dead))).toEqual([
    { kind: 'reopen', side: 'crm', write: 'update' },
  ]);
});

test('a dead write whose kind is no longer owed is opened again as what is', () => {
  const dead = { state: 'dead' as const, body: { name: 'Anna', city: 'Rome' } };
  expect(planIdentity(model, writing(deleted(owing), 'crm', dead))).toEqual([
    { kind: 'reopen', side: 'crm', write: 'delete' },
  ]);
});

test('a dead write goes when nothing is owed any more', () => {
  expect(planIdentity(model, writing(start, 'crm', { state: 'dead', body: { name: 'Anna' } }))).toEqual([
    { kind: 'drop', side: 'crm' },
  ]);
});

test('every side is planned for itself', () => {
  const three = modelOf({ fields: { name: {} }, sides: { crm: {}, erp: {}, shop: {} } });
  const moved = mergeObservation(
    three,
    inStep(three, { name: 'Ann' }),
    seen('erp', 200, { name: 'Anna' }),
  ).bundle;
  expect(planIdentity(three, relinked(moved, 'shop', null))).toEqual([
    { kind: 'open', side: 'crm', write: 'update' },
    { kind: 'open', side: 'shop', write: 'create' },
  ]);
});

test('a required field is missing from a create when it is empty and nothing stands in for it', () => {
  const strict = modelOf({
    fields: { name: { required: true }, city: { required: true }, code: { required: true }, note: {} },
    sides: { crm: { directions: { code: 'in' }, whenMissing: { city: 'unknown' } } },
  });
  const side = must(strict.sideOf.get('crm'), 'the model has a side crm');
  expect(missingRequired(side, {})).toEqual(['name']);
  expect(missingRequired(side, { name: '' })).toEqual(['name']);
  expect(missingRequired(side, { name: 'Ann' })).toEqual([]);
});

test('a field that only fills is sent where the record has none, and never over what stands there', () => {
  const filling = modelOf({ fields: { name: {}, city: {} }, sides: { crm: {}, erp: { fills: ['name'] } } });
  const bundle = inStep(filling, { name: 'Ann', city: 'Bonn' });
  const moved = mergeObservation(filling, bundle, seen('crm', 200, { name: 'Anna', city: 'Bonn' })).bundle;
  expect(planIdentity(filling, moved)).toEqual([]);
  const emptied = relinked(moved, 'erp', { accounted: { name: null, city: 'Bonn' } });
  expect(planIdentity(filling, emptied)).toEqual([{ kind: 'open', side: 'erp', write: 'update' }]);
});

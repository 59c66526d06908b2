import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { deepFreeze, inStep, modelOf, recordAt, relinked, writing } from '../../test/support/engine.ts';
import { must } from '../lib/assert.ts';
import { absenceAt, differenceAt, holdsGolden, type KnownOf } from './reconcile.ts';
import type { Bundle, OpenWrite } from './state.ts';
import type { Value } from './value.ts';

const FIELDS = ['email', 'name', 'city'];
const model = modelOf({
  fields: { email: {}, name: {}, city: {} },
  sides: { crm: {}, erp: {} },
  match: [['email']],
});
const erp = must(model.sideOf.get('erp'), 'the model has it');

const text = fc.constantFrom<Value>('a', 'b', 'c', '', null);
const values = fc.record({ email: text, name: text, city: text });

function known(bundle: Bundle | null, change: Partial<KnownOf> = {}): KnownOf {
  const status = bundle === null ? null : 'live';
  const beside = { look: 'none', isNewer: false, keyHolder: null, isBeingMade: false } as const;
  return deepFreeze({ recordId: recordAt('erp'), status, bundle, ...beside, ...change });
}

test('a record has a difference exactly in the fields that are not golden, and nothing explains them', () => {
  fc.assert(
    fc.property(values, values, (golden, holds) => {
      const shown = { kind: 'values', values: holds } as const;
      const difference = differenceAt(erp, shown, known(inStep(model, golden)));
      const fields = FIELDS.filter((name) => golden[name as 'name'] !== holds[name as 'name']);
      expect(holdsGolden(erp, holds, golden)).toBe(fields.length === 0);
      const found = difference?.kind === 'differs' ? difference : { explanation: undefined, fields: [] };
      expect(found.fields.map(({ field }) => field)).toEqual(fields);
      expect(found.explanation).toBe(fields.length === 0 ? undefined : null);
    }),
  );
});

test('the same difference has a reason as soon as some state accounts for it', () => {
  fc.assert(
    fc.property(values, values, (golden, holds) => {
      if (holdsGolden(erp, holds, golden)) return;
      const shown = { kind: 'values', values: holds } as const;
      const bundle = inStep(model, golden);
      const why = (given: Bundle, change: Partial<KnownOf> = {}): unknown =>
        differenceAt(erp, shown, known(given, change))?.explanation;
      expect(why(bundle, { look: 'due' })).toBe('lookPending');
      expect(why(bundle, { look: 'dead' })).toBe('lookDead');
      expect(why(bundle, { isNewer: true })).toBe('changedSince');
      expect(why(writing(bundle, 'erp', { body: holds }))).toBe('writePending');
      expect(why({ ...bundle, holds: [{ field: null, reason: 'conflict' }] })).toBe('held');
      const owed = relinked(bundle, 'erp', { accounted: holds, agreed: {} });
      expect(why(owed)).toBe(null);
      expect(why(writing(owed, 'erp', { state: 'dead' }))).toBe('writeDead');
      expect(why(writing(owed, 'erp', { state: 'held' }))).toBe('writeHeld');
      expect(why(writing(owed, 'erp', { state: 'queued' }))).toBe('writePending');
      expect(why(relinked(bundle, 'erp', { accounted: holds }))).toBe('rewritten');
    }),
  );
});

test('a record that nobody knows is extra, or the duplicate of the one that has its key', () => {
  const shown = { kind: 'values', values: { email: 'a' } } as const;
  expect(differenceAt(erp, shown, known(null))).toEqual({ kind: 'extra', explanation: null });
  expect(differenceAt(erp, shown, known(null, { keyHolder: '7' }))).toEqual({
    kind: 'duplicate',
    explanation: null,
    of: '7',
  });
  expect(differenceAt(erp, shown, known(null, { status: 'parked' }))?.explanation).toBe('held');
  expect(differenceAt(erp, shown, known(null, { isBeingMade: true }))?.explanation).toBe('writePending');
  expect(differenceAt(erp, { kind: 'excluded' }, known(null))?.explanation).toBe('excluded');
  expect(differenceAt(erp, { kind: 'absent' }, known(null))).toBe(null);
});

test('a linked record that is not there is missing, and only a delete on its way explains that', () => {
  const bundle = inStep(model, { email: 'a' });
  const why = (given: Bundle): unknown => differenceAt(erp, { kind: 'absent' }, known(given));
  expect(why(bundle)).toEqual({ kind: 'missing', explanation: null });
  expect(why(writing(bundle, 'erp'))).toEqual({ kind: 'missing', explanation: null });
  expect(why(writing(bundle, 'erp', { kind: 'delete' }))).toEqual({
    kind: 'missing',
    explanation: 'writePending',
  });
  expect(differenceAt(erp, { kind: 'hidden' }, known(bundle))?.explanation).toBe('hidden');
});

test('what lives elsewhere and is owed a record here is missing unless its create is open or nothing may be made', () => {
  const alone = relinked(inStep(model, { email: 'a' }), 'erp', null);
  const absence = (given: Bundle, side = erp): unknown => absenceAt(model, side, given);
  expect(absence(alone)).toEqual({ isExpected: true, explanation: null });
  const create = (state: OpenWrite['state']): unknown =>
    absence(writing(alone, 'erp', { kind: 'create', state }));
  expect(create('queued')).toEqual({ isExpected: true, explanation: 'writePending' });
  expect(create('dead')).toEqual({ isExpected: true, explanation: 'writeDead' });
  const unmaking = modelOf({ fields: { email: {} }, sides: { crm: {}, erp: { creates: false } } });
  const side = must(unmaking.sideOf.get('erp'), 'the model has it');
  expect(absenceAt(unmaking, side, alone)).toEqual({ isExpected: true, explanation: 'notOwed' });
  expect(absence(relinked(inStep(model, { email: 'a' }), 'erp', { status: 'gone' }))).toEqual({
    isExpected: true,
    explanation: 'leftDeleted',
  });
  expect(absence(relinked(alone, 'crm', null))).toEqual({ isExpected: false, explanation: null });
});

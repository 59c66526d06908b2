import { expect, test } from 'vitest';

import { simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { compileSync } from './model.ts';
import { holdsAll, sharesMost, sharesValue } from './resemblance.ts';

const side = must(compileSync(simpleDefinition(['crm', 'erp'])).sideOf.get('crm'), 'crm is a side');
const known = { email: null, name: 'Ann', phone: '1', city: 'Ulm' };

test('half of what is known is enough to be alike, and what is not known does not count', () => {
  expect(sharesMost(side, known, { email: 'new@x.test', name: 'Ann', phone: '1', city: 'Bonn' })).toBe(true);
  expect(sharesMost(side, known, { email: null, name: 'Ann', phone: '2', city: 'Bonn' })).toBe(false);
  expect(sharesMost(side, { email: null }, { email: null })).toBe(false);
});

test('one value in common is something in common, and two empty fields are not', () => {
  expect(sharesValue(side, known, { email: null, name: 'Bob', phone: null, city: 'Ulm' })).toBe(true);
  expect(sharesValue(side, known, { email: null, name: 'Bob', phone: null, city: null })).toBe(false);
});

test('what holds all may hold more', () => {
  expect(holdsAll(side, { name: 'Ann' }, { ...known, phone: '7' })).toBe(true);
  expect(holdsAll(side, known, { ...known, phone: '7' })).toBe(false);
});

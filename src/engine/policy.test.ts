import { expect, test } from 'vitest';

import { FILL, HOLD, SET, latest, ownedBy, ranked } from '../../test/support/engine.ts';
import type { FieldPolicy } from './model.ts';
import { decide, mergeSets, ownerOf, type Contender } from './policy.ts';

const current: Contender = { side: 'erp', value: 'golden', fromMs: 100, untilMs: 200 };
const incoming: Contender = { side: 'crm', value: 'new', fromMs: 150, untilMs: 250 };

test('a field without owners is owned by nobody', () => {
  expect(ownerOf(HOLD, {})).toBeNull();
});

test('a field with one owner is owned by it, whatever the values', () => {
  expect(ownerOf(ownedBy('erp'), { kind: 'prospect' })).toBe('erp');
});

test('the first owner whose condition holds owns the field', () => {
  const policy: FieldPolicy = {
    owners: [{ side: 'crm', when: { field: 'kind', equals: 'prospect' } }, { side: 'erp' }],
    resolve: [],
  };
  expect(ownerOf(policy, { kind: 'prospect' })).toBe('crm');
  expect(ownerOf(policy, { kind: 'customer' })).toBe('erp');
  expect(ownerOf(policy, {})).toBe('erp');
});

test('a conditional owner owns nothing while its condition does not hold', () => {
  const policy: FieldPolicy = {
    owners: [{ side: 'crm', when: { field: 'kind', equals: 'prospect' } }],
    resolve: [],
  };
  expect(ownerOf(policy, { kind: 'customer' })).toBeNull();
});

test('the later edit wins where it certainly is later', () => {
  const later = { ...incoming, fromMs: 200 };
  expect(decide(latest(), current, later, 'base')).toEqual({ kind: 'take', rule: 'latest', value: 'new' });
  const earlier = { ...incoming, fromMs: 50, untilMs: 100 };
  expect(decide(latest(), current, earlier, 'base')).toEqual({ kind: 'keep', rule: 'latest' });
});

test('edits whose times overlap fall to the next rule', () => {
  expect(decide(latest(), current, incoming, 'base')).toEqual({ kind: 'hold' });
  const policy = latest({ kind: 'priority', sides: ['erp', 'crm'] });
  expect(decide(policy, current, incoming, 'base')).toEqual({ kind: 'keep', rule: 'priority' });
});

test('an edit that nobody saw coming is never certainly later', () => {
  const sudden = { ...incoming, fromMs: null, untilMs: 900 };
  expect(decide(latest(), current, sudden, 'base')).toEqual({ kind: 'hold' });
  const old = { ...current, fromMs: null, untilMs: 900 };
  expect(decide(latest(), old, incoming, 'base')).toEqual({ kind: 'hold' });
});

test('the side that ranks higher wins, and a side without rank ranks last', () => {
  expect(decide(ranked('crm', 'erp'), current, incoming, 'base')).toMatchObject({
    kind: 'take',
    value: 'new',
  });
  expect(decide(ranked('erp', 'crm'), current, incoming, 'base')).toEqual({ kind: 'keep', rule: 'priority' });
  expect(decide(ranked('erp'), current, incoming, 'base')).toEqual({ kind: 'keep', rule: 'priority' });
});

test('sides of equal rank fall to the next rule', () => {
  expect(decide(ranked('shop'), current, incoming, 'base')).toEqual({ kind: 'hold' });
});

test('a set merge that changes nothing keeps the golden set', () => {
  const sets = [
    { ...current, value: ['a', 'b'] },
    { ...incoming, value: ['a'] },
  ] as const;
  expect(decide(SET, ...sets, ['a'])).toEqual({ kind: 'keep', rule: 'set' });
});

test('an empty value gives way to a filled one', () => {
  const emptied = { ...current, value: '' };
  expect(decide(FILL, emptied, incoming, 'base')).toEqual({ kind: 'take', rule: 'fill', value: 'new' });
  expect(decide(FILL, current, { ...incoming, value: null }, 'base')).toEqual({ kind: 'keep', rule: 'fill' });
  expect(decide(FILL, current, incoming, 'base')).toEqual({ kind: 'hold' });
});

test('hold is asked where it stands, and where no rule is left', () => {
  const policy: FieldPolicy = {
    owners: [],
    resolve: [{ kind: 'hold' }, { kind: 'priority', sides: ['crm'] }],
  };
  expect(decide(policy, current, incoming, 'base')).toEqual({ kind: 'hold' });
  expect(decide({ owners: [], resolve: [] }, current, incoming, 'base')).toEqual({ kind: 'hold' });
});

test('what either side added is in the set, and what either side removed is out', () => {
  expect(mergeSets(['a', 'b'], ['b', 'c'], ['a', 'b', 'd'])).toEqual(['b', 'c', 'd']);
  expect(mergeSets(['a', 'b'], ['a', 'b'], [])).toEqual([]);
  expect(mergeSets(['a'], null, ['a', 'b'])).toEqual(['b']);
});

test('sets without a common past are united', () => {
  expect(mergeSets(undefined, ['b'], ['a'])).toEqual(['a', 'b']);
});

test('a set merge is decided by the set rule', () => {
  const sets = [
    { ...current, value: ['a'] },
    { ...incoming, value: ['b'] },
  ] as const;
  expect(decide(SET, ...sets, [])).toEqual({ kind: 'take', rule: 'set', value: ['a', 'b'] });
});

test('two different values without a common past are never decided by time', () => {
  const old = { ...incoming, fromMs: null, untilMs: 50 };
  expect(decide(latest(), current, old, undefined)).toEqual({ kind: 'hold' });
  expect(decide(latest(), current, { ...incoming, fromMs: 900, untilMs: 999 }, undefined)).toEqual({
    kind: 'hold',
  });
  const policy = latest({ kind: 'priority', sides: ['crm'] });
  expect(decide(policy, current, old, undefined)).toMatchObject({ kind: 'take', rule: 'priority' });
});

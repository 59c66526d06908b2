import { expect, test } from 'vitest';

import { modelOf } from '../../test/support/engine.ts';
import { matchKeys, matchOf } from './match.ts';

const model = modelOf({
  fields: { email: {}, name: {}, zip: {} },
  match: [['email'], ['name', 'zip']],
});

test('a record has one key for every rule whose fields are all filled', () => {
  expect(matchKeys(model, { email: 'ann@x.test', name: 'Ann', zip: '1' })).toHaveLength(2);
  expect(matchKeys(model, { email: 'ann@x.test', name: 'Ann', zip: '' })).toHaveLength(1);
  expect(matchKeys(model, { email: null, name: 'Ann' })).toEqual([]);
});

test('case and blanks never tell two records apart', () => {
  const [key] = matchKeys(model, { name: 'Ann  Lee', zip: '1' });
  expect(matchKeys(model, { name: ' ann lee ', zip: '1' })).toEqual([key]);
});

test('blanks alone are no key', () => {
  expect(matchKeys(model, { email: '  ', name: 'Ann', zip: '\u00a0\t' })).toEqual([]);
});

test('keys of different rules are never equal', () => {
  const twice = modelOf({ fields: { email: {}, login: {} }, match: [['email'], ['login']] });
  const [first, second] = matchKeys(twice, { email: 'ann', login: 'ann' });
  expect(first).not.toBe(second);
});

test('the parts of a key do not run together', () => {
  const [first] = matchKeys(model, { name: 'a', zip: 'bc' });
  const [second] = matchKeys(model, { name: 'ab', zip: 'c' });
  expect(first).not.toBe(second);
});

test('keys that nobody has match none', () => {
  expect(matchOf(['a', 'b'], new Map())).toEqual({ kind: 'none' });
  expect(matchOf([], new Map([['a', 'i1']]))).toEqual({ kind: 'none' });
});

test('keys that lead to one identity match it', () => {
  const identityByKey = new Map([
    ['a', 'i1'],
    ['b', 'i1'],
  ]);
  expect(matchOf(['a', 'b', 'c'], identityByKey)).toEqual({ kind: 'one', identityId: 'i1' });
});

test('keys that lead to different identities are a question', () => {
  const identityByKey = new Map([
    ['a', 'i1'],
    ['b', 'i2'],
  ]);
  expect(matchOf(['a', 'b'], identityByKey)).toEqual({ kind: 'several', identityIds: ['i1', 'i2'] });
});

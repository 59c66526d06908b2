import { expect, test } from 'vitest';

import { must } from './assert.ts';
import { hasSought, soughtBy } from './sought.ts';

const has = (term: string, ...texts: readonly string[]): boolean =>
  hasSought(must(soughtBy(term), term), texts);

test('a telephone number is found however it is written down', () => {
  for (const written of [
    '030 123456',
    '(030) 12-34-56',
    '+49 30 123456',
    '0049 30 123456',
    '+49 (0)30 123456',
    '123456',
  ])
    expect([written, has(written, 'Anna', '+4930123456')]).toEqual([written, true]);
  expect(has('030 123457', '+4930123456')).toBe(false);
});

test('words are found in any order, in different values, without case and accents', () => {
  expect(has('müller anna', 'Anna Maria', 'MULLER GmbH')).toBe(true);
  expect(has('muller', 'Müller')).toBe(true);
  expect(has('anna schmidt', 'Anna', 'Schulz')).toBe(false);
});

test('what says nothing is nothing to look for', () => {
  expect([soughtBy(''), soughtBy(' -- ')]).toEqual([null, null]);
});

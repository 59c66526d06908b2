import { expect, test } from 'vitest';

import { bitmapOf } from './bitmap.ts';

test('bits stand for positions, in whole bytes and capital digits', () => {
  expect(bitmapOf([1, 3])).toBe('0x0A');
  expect(bitmapOf([0])).toBe('0x01');
  expect(bitmapOf([31, 4])).toBe('0x80000010');
  expect(bitmapOf([])).toBeNull();
});

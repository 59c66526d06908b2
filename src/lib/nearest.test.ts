import fc from 'fast-check';
import { expect, test } from 'vitest';

import { editDistance, isNear, nearestNames } from './nearest.ts';

const MODELS = ['party.party', 'party.address', 'product.product', 'res.user'];

test('a mistyped name finds the one that was meant, an alien one finds nothing', () => {
  expect(nearestNames('partyparty', MODELS, 1)).toEqual(['party.party']);
  expect(isNear('partyparty', 'party.party')).toBe(true);
  expect(MODELS.some((model) => isNear('qqqqqqqqqqqq', model))).toBe(false);
});

test('the distance is symmetric, zero for equal texts only, and never longer than the longer text', () => {
  const texts = fc.string({ maxLength: 12 });
  const property = fc.property(texts, texts, (left, right) => {
    const distance = editDistance(left, right);
    expect(distance).toBe(editDistance(right, left));
    expect(distance === 0).toBe(left === right);
    expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
  });
  fc.assert(property);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { seededRandom } from '../../lib/random.ts';
import { othersAtMost, shareBelow } from './confidence.ts';

test('none of four thousand differing says: fewer than 0.075 % with 95 % confidence', () => {
  expect(shareBelow(0, 4_000) * 100).toBeCloseTo(0.0749, 4);
  // The values of Clopper and Pearson, as tables and R's binom.test(alternative = "less") have them.
  expect(shareBelow(0, 100)).toBeCloseTo(0.029513, 6);
  expect(shareBelow(1, 100)).toBeCloseTo(0.046557, 5);
  expect(shareBelow(5, 100)).toBeCloseTo(0.102253, 5);
  expect(shareBelow(0, 100, 0.99)).toBeCloseTo(0.045007, 6);
});

test('a sample of nothing says nothing, and one in which all differ neither', () => {
  expect(shareBelow(0, 0)).toBe(1);
  expect(shareBelow(7, 7)).toBe(1);
});

test('the bound falls with the size of the sample, rises with what is found, and is never below what was found', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 1, max: 5_000 }), (found, more) => {
      const sampled = found + more;
      const share = shareBelow(found, sampled);
      expect(share).toBeGreaterThan(found / sampled);
      expect(shareBelow(found, sampled * 2)).toBeLessThan(share);
      expect(shareBelow(found + 1, sampled)).toBeGreaterThanOrEqual(share);
    }),
  );
});

test('of those that were not sampled no more can differ than there are', () => {
  expect(othersAtMost(0.000_748_65, 1_000_000, 4_000, 0)).toBe(748);
  expect(othersAtMost(0.5, 100, 100, 3)).toBe(0);
  expect(othersAtMost(1, 10, 8, 0)).toBe(2);
});

test('at least 95 of 100 stratified samples without replacement that say fewer are right', () => {
  const random = seededRandom(19);
  const [strata, each, taken] = [[40, 2, 0], 500, 60];
  const all = strata.length * each;
  const differing = strata.reduce((sum, count) => sum + count, 0);
  let right = 0;
  const samples = 2_000;
  for (let sample = 0; sample < samples; sample += 1) {
    const found = strata.reduce((sum, count) => sum + drawn(() => random.fraction(), count, each, taken), 0);
    if (shareBelow(found, strata.length * taken) > differing / all) right += 1;
  }
  expect(right / samples).toBeGreaterThanOrEqual(0.95);
});

/** How many of `marked` among `all` are met by drawing `taken` without putting back. */
function drawn(fraction: () => number, marked: number, all: number, taken: number): number {
  let met = 0;
  for (let left = all; left > all - taken; left -= 1) if (fraction() * left < marked - met) met += 1;
  return met;
}

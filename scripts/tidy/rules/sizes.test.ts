import fc from 'fast-check';
import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { quantile, sizes } from './sizes.ts';

const lines = (count: number): string => '// line\n'.repeat(count);
const files = (counts: readonly number[]): Record<string, string> =>
  Object.fromEntries(counts.map((count, index) => [`src/lib/f${String(index)}.ts`, lines(count)]));

test('a file of 500 lines is read in one sitting, one of 501 is not', async () => {
  expect(await planted(sizes, { 'src/a.ts': lines(500), 'src/b.ts': lines(501) })).toEqual([
    'src/b.ts:1 size has 501 lines, at most 500 are allowed',
  ]);
});

test('a test may be longer', async () => {
  expect(await planted(sizes, { 'src/a.test.ts': lines(900) })).toEqual([]);
});

test('many middling files are found by their median, a few long ones by their 90th percentile', async () => {
  expect(await planted(sizes, files(Array.from({ length: 12 }, () => 121)))).toEqual([
    'src:1 size the median of file lengths is 121 lines, at most 120 are allowed',
  ]);
  expect(await planted(sizes, files([...Array.from({ length: 10 }, () => 20), 400, 400]))).toEqual([
    'src:1 size the 90th percentile of file lengths is 400 lines, at most 350 are allowed',
  ]);
});

test('a quantile is one of the values, and at least that share of them does not exceed it', () => {
  const sorted = fc
    .array(fc.nat(1_000), { minLength: 1 })
    .map((values) => values.toSorted((left, right) => left - right));
  fc.assert(
    fc.property(sorted, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const value = quantile(values, share);
      const atMost = values.filter((other) => other <= value).length;
      expect(values).toContain(value);
      expect(atMost).toBeGreaterThanOrEqual(share * values.length - 1e-9);
    }),
  );
});

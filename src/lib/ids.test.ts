import { expect, test } from 'vitest';

import type { Clock } from './clock.ts';
import { createIds } from './ids.ts';
import { seededRandom } from './random.ts';

function clockOf(times: readonly number[]): Clock {
  let index = 0;
  return {
    nowMs: () => times[Math.min(index++, times.length - 1)] ?? 0,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
  };
}

test('ids are UUIDs of version 7', () => {
  const ids = createIds(clockOf([1_700_000_000_000]), seededRandom(1));
  expect(ids.next()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('ids rise within a millisecond, past the counter, and when the clock steps back', () => {
  const ids = createIds(clockOf([1_000, 1_000, 999, 500]), seededRandom(2));
  const made = Array.from({ length: 10_000 }, () => ids.next());
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { ReconcileSchedule } from '../../engine/model.ts';
import { nextStretch, slotAfter, slotBefore } from './slots.ts';

const WEEKLY: ReconcileSchedule = {
  everyHours: 168,
  atMinute: 150,
  weekday: 0,
  shareMax: 0.1,
  recordsMax: null,
  beyond: 'sample',
  sampleRecords: 4_000,
};
const iso = (ms: number): string => new Date(ms).toISOString();

test('a week begins anew on its day and at its time, in UTC', () => {
  const now = Date.parse('2026-11-21T16:00:00Z');
  expect(iso(slotBefore(WEEKLY, now))).toBe('2026-11-15T02:30:00.000Z');
  expect(iso(slotAfter(WEEKLY, now))).toBe('2026-11-22T02:30:00.000Z');
  expect(iso(slotBefore({ ...WEEKLY, weekday: 6 }, now))).toBe('2026-11-21T02:30:00.000Z');
  expect(iso(nextStretch(WEEKLY, now))).toBe('2026-11-22T02:30:00.000Z');
  expect(iso(nextStretch({ ...WEEKLY, weekday: 5 }, now))).toBe('2026-11-22T02:30:00.000Z');
});

test('a time comes every so many hours, and one of them is the one that was named', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24, 168),
      fc.nat(1_439),
      fc.nat(6),
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      (everyHours, atMinute, weekday, nowMs) => {
        const schedule = { ...WEEKLY, everyHours, atMinute, weekday };
        const slot = slotBefore(schedule, nowMs);
        expect(slot).toBeLessThanOrEqual(nowMs);
        expect(slotBefore(schedule, slot)).toBe(slot);
        expect(slotAfter(schedule, nowMs) - slot).toBe(everyHours * 3_600_000);
        expect((slot / 60_000 - atMinute) % (Math.min(24, everyHours) * 60)).toBeCloseTo(0);
        expect(everyHours < 168 || new Date(slot).getUTCDay() === weekday).toBe(true);
      },
    ),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { afterPoll, parsePosition, partWay, presentPosition, toCursor, type Position } from './position.ts';

const OVERLAP_MS = 5_000;

/** A write: when its transaction began, which is its stamp, and how long it stayed open. */
const writes = fc.array(
  fc.record({
    beginsMs: fc.integer({ min: 0, max: 60_000 }),
    openMs: fc.integer({ min: 0, max: OVERLAP_MS }),
  }),
  { maxLength: 30 },
);
const polls = fc.array(fc.integer({ min: 1, max: 15_000 }), { minLength: 1, maxLength: 20 });

function stampOf(beginsMs: number): number {
  return Math.floor(beginsMs / 1_000) * 1_000;
}

test('whatever commits within the overlap is read by some poll, in any history', () => {
  fc.assert(
    fc.property(writes, polls, (history, waits) => {
      const read = new Set<number>();
      let nowMs = 0;
      let position: Position = presentPosition('Account', null, nowMs, OVERLAP_MS);
      for (const waitMs of [...waits, 100_000]) {
        nowMs += waitMs;
        const from = position.fromMs ?? -1;
        const seen = history.flatMap(({ beginsMs, openMs }, index) => {
          const isVisible = beginsMs + openMs <= nowMs;
          return isVisible && stampOf(beginsMs) >= from ? [{ index, stamp: stampOf(beginsMs) }] : [];
        });
        for (const { index } of seen) read.add(index);
        const highest = seen.length === 0 ? null : Math.max(...seen.map(({ stamp }) => stamp));
        position = afterPoll(position, highest, nowMs, OVERLAP_MS);
      }
      expect(read.size).toBe(history.length);
    }),
  );
});

test('a position that stopped in the middle reads again what may still come late', () => {
  const start = presentPosition('Account', 100_000, 0, OVERLAP_MS);
  expect(partWay(start, 200_500, OVERLAP_MS).fromMs).toBe(195_000);
  expect(partWay(start, 96_000, OVERLAP_MS).fromMs).toBe(95_000);
});

test('a position survives being stored, and belongs to its object alone', () => {
  const position = { ...presentPosition('Account', 100_000, 7, OVERLAP_MS), replay: 'AAE=' };
  const stored = JSON.parse(JSON.stringify(toCursor(position))) as ReturnType<typeof toCursor>;
  expect(parsePosition('Account', stored)).toEqual(position);
  expect(() => parsePosition('Contact', stored)).toThrow(/cursor_expired/);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ConnectorFailure } from '../../connector/failure.ts';
import {
  nextPosition,
  parsePosition,
  partWay,
  presentPosition,
  toCursor,
  type Head,
  type Position,
} from './position.ts';

const START_MS = Date.UTC(2026, 2, 31, 14, 0, 0);
const LOOKBACK_SECONDS = 5;

/** A change: stamped when its statement runs, seen when its transaction commits. Times in milliseconds from the start. */
interface Change {
  readonly stampedMs: number;
  readonly openMs: number;
}

/** A poll: how long after the one before, and after how many rows the reader is stopped and started again (0: not). */
interface Poll {
  readonly afterMs: number;
  readonly stopAfterRows: number;
}

/** Coarse times, and the lookback itself among the spans: what goes wrong goes wrong where these meet. */
function spans(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constant(LOOKBACK_SECONDS * 1_000),
    fc.integer({ min: 0, max }).map((tenths) => tenths * 100),
  );
}

const changes = fc.array(
  fc.record({
    stampedMs: fc.oneof(spans(20), spans(300)),
    openMs: spans(LOOKBACK_SECONDS * 10).map((ms) => Math.min(ms, LOOKBACK_SECONDS * 1_000)),
  }),
  { maxLength: 12 },
);
const polls = fc.array(
  fc.record({
    afterMs: spans(90).map((ms) => Math.max(100, ms)),
    stopAfterRows: fc.integer({ min: 0, max: 4 }),
  }),
  { maxLength: 12 },
);

function textOf(ms: number): string {
  return new Date(START_MS + ms).toISOString().slice(0, 23).replace('T', ' ');
}

/** Columns keep whole seconds, in whatever zone their writers live in. */
function stampOf(change: Change, zoneMs: number): string {
  return textOf(change.stampedMs + zoneMs).slice(0, 19);
}

/** What the table shows at a moment; the bound of the highest stamp is the later of UTC and the server's zone. */
function headAt(nowMs: number, visible: readonly string[], zoneMs: number): Head {
  const bound = textOf(nowMs + Math.max(0, zoneMs));
  const highest =
    visible.filter((stamp) => stamp <= bound).toSorted((left, right) => (left < right ? 1 : -1))[0] ?? null;
  return { highest, now: textOf(nowMs) };
}

/** The second is stamped in the second of the first, after that was seen, and stays open for the whole lookback. */
const SAME_SECOND: readonly Change[] = [
  { stampedMs: 0, openMs: 0 },
  { stampedMs: 300, openMs: 5_000 },
];

test('whatever commits within the lookback is read by some poll, however the reader stops and starts', () => {
  fc.assert(
    fc.property(
      changes,
      polls,
      fc.constantFrom(0, 7_200_000, -18_000_000),
      (made: readonly Change[], polled: readonly Poll[], zoneMs) => {
        let nowMs = -100;
        const visibleAt = (ms: number): readonly Change[] =>
          made.filter((change) => change.stampedMs + change.openMs <= ms);
        const stampsAt = (ms: number): readonly string[] =>
          visibleAt(ms).map((change) => stampOf(change, zoneMs));
        let position: Position = presentPosition(
          't',
          'c',
          headAt(nowMs, stampsAt(nowMs), zoneMs),
          LOOKBACK_SECONDS,
        );
        const read = new Set<Change>();
        const last: Poll = { afterMs: 70_000, stopAfterRows: 0 };
        for (const { afterMs, stopAfterRows } of [...polled, last]) {
          nowMs += afterMs;
          const next = nextPosition(position, headAt(nowMs, stampsAt(nowMs), zoneMs), LOOKBACK_SECONDS);
          const rows = visibleAt(nowMs)
            .map((change) => ({ change, stamp: stampOf(change, zoneMs) }))
            .filter(({ stamp }) => position.from === null || stamp >= position.from)
            .toSorted((left, right) => (left.stamp < right.stamp ? -1 : 1));
          const isStopped = stopAfterRows > 0 && stopAfterRows < rows.length;
          const met = isStopped ? rows.slice(0, stopAfterRows) : rows;
          for (const { change } of met) read.add(change);
          const reached = met.at(-1)?.stamp;
          position = isStopped && reached !== undefined ? partWay(position, next, reached) : next;
        }
        expect(made.filter((change) => !read.has(change))).toEqual([]);
      },
    ),
    {
      numRuns: 2_000,
      examples: [
        [
          SAME_SECOND,
          [
            { afterMs: 300, stopAfterRows: 0 },
            { afterMs: 5_000, stopAfterRows: 0 },
          ],
          0,
        ],
      ],
    },
  );
});

const start = presentPosition(
  't',
  'c',
  { highest: '2026-03-31 14:00:00', now: '2026-03-31 14:00:00.500000' },
  60,
);

test('the next poll reads the lookback again until the highest stamp has stood for longer, then begins behind it', () => {
  const soon = nextPosition(start, { highest: '2026-03-31 14:00:00', now: '2026-03-31 14:00:30.000000' }, 60);
  expect(soon.from).toBe('2026-03-31 13:59:00');
  const later = nextPosition(soon, { highest: '2026-03-31 14:00:00', now: '2026-03-31 14:01:02.000000' }, 60);
  expect(later.from).toBe('2026-03-31 14:00:01');
  const news = nextPosition(later, { highest: '2026-03-31 15:00:00', now: '2026-03-31 15:00:01.000000' }, 60);
  expect(news.from).toBe('2026-03-31 14:59:00');
});

test('an empty table is read from the beginning, once it holds something', () => {
  const empty = presentPosition('t', 'c', { highest: null, now: '2026-03-31 14:00:00' }, 60);
  expect(empty.from).toBeNull();
  expect(nextPosition(empty, { highest: null, now: '2026-03-31 15:00:00' }, 60).from).toBeNull();
});

test('a position out of a future that never came is left behind', () => {
  const dragged: Position = { ...start, from: '2030-01-01 00:00:00' };
  expect(nextPosition(dragged, { highest: '2026-03-31 14:00:00', now: '2026-03-31 14:00:01' }, 60).from).toBe(
    '2026-03-31 13:59:00',
  );
});

test('a position survives being stored, and one of another table or column does not pass', () => {
  expect(parsePosition('t', 'c', JSON.parse(JSON.stringify(toCursor(start))) as never)).toEqual(start);
  for (const cursor of [
    toCursor({ ...start, table: 'u' }),
    toCursor({ ...start, column: 'd' }),
    null,
    'x',
    { from: 1 },
  ]) {
    expect(() => parsePosition('t', 'c', cursor)).toThrow(ConnectorFailure);
  }
});

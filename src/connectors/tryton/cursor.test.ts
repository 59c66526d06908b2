import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Cursor } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { assert } from '../../lib/assert.ts';
import {
  beginScan,
  continueScan,
  endRound,
  readCursor,
  RECENT_ROWS_MAX,
  startOfRound,
  stateAt,
  unreported,
  writeCursor,
  type Mark,
  type StreamState,
} from './cursor.ts';

const OVERLAP_MS = 1_000;
const NOTHING: readonly Mark[] = [];
/** More steps than any test's round has; one that does not end is a fault, not a hang. */
const STEPS_MAX = 1_000;

/** A table whose rows become visible some time after they are stamped, read page by page as the feed does. */
class Table {
  readonly #rows = new Map<number, { readonly at: number; readonly visibleFromMs: number }>();
  readonly reported: Mark[] = [];
  state: StreamState = stateAt(NOTHING, 0, OVERLAP_MS);

  commit(id: number, at: number, visibleFromMs: number): void {
    this.#rows.set(id, { at, visibleFromMs });
  }

  #visible(nowMs: number, start: Mark | null, upTo = Number.POSITIVE_INFINITY): readonly Mark[] {
    return [...this.#rows]
      .filter(([, row]) => row.visibleFromMs <= nowMs)
      .map(([id, { at }]) => ({ id, at }))
      .filter(({ id, at }) => start === null || at > start.at || (at === start.at && id > start.id))
      .filter(({ at }) => at <= upTo)
      .toSorted((left, right) => left.at - right.at || left.id - right.id);
  }

  /** Reads one step as the feed does, its cursor stored and restored as across a restart. */
  step(nowMs: number, limit: number): readonly Mark[] {
    const { state } = this;
    const { scan } = state;
    const rows =
      scan === null
        ? this.#visible(nowMs, startOfRound(state, OVERLAP_MS))
        : this.#visible(nowMs, scan.after, scan.upTo).slice(0, limit);
    const newest = rows.at(-1);
    let next: StreamState;
    let page: readonly Mark[] = rows;
    if (scan !== null && rows.length >= limit) next = continueScan(state, scan, rows, OVERLAP_MS);
    else if (scan !== null) next = endRound(state, rows, scan.beganAtMs, OVERLAP_MS);
    else if (rows.length < limit || newest === undefined) next = endRound(state, rows, nowMs, OVERLAP_MS);
    else {
      page = [];
      next = beginScan(state, newest, nowMs, OVERLAP_MS);
    }
    const stored = writeCursor('c', new Map([['s', next]]));
    const restored = JSON.parse(JSON.stringify(stored)) as Cursor;
    this.state = readCursor(restored, 'c', ['s']).get('s') ?? next;
    const reported = unreported(state, page);
    this.reported.push(...reported);
    return reported;
  }

  /** A round, or the rest of one. */
  poll(nowMs: number, limit: number): readonly Mark[] {
    const reported = [...this.step(nowMs, limit)];
    for (let steps = 0; this.state.scan !== null; steps += 1) {
      assert(steps < STEPS_MAX, 'a round ends');
      reported.push(...this.step(nowMs, limit));
    }
    return reported;
  }
}

/** Milliseconds to a stamp that is no whole second; every row has one of its own, as in PostgreSQL. */
function stampOf(ms: number, row: number): number {
  return ms * 1_000 + 1 + (row % 900);
}

const commits = fc.record({ lateMs: fc.nat(OVERLAP_MS - 1), id: fc.integer({ min: 1, max: 20 }) });
const reads = fc.record({ waitMs: fc.nat(OVERLAP_MS), steps: fc.integer({ min: 1, max: 4 }) });
const histories = fc.array(fc.oneof({ weight: 3, arbitrary: commits }, { weight: 2, arbitrary: reads }), {
  maxLength: 80,
});

test('every row is reported, however late it is committed within the overlap, across pages and restarts', () => {
  const limits = fc.integer({ min: 1, max: 5 });
  // The system's clock is its own: only differences may matter.
  const skewsMs = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const property = fc.property(histories, limits, skewsMs, (history, limit, skewMs) => {
    const table = new Table();
    const committed = new Map<number, number>();
    let nowMs = 10_000_000;
    for (const [index, event] of history.entries()) {
      if ('id' in event) {
        const at = stampOf(nowMs + skewMs, index);
        if ((committed.get(event.id) ?? 0) >= at) continue;
        committed.set(event.id, at);
        table.commit(event.id, at, nowMs + event.lateMs);
      } else {
        for (let step = 0; step < event.steps; step += 1) {
          table.step(nowMs, limit);
          nowMs += Math.floor(event.waitMs / event.steps);
        }
      }
    }
    // Ends an interrupted round; then the last late row becomes visible, and must be found in a new one.
    table.poll(nowMs, limit);
    nowMs += OVERLAP_MS;
    table.poll(nowMs, limit);
    for (const [id, at] of committed) expect(table.reported).toContainEqual({ id, at });
  });
  fc.assert(property, { numRuns: 1_500 });
});

test('a stream that rests is silent, and settles after the overlap', () => {
  const table = new Table();
  for (let id = 1; id <= 3 * RECENT_ROWS_MAX; id += 1) table.commit(id, stampOf(1_000, id), 0);
  expect(table.poll(1_000, 100)).toHaveLength(3 * RECENT_ROWS_MAX);
  // More rows than are remembered: some are reported once more, until nothing can come late any more.
  expect(table.poll(1_500, 100).length).toBeLessThanOrEqual(2 * RECENT_ROWS_MAX);
  table.poll(2_100, 100);
  expect(table.state.settled).toBe(true);
  expect(table.poll(2_200, 100)).toEqual([]);
  expect(table.state.recent.size).toBe(0);
});

test('a round that was interrupted does not settle the stream: a row may have come late behind its first pages', () => {
  const table = new Table();
  table.commit(1, stampOf(1_000, 2), 0);
  table.poll(1_000, 10);
  table.step(1_800, 1);
  table.step(1_800, 1);
  table.commit(2, stampOf(1_000, 1), 1_900);
  table.poll(2_100, 1);
  expect(table.state.settled).toBe(false);
  expect(table.poll(2_200, 1)).toEqual([{ id: 2, at: stampOf(1_000, 1) }]);
});

test('a long round does not outrun a slow transaction', () => {
  const table = new Table();
  for (const id of [1, 2]) table.commit(id, stampOf(1_000, id), 0);
  // The round begins, and its first rows are read, before row 3 of the same moment is committed.
  table.step(1_001, 1);
  table.step(1_001, 1);
  table.commit(3, stampOf(999, 3), 1_500);
  table.commit(4, stampOf(9_000, 4), 0);
  table.poll(9_000, 1);
  table.poll(9_001, 1);
  expect(table.reported.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test('what was there at the present position is not reported, what comes after is', () => {
  const table = new Table();
  const newest = [3, 2, 1].map((id) => ({ id, at: stampOf(1_000, id) }));
  for (const { id, at } of newest) table.commit(id, at, 0);
  table.state = stateAt(newest, 1_000, OVERLAP_MS);
  expect(table.poll(1_001, 10)).toEqual([]);
  table.commit(2, stampOf(1_002, 2), 0);
  expect(table.poll(1_003, 10)).toEqual([{ id: 2, at: stampOf(1_002, 2) }]);
});

test('a second change within one whole second, which has the same time, is reported too', () => {
  const table = new Table();
  table.commit(1, 5_000_000, 0);
  expect(table.poll(1_000, 10)).toHaveLength(1);
  expect(table.poll(1_001, 10)).toHaveLength(1);
});

test.each([
  ['another connector’s', { lsn: '0/1' }],
  ['another collection’s', writeCursor('other', new Map([['s', stateAt(NOTHING, 0, OVERLAP_MS)]]))],
  ['a damaged', { collection: 'c', streams: { s: { position: ['x', 1] } } }],
  ['no', 7],
])('%s cursor is refused as expired', (_whose, cursor) => {
  let failure: unknown = null;
  try {
    readCursor(cursor, 'c', ['s']);
  } catch (error) {
    failure = error instanceof ConnectorFailure ? error.failure : error;
  }
  expect(failure).toMatchObject({ kind: 'config', code: 'tryton.cursor_expired' });
});

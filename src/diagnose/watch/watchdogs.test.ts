import { expect, test } from 'vitest';

import type { Vitals } from '../../store/vitals.ts';
import { watchAnnouncements, watchBudgets, watchSync } from './watchdogs.ts';

const NOW = Date.UTC(2026, 4, 2, 7, 0, 0);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SYNC = { syncKey: '1', name: 'customers', mode: 'live' } as const;

type Stream = Vitals['streams'][number];

function stream(change: Partial<Stream> = {}): Stream {
  return {
    side: 'crm',
    kind: 'changes',
    currentAsOfMs: NOW - 1_000,
    lastAttemptMs: NOW - 1_000,
    lastSuccessMs: NOW - 1_000,
    isFailing: false,
    isOverdue: false,
    ...change,
  };
}

function vitals(change: Partial<Vitals> = {}): Vitals {
  return {
    nowMs: NOW,
    streams: [stream(), stream({ side: 'erp' })],
    queues: [],
    habits: [],
    tries: [],
    sweeps: [],
    reconciliations: [],
    expectations: [],
    ...change,
  };
}

function codes(change: Partial<Vitals>, sync: Parameters<typeof watchSync>[0] = SYNC): readonly string[] {
  return watchSync(sync, vitals(change)).map(({ code, side }) => `${code} ${side ?? ''}`.trim());
}

test('a sync that shows it is alive raises nothing, and a paused one never does', () => {
  expect(codes({})).toEqual([]);
  const dead = [stream({ lastAttemptMs: 0, lastSuccessMs: NOW - 9 * HOUR_MS, isOverdue: true })];
  expect(codes({ streams: dead }, { ...SYNC, mode: 'paused' })).toEqual([]);
});

test('a side that was not seen for longer than expected is stale, unless its failure is told already', () => {
  const old = stream({ currentAsOfMs: NOW - 20 * MINUTE_MS, lastSuccessMs: NOW - 20 * MINUTE_MS });
  expect(codes({ streams: [old, stream({ side: 'erp' })] })).toEqual(['watch.stale crm']);
  expect(codes({ streams: [{ ...old, isFailing: true }, stream({ side: 'erp' })] })).toEqual([]);
  const expectations = [{ side: 'crm', freshWithinMs: HOUR_MS, changesWithinMs: null }];
  expect(codes({ streams: [old], expectations })).toEqual([]);
});

test('due work that nobody touches is a stalled worker, and everything else its consequence', () => {
  const idle = {
    isOverdue: true,
    lastAttemptMs: NOW - HOUR_MS,
    lastSuccessMs: NOW - HOUR_MS,
    currentAsOfMs: NOW - HOUR_MS,
  };
  const queues = [{ side: 'erp', writes: 9, hints: 0, oldestMs: NOW - HOUR_MS }];
  expect(codes({ streams: [stream(idle)], queues })).toEqual(['watch.stalled']);
  const trying = stream({ ...idle, lastAttemptMs: NOW - MINUTE_MS, isFailing: true });
  expect(codes({ streams: [trying] })).toEqual([]);
});

test('a side is silent when it is quiet for much longer than it ever was, or than was said', () => {
  const habit = { side: 'crm', changes: 200, lastChangeMs: NOW - 5 * HOUR_MS, longestQuietMs: 2 * HOUR_MS };
  expect(codes({ habits: [habit] })).toEqual(['watch.silent crm']);
  expect(codes({ habits: [{ ...habit, longestQuietMs: 4 * HOUR_MS }] })).toEqual([]);
  expect(codes({ habits: [{ ...habit, changes: 3 }] })).toEqual([]);
  const expectations = [{ side: 'crm', freshWithinMs: null, changesWithinMs: HOUR_MS }];
  expect(codes({ habits: [{ ...habit, changes: 3 }], expectations })).toEqual(['watch.silent crm']);
  expect(codes({ habits: [habit], streams: [stream({ isFailing: true })] })).toEqual([]);
});

test('a side drifts from the reconciliation that found it until one that finds none', () => {
  const last = { side: 'erp', startedMs: NOW - HOUR_MS, seen: 900, drift: 2, drawnOf: null };
  expect(codes({ reconciliations: [last] })).toEqual(['watch.drift erp']);
  expect(codes({ reconciliations: [{ ...last, drift: 0 }] })).toEqual([]);
});

test('a feed that told of nothing while a comparison found changes is deaf', () => {
  const sweep = { side: 'crm', startedMs: NOW - HOUR_MS, changed: 7, toldBetween: 0, isFirst: false };
  expect(codes({ sweeps: [sweep] })).toEqual(['watch.deaf_feed crm']);
  expect(codes({ sweeps: [{ ...sweep, toldBetween: 4 }] })).toEqual([]);
  expect(codes({ sweeps: [{ ...sweep, isFirst: true }] })).toEqual([]);
  expect(codes({ sweeps: [sweep], streams: [stream({ kind: 'sweep' })] })).toEqual([]);
});

test('writes that wait for too long are told, and planned ones that wait for approval are not', () => {
  const queues = [{ side: 'erp', writes: 3, hints: 0, oldestMs: NOW - HOUR_MS }];
  expect(codes({ queues })).toEqual(['watch.queue erp']);
  expect(codes({ queues }, { ...SYNC, mode: 'observe' })).toEqual([]);
  expect(codes({ queues: [{ side: 'erp', writes: 3, hints: 0, oldestMs: NOW - MINUTE_MS }] })).toEqual([]);
});

test('more failures than the day before are told, with both figures', () => {
  const tries = { side: 'erp', failed: 30, written: 70, failedBefore: 10, writtenBefore: 990 };
  const [told] = watchSync(SYNC, vitals({ tries: [tries] }));
  expect(told).toMatchObject({ code: 'watch.failure_rate', severity: 'warning' });
  expect(told?.detail).toBe('30 % of 100 tries at erp failed in the last hour; in the day before it was 1 %');
  expect(codes({ tries: [{ ...tries, failedBefore: 400, writtenBefore: 600 }] })).toEqual([]);
  expect(codes({ tries: [{ ...tries, failed: 3, written: 7 }] })).toEqual([]);
});

test('a quota is told while there is still time: by its pace, or by how little is left', () => {
  const quota = { connectionKey: 'crm', limitName: 'daily', unitsMax: 100_000, units: 40_000 };
  const paced = { ...quota, before: { atMs: NOW - 2 * HOUR_MS, units: 60_000 } };
  const [told] = watchBudgets([paced], NOW);
  expect(told).toMatchObject({ code: 'watch.quota', severity: 'warning' });
  expect(told?.detail).toMatch(/40 % .* it ends in 4 hours/);
  const slow = { ...quota, before: { atMs: NOW - 2 * HOUR_MS, units: 40_500 } };
  expect(watchBudgets([slow, { ...quota, before: null }], NOW)).toEqual([]);
  expect(watchBudgets([{ ...quota, units: 3_000, before: null }], NOW)).toMatchObject([
    { severity: 'critical' },
  ]);
  expect(watchBudgets([{ ...quota, unitsMax: 100, units: 1, before: null }], NOW)).toEqual([]);
});

test('messages that wait for long, or were refused, are told with the reason; fresh ones are not', () => {
  const failure = { kind: 'transient', code: 'salesforce.events_unavailable', message: 'away' };
  const fresh = {
    name: 'changed',
    waiting: 2,
    refused: 0,
    againAtMs: null,
    oldestMs: NOW - MINUTE_MS,
    failure,
  };
  expect(watchAnnouncements(SYNC, [fresh], NOW)).toEqual([]);
  const [old] = watchAnnouncements(SYNC, [{ ...fresh, oldestMs: NOW - 16 * MINUTE_MS }], NOW);
  expect(old).toMatchObject({
    code: 'watch.announcements',
    severity: 'warning',
    detail: 'changed: 2 messages wait, 0 were refused; salesforce.events_unavailable: away',
  });
  const [refused] = watchAnnouncements(SYNC, [{ ...fresh, waiting: 0, refused: 1 }], NOW);
  expect(refused?.detail).toContain('0 messages wait, 1 was refused');
});

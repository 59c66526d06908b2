import { expect, test } from 'vitest';

import type { UntoldRecord } from '../../store/sweep-vitals.ts';
import type { Vitals } from '../../store/vitals.ts';
import type { Condition } from './condition.ts';
import { watchAnnouncements, watchBudgets, watchSync } from './watchdogs.ts';

const NOW = Date.UTC(2026, 4, 2, 7, 0, 0);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SYNC = { syncKey: '1', name: 'customers', mode: 'live', recoveringSinceMs: null } as const;

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

test('a sync whose store has gone back in time is told of until somebody approves its plan', () => {
  const recovering = { ...SYNC, mode: 'observe', recoveringSinceMs: NOW - HOUR_MS } as const;
  expect(codes({}, recovering)).toEqual(['watch.recovering']);
  expect(watchSync(recovering, vitals())[0]?.detail).toMatch(/^for 60 minutes; /u);
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

const SWEEP = { side: 'crm', startedMs: NOW - HOUR_MS, previousMs: NOW - 25 * HOUR_MS, wasTold: false };
const STAMP = NOW - 40 * HOUR_MS;

/** News that the sweep found, of records known since long before it; by default they keep the stamp they had. */
function untold(count: number, change: Partial<UntoldRecord> = {}): readonly UntoldRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    recordId: String(index + 1),
    identityId: `identity ${String(index + 1)}`,
    kind: 'changed' as const,
    atMs: NOW - HOUR_MS,
    knownMs: STAMP + 1_000,
    stampedMs: STAMP,
    stampedBeforeMs: STAMP,
    ...change,
  }));
}

function toldOf(count: number, change: Partial<UntoldRecord> = {}, wasTold = false): readonly Condition[] {
  return watchSync(SYNC, vitals({ sweeps: [{ ...SWEEP, wasTold, untold: untold(count, change) }] }));
}

test('a feed that told of nothing while a comparison found changes is deaf, with the records and since when', () => {
  const [told, ...others] = toldOf(7);
  expect(others).toEqual([]);
  expect(told).toMatchObject({
    code: 'watch.deaf_feed',
    side: 'crm',
    sinceMs: SWEEP.previousMs,
    records: { count: 7, samples: untold(5).map(({ recordId, identityId }) => ({ recordId, identityId })) },
  });
  expect(told?.detail).toMatch(
    /found 7 records of crm .*; 7 of them carry the stamp .*; for example 1, 2, 3, 4, 5$/,
  );
  expect(toldOf(2)).toEqual([]);
  expect(toldOf(7, {}, true)).toEqual([]);
  const sweeps = [{ ...SWEEP, untold: untold(7) }];
  expect(codes({ sweeps: [{ ...SWEEP, previousMs: null, untold: untold(7) }] })).toEqual([]);
  expect(codes({ sweeps, streams: [stream({ kind: 'sweep' })] })).toEqual([]);
  expect(codes({ sweeps, streams: [stream({ isFailing: true })] })).toEqual([]);
});

test('a believable stamp, or none, accuses the feed and no clock', () => {
  const [passed] = toldOf(4, { stampedMs: NOW - 3 * HOUR_MS });
  expect(passed?.code).toBe('watch.deaf_feed');
  expect(passed?.detail).toContain('4 of them carry a new stamp that the feed has passed');
  expect(toldOf(4, { stampedMs: null, stampedBeforeMs: null })).toMatchObject([{ code: 'watch.deaf_feed' }]);
  // Our own write moved the stamp last, and nobody read what to.
  expect(toldOf(4, { stampedMs: STAMP - HOUR_MS, stampedBeforeMs: null })).toMatchObject([
    { code: 'watch.deaf_feed' },
  ]);
});

test('stamps older than the look that showed the records unchanged are those of a slow clock, whatever else was told', () => {
  const slow = { stampedMs: SWEEP.previousMs - 2 * HOUR_MS };
  for (const wasTold of [false, true])
    expect(toldOf(3, slow, wasTold)).toMatchObject([
      { code: 'watch.wrong_clock', sinceMs: SWEEP.previousMs, records: { count: 3 } },
    ]);
  expect(toldOf(2, slow, true)).toEqual([]);
  expect(toldOf(3, { ...slow, stampedBeforeMs: null })).toMatchObject([{ code: 'watch.wrong_clock' }]);
});

test('how slow or fast a clock is follows from all records together', () => {
  const around = (stampedMs: number): Partial<UntoldRecord> => ({ knownMs: NOW - 90 * MINUTE_MS, stampedMs });
  expect(toldOf(3, around(NOW - 210 * MINUTE_MS))[0]?.detail).toContain('is 120 to 150 minutes slow');
  expect(toldOf(3, around(NOW + 30 * MINUTE_MS))[0]?.detail).toMatch(
    /lies in the future.* is 90 to 120 minutes fast/,
  );
});

test('old records that come into view, by a wider filter or another right, accuse nobody', () => {
  const old = {
    kind: 'linked' as const,
    knownMs: null,
    stampedMs: SWEEP.previousMs - HOUR_MS,
    stampedBeforeMs: null,
  };
  expect(toldOf(9, old)).toEqual([]);
  expect(toldOf(9, { ...old, stampedMs: NOW - 2 * HOUR_MS })).toMatchObject([{ code: 'watch.deaf_feed' }]);
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

const NAMED = new Map([['crm_0a1b2c3d', 'crm']]);

test('a quota is told while there is still time: by its pace, or by how little is left', () => {
  const quota = { connectionKey: 'crm_0a1b2c3d', limitName: 'daily', unitsMax: 100_000, units: 40_000 };
  const paced = { ...quota, before: { atMs: NOW - 2 * HOUR_MS, units: 60_000 } };
  const [told] = watchBudgets([paced], NAMED, NOW);
  expect(told).toMatchObject({ code: 'watch.quota', severity: 'warning', connection: 'crm' });
  expect(told?.detail).toMatch(/^crm: 40 % .* it ends in 4 hours/);
  // Another installation on the same store has connections of its own.
  expect(watchBudgets([paced], new Map(), NOW)[0]).not.toHaveProperty('connection');
  const slow = { ...quota, before: { atMs: NOW - 2 * HOUR_MS, units: 40_500 } };
  expect(watchBudgets([slow, { ...quota, before: null }], NAMED, NOW)).toEqual([]);
  expect(watchBudgets([{ ...quota, units: 3_000, before: null }], NAMED, NOW)).toMatchObject([
    { severity: 'critical' },
  ]);
  expect(watchBudgets([{ ...quota, unitsMax: 100, units: 1, before: null }], NAMED, NOW)).toEqual([]);
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

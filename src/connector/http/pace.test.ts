import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Failure } from '../failure.ts';
import { createMemoryBudgets } from './memory-budgets.ts';
import { afterRefusal, afterTaken, type Pace, perSecond, placed, unpaced } from './pace.ts';
import { Pressure, type Turn } from './pressure.ts';
import type { HttpRequest, Purpose } from './request.ts';

const MINUTE_MS = 60_000;

/** A hundred taken within a second, a refusal, and nine seconds of pause: ten a second. */
function refused(): Pace {
  let pace = unpaced(0);
  for (let count = 1; count <= 100; count += 1) pace = afterTaken(pace, count * 10);
  return afterRefusal(pace, 1_000, 9_000);
}

test('without a refusal requests leave as they come', () => {
  expect(perSecond(unpaced(0), 5_000)).toBe(Infinity);
  expect(placed(placed(unpaced(0), 5_000).next, 5_000).atMs).toBe(5_000);
});

test('after a refusal the pace is a little below what was taken, pause included, is back after a minute, and then forgotten', () => {
  const pace = refused();
  const after = (minutes: number): number => perSecond(pace, 10_000 + minutes * MINUTE_MS);
  expect(after(0)).toBeCloseTo(8.5);
  expect(after(1)).toBeCloseTo(10);
  expect(after(2)).toBeCloseTo(11.5);
  expect(after(7)).toBe(Infinity);
});

test('places follow each other at the pace, from the end of the pause', () => {
  const first = placed(refused(), 2_000);
  const second = placed(first.next, 2_000);
  expect(first.atMs).toBe(10_000);
  expect(second.atMs - first.atMs).toBeCloseTo(1_000 / 8.5);
});

test('a lone refusal slows nothing', () => {
  expect(perSecond(afterRefusal(afterTaken(unpaced(0), 10), 20, 5_000), 5_020)).toBe(Infinity);
});

test('our own silence does not count as slowness of the system', () => {
  let pace = unpaced(0);
  for (let count = 1; count <= 40; count += 1) pace = afterTaken(pace, count * MINUTE_MS);
  pace = afterRefusal(pace, 41 * MINUTE_MS, 0);
  expect(perSecond(pace, 42 * MINUTE_MS)).toBeCloseTo(2);
});

test('no run of refusals makes it faster, stops it, or slows it to less than a half at once', () => {
  const steps = fc.array(fc.tuple(fc.nat(3_000), fc.nat(20_000), fc.boolean()), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (events) => {
      let [pace, nowMs] = [refused(), 10_000];
      for (const [gapMs, pauseMs, ok] of events) {
        nowMs += gapMs;
        const before = perSecond(pace, nowMs);
        pace = ok ? afterTaken(pace, nowMs) : afterRefusal(pace, nowMs, pauseMs);
        if (ok) continue;
        nowMs += pauseMs;
        const now = perSecond(pace, nowMs);
        expect(now).toBeLessThanOrEqual(Math.max(before, 0.5));
        expect(now).toBeGreaterThanOrEqual(Math.max(0.85 * 0.5, before === Infinity ? 0 : before * 0.42));
      }
    }),
  );
});

const REFUSAL: Failure = { kind: 'rateLimited', code: 'acme.rate_limited', message: 'too many' };

function gaugeOf(clock: ManualClock, atOnce: number): Pressure {
  return new Pressure({
    connectionKey: 'one',
    limits: [],
    budgets: createMemoryBudgets(clock),
    clock,
    concurrency: { start: atOnce, max: atOnce },
    waitMsMax: 10_000,
  });
}

function requestOf(purpose: Purpose): HttpRequest {
  const { signal } = new AbortController();
  return { operation: 'read', method: 'GET', path: '/', effect: 'read', purpose, signal };
}

async function turnIn(gauge: Pressure, purpose: Purpose = 'delivery'): Promise<Turn> {
  const entered = await gauge.enter(requestOf(purpose));
  if ('kind' in entered) throw new Error(`held back: ${entered.kind}`);
  return entered;
}

async function refuse(turn: Turn, pauseMs: number): Promise<void> {
  await turn.leave({ kind: 'throttled', pauseMs, limit: null, ok: true, failure: REFUSAL });
}

/** Runs what is due without letting time pass. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

test('who waits at the gate when the system refuses does not leave before the pause is over', async () => {
  const clock = new ManualClock();
  const gauge = gaugeOf(clock, 1);
  const first = await turnIn(gauge);
  let left = false;
  const waiting = turnIn(gauge).then(async (turn) => {
    left = true;
    await turn.leave({ kind: 'worked' });
  });
  await settle();
  await refuse(first, 5_000);
  await settle();
  clock.advance(4_999);
  await settle();
  expect(left).toBe(false);
  clock.advance(1);
  await waiting;
});

test('a limit that nobody declared is refused once, and then kept to; people do not queue', async () => {
  const clock = new ManualClock();
  const gauge = gaugeOf(clock, 4);
  for (let count = 0; count < 100; count += 1) {
    await (await turnIn(gauge)).leave({ kind: 'worked' });
    clock.advance(10);
  }
  await refuse(await turnIn(gauge), 9_000);
  clock.advance(9_000);
  await (await turnIn(gauge)).leave({ kind: 'worked' });
  let next = 0;
  const later = [turnIn(gauge), turnIn(gauge)].map(async (turn) => {
    await (await turn).leave({ kind: 'worked' });
    next += 1;
  });
  await settle();
  expect(next).toBe(0);
  await (await turnIn(gauge, 'person')).leave({ kind: 'worked' });
  clock.advance(118);
  await settle();
  expect(next).toBe(1);
  clock.advance(118);
  await Promise.all(later);
});

test('who cannot have a place in time fails by what the system said', async () => {
  const clock = new ManualClock();
  const gauge = gaugeOf(clock, 1);
  await refuse(await turnIn(gauge), 30_000);
  expect(await gauge.enter(requestOf('delivery'))).toEqual({
    kind: 'budget',
    limit: 'all',
    waitMs: 30_000,
    why: 'paused',
    pausedBy: { code: REFUSAL.code, message: REFUSAL.message },
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { seededRandom } from '../../lib/random.ts';
import type { Failure } from '../failure.ts';
import { afterSuccess, afterThrottle, startConcurrency } from './aimd.ts';
import { afterOutcome, type Breaker, BREAKER_POLICY, CLOSED, entering } from './breaker.ts';
import { type BudgetStore, DAILY_CEILINGS, type Limit } from './budget.ts';
import { createMemoryBudgets } from './memory-budgets.ts';
import { type Halt, Pressure, type PressureOptions, type Turn } from './pressure.ts';
import type { HttpRequest, Purpose } from './request.ts';
import { RETRY_AFTER_MS_MAX, retryAfterMs } from './retry-after.ts';
import { fullJitterMs, RetryBudget } from './retry.ts';

const NEVER = new AbortController().signal;
const REQUEST: HttpRequest = {
  operation: 'read',
  method: 'GET',
  path: '/',
  effect: 'read',
  purpose: 'capture',
  signal: NEVER,
};
const PER_SECOND: Limit = {
  name: 'rate',
  units: 100,
  refill: { kind: 'steady', unitsPerSecond: 100 },
  costDefault: 1,
};

function pressure(more: Partial<PressureOptions> = {}): {
  readonly clock: ManualClock;
  readonly gauge: Pressure;
} {
  const clock = new ManualClock();
  const options = {
    connectionKey: 'one',
    limits: [],
    budgets: createMemoryBudgets(clock),
    clock,
    waitMsMax: 0,
  };
  return {
    clock,
    gauge: new Pressure({
      ...options,
      concurrency: { start: 1_000, max: 1_000 },
      ...more,
      ...(more.clock === undefined ? {} : { clock: more.clock }),
    }),
  };
}

function turnOf(entered: Turn | Halt): Turn {
  if ('kind' in entered) throw new Error(`held back: ${entered.kind}`);
  return entered;
}

test('the number of requests at once stays between one and its maximum, and halves once for one burst of throttling', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(20)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 40 }), (outcomes, max) => {
      let state = startConcurrency(4, max);
      for (const [ok, lag] of outcomes) {
        const before = state;
        state = ok ? afterSuccess(state) : afterThrottle(state, state.epoch - lag);
        expect(state.limit).toBeGreaterThanOrEqual(1);
        expect(state.limit).toBeLessThanOrEqual(Math.max(max, 1));
        expect(state.limit - before.limit).toBeLessThanOrEqual(1);
        const halved = lag > 0 ? before.limit : Math.max(1, Math.floor(before.limit / 2));
        expect(ok || state.limit === halved).toBe(true);
      }
    }),
  );
});

test('a window without throttling brings one more', () => {
  let state = startConcurrency(4, 16);
  for (let count = 0; count < 4; count += 1) state = afterSuccess(state);
  expect(state.limit).toBe(5);
});

test('an open breaker opens in bounded time for exactly one probe, whose outcome decides', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.boolean(), (outcomes, probeOk) => {
      const failing = [...outcomes, ...Array.from({ length: 20 }, () => false)];
      const open = failing.reduce<Breaker>((state, ok) => afterOutcome(state, ok, 0), CLOSED);
      const { waitMs } = entering(open, 0);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(BREAKER_POLICY.openMsMax);
      const atMs = waitMs ?? 0;
      expect(entering(open, atMs - 1).waitMs).toBe(1);
      const probe = entering(open, atMs);
      expect(probe.waitMs).toBeNull();
      expect(entering(probe.next, atMs).waitMs).toBeGreaterThan(0);
      expect(afterOutcome(probe.next, probeOk, atMs).kind).toBe(probeOk ? 'closed' : 'open');
    }),
  );
});

test('every failed probe doubles the time to the next one, up to its maximum', () => {
  let breaker: Breaker = { kind: 'open', untilMs: 0, openMs: BREAKER_POLICY.openMs };
  let nowMs = 0;
  const waits = Array.from({ length: 8 }, () => {
    breaker = afterOutcome(entering(breaker, nowMs).next, false, nowMs);
    const waitMs = entering(breaker, nowMs).waitMs ?? 0;
    nowMs += waitMs;
    return waitMs / 1_000;
  });
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
});

const after = (outcomes: string): Breaker['kind'] =>
  [...outcomes].reduce<Breaker>((state, one) => afterOutcome(state, one === '+', 0), CLOSED).kind;

test('a breaker needs several failures, and as many as successes', () => {
  expect(['----', '-----', '+++--', '++---', '++++++----', '+-+-+-'].map(after)).toEqual([
    'closed',
    'open',
    'closed',
    'open',
    'closed',
    'open',
  ]);
});

test('retries are at most a tenth of the requests and a few', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (steps) => {
      const budget = new RetryBudget();
      let requests = 0;
      let retries = 0;
      for (const isRequest of steps) {
        if (isRequest) {
          budget.earn();
          requests += 1;
        } else if (budget.spend()) retries += 1;
        expect(retries).toBeLessThanOrEqual(2 + requests / 10 + 1e-6);
      }
    }),
  );
  const steady = new RetryBudget();
  while (steady.spend());
  for (let count = 0; count < 10; count += 1) steady.earn();
  expect([steady.spend(), steady.spend()]).toEqual([true, false]);
});

test('a wait before a retry is anything from nothing to a doubling span', () => {
  const random = seededRandom(3);
  for (const [tries, spanMs] of [
    [1, 250],
    [2, 500],
    [9, 5_000],
  ] as const) {
    const waits = Array.from({ length: 500 }, () => fullJitterMs(tries, random));
    expect(Math.max(...waits)).toBeLessThan(spanMs);
    expect(Math.max(...waits)).toBeGreaterThan(spanMs * 0.9);
    expect(Math.min(...waits)).toBeLessThan(spanMs * 0.1);
  }
});

test.each([
  ['5', 5_000],
  ['0', 0],
  ['1.5', 1_500],
  ['-3', 0],
  ['Fri, 15 Jan 2027 08:00:30 GMT', 30_000],
  ['Fri, 15 Jan 1999 08:00:30 GMT', 0],
  ['99999999999', RETRY_AFTER_MS_MAX],
  ['Infinity', RETRY_AFTER_MS_MAX],
  ['soon', null],
  ['', null],
])('Retry-After %j asks for %j ms', (header, expected) => {
  expect(retryAfterMs(header, Date.UTC(2027, 0, 15, 8))).toBe(expected);
});

test('workers of one connection together stay within its limit, and ask the store far less often than they send', async () => {
  const clock = new ManualClock();
  const memory = createMemoryBudgets(clock);
  let trips = 0;
  const budgets: BudgetStore = {
    ...memory,
    reserve: async (key, wish) => {
      trips += 1;
      return await memory.reserve(key, wish);
    },
  };
  const workers = [1, 2, 3].map(() => pressure({ limits: [PER_SECOND], budgets, clock }).gauge);
  let sent = 0;
  const seconds = 20;
  for (let tick = 0; tick < seconds * 10; tick += 1) {
    for (const worker of workers)
      for (let count = 0; count < 20; count += 1) {
        const entered = await worker.enter(REQUEST);
        if ('kind' in entered) break;
        sent += 1;
        await entered.leave({ kind: 'worked' });
      }
    clock.advance(100);
  }
  expect(sent).toBeLessThanOrEqual(100 + seconds * 100);
  expect(sent).toBeGreaterThan(seconds * 90);
  const refusals = seconds * 10 * workers.length;
  expect(trips - refusals).toBeLessThan(sent / 2);
});

test('a worker that has a limit for itself makes about one trip a second', async () => {
  const clock = new ManualClock();
  const memory = createMemoryBudgets(clock);
  let trips = 0;
  const budgets: BudgetStore = {
    ...memory,
    reserve: async (key, wish) => {
      trips += 1;
      return await memory.reserve(key, wish);
    },
  };
  const { gauge } = pressure({ limits: [PER_SECOND], budgets, clock });
  for (let count = 0; count < 1_000; count += 1) {
    await turnOf(await gauge.enter(REQUEST)).leave({ kind: 'worked' });
    clock.advance(20);
  }
  expect(trips).toBeLessThan(60);
});

test('what a worker took and did not use is there for others after it closed', async () => {
  const clock = new ManualClock();
  const budgets = createMemoryBudgets(clock);
  const limit: Limit = { ...PER_SECOND, refill: { kind: 'window', windowMs: 86_400_000 } };
  const one = pressure({ limits: [limit], budgets, clock }).gauge;
  for (let count = 0; count < 10; count += 1)
    await turnOf(await one.enter(REQUEST)).leave({ kind: 'worked' });
  await one.close();
  const two = pressure({ limits: [limit], budgets, clock }).gauge;
  for (let count = 0; count < 90; count += 1)
    await turnOf(await two.enter(REQUEST)).leave({ kind: 'worked' });
  expect(await two.enter(REQUEST)).toMatchObject({ kind: 'budget', why: 'spent' });
});

test('as a day runs out, sweeps stop first and people last', async () => {
  const limit: Limit = {
    name: 'daily',
    units: 1_000,
    refill: { kind: 'window', windowMs: 86_400_000 },
    costDefault: 1,
    ceilings: DAILY_CEILINGS,
  };
  const { gauge } = pressure({ limits: [limit] });
  const sent: Partial<Record<Purpose, number>> = {};
  for (const purpose of ['sweep', 'capture', 'delivery', 'resolve', 'person'] as const) {
    for (;;) {
      const entered = await gauge.enter({ ...REQUEST, purpose });
      if ('kind' in entered) break;
      await entered.leave({ kind: 'worked' });
      sent[purpose] = (sent[purpose] ?? 0) + 1;
    }
  }
  expect(sent).toEqual({ sweep: 800, capture: 100, delivery: 50, resolve: 30, person: 20 });
});

test('a limit that was hit holds up only who needs it, in every worker', async () => {
  const clock = new ManualClock();
  const budgets = createMemoryBudgets(clock);
  const search: Limit = { ...PER_SECOND, name: 'search', costDefault: 0 };
  const workers = [1, 2].map(() => pressure({ limits: [PER_SECOND, search], budgets, clock }).gauge);
  const [one, two] = workers as [Pressure, Pressure];
  const searching = { ...REQUEST, operation: 'search', cost: { search: 1 } };
  const turn = turnOf(await one.enter(searching));
  const failure: Failure = { kind: 'rateLimited', code: 'acme.searches', message: 'too many searches' };
  await turn.leave({ kind: 'throttled', pauseMs: 5_000, limit: 'search', ok: true, failure });
  const paused = { kind: 'budget', limit: 'search', why: 'paused' };
  // The one that did not hear it tells it all the same.
  const pausedBy = { code: 'acme.searches', message: 'too many searches' };
  for (const worker of [one, two])
    expect(await worker.enter(searching)).toMatchObject({ ...paused, pausedBy });
  await turnOf(await two.enter(REQUEST)).leave({ kind: 'worked' });
  clock.advance(5_000);
  await turnOf(await two.enter(searching)).leave({ kind: 'worked' });
});

test('what a request did not really cost is given back, and what the system says is left counts', async () => {
  const points: Limit = {
    name: 'points',
    units: 100,
    refill: { kind: 'steady', unitsPerSecond: 0 },
    costDefault: 50,
  };
  const { gauge } = pressure({ limits: [points] });
  for (let count = 0; count < 5; count += 1)
    await turnOf(await gauge.enter(REQUEST)).leave({ kind: 'worked' }, { points: { unitsCharged: 10 } });
  await turnOf(await gauge.enter(REQUEST)).leave(
    { kind: 'worked' },
    { points: { unitsRemaining: 2, unitsCharged: 10 } },
  );
  expect(await gauge.enter(REQUEST)).toMatchObject({ kind: 'budget', why: 'spent' });
});

test('a header that is no number changes nothing', async () => {
  const points: Limit = {
    name: 'points',
    units: 3,
    refill: { kind: 'steady', unitsPerSecond: 0 },
    costDefault: 1,
  };
  const { gauge } = pressure({ limits: [points] });
  const nonsense = {
    points: { unitsCharged: NaN, unitsRemaining: NaN, unitsMax: Infinity, resetsInMs: NaN },
  };
  for (let count = 0; count < 3; count += 1)
    await turnOf(await gauge.enter(REQUEST)).leave({ kind: 'worked' }, nonsense);
  expect(await gauge.enter(REQUEST)).toMatchObject({ kind: 'budget', why: 'spent' });
});

test('who waits at the gate enters by purpose, then in order; who gives up leaves no gap', async () => {
  const clock = new ManualClock();
  const { gauge } = pressure({ clock, waitMsMax: 60_000, concurrency: { start: 1, max: 1 } });
  const first = turnOf(await gauge.enter(REQUEST));
  const order: string[] = [];
  const gone = new AbortController();
  const ask = async (name: string, purpose: Purpose, signal = NEVER): Promise<void> => {
    const entered = await gauge.enter({ ...REQUEST, purpose, signal });
    order.push('kind' in entered ? `${name} ${entered.kind}` : name);
    if (!('kind' in entered)) await entered.leave({ kind: 'worked' });
  };
  const asked = [
    ask('sweep', 'sweep'),
    ask('impatient', 'person', gone.signal),
    ask('delivery 1', 'delivery'),
    ask('delivery 2', 'delivery'),
    ask('person', 'person'),
  ];
  await Promise.resolve();
  await Promise.resolve();
  gone.abort();
  await first.leave({ kind: 'worked' });
  await Promise.all(asked);
  expect(order).toEqual(['impatient interrupted', 'person', 'delivery 1', 'delivery 2', 'sweep']);
});

/** What must hold of every `BudgetStore`, as cases that any of them can be put through. */
import { isDeepStrictEqual } from 'node:util';

import { assert } from '../../lib/assert.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import { casesOn, type StagedCase } from '../staged-case.ts';
import type { BudgetKey, BudgetStore, Grant, Limit } from './budget.ts';

/** A store without any bucket, and its time. */
export interface BudgetStage {
  readonly store: BudgetStore;
  /** The store's own time in milliseconds. It may also pass by itself. */
  nowMs(): Promise<number>;
  /** Lets that much time pass for all buckets. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const HISTORIES = 20;
const STEPS = 40;
/** Fractions of a unit that get lost in the arithmetic of stores. */
const ROUNDING = 1e-3;

const STEADY: Limit = {
  name: 'steady',
  units: 50,
  refill: { kind: 'steady', unitsPerSecond: 10 },
  costDefault: 1,
};
const WINDOW: Limit = {
  name: 'window',
  units: 50,
  refill: { kind: 'window', windowMs: 3_600_000 },
  costDefault: 1,
};
const GUARDED: Limit = { ...WINDOW, name: 'guarded', ceilings: { sweep: 0.5 } };

/** The cases, each on a stage of its own. */
export function budgetStoreSuite(openStage: () => Promise<BudgetStage>): readonly StagedCase[] {
  const on = casesOn(openStage);
  return [
    on('in no stretch of time is more granted than the bucket held and was filled with', neverTooMuch),
    on('a wait that is sat out brings the units', waitingHelps),
    on('two who ask at the same time do not get the same units', together),
    on('what is put back can be had again, once', puttingBack),
    on('units of a window that is over cannot be put back', lateReturn),
    on('a pause holds for everybody and for its whole length', pausing),
    on('a ceiling keeps the rest for others', ceilings),
    on('at a ceiling one in five minutes goes through, and hears of a limit that was raised', probing),
    on(
      'past a spent window one in five minutes goes through, and hears of a limit that was raised',
      probingSpent,
    ),
    on('what the system says lowers the bucket and never raises it above the limit', learning),
    on('a wish larger than the bucket gets all of it rather than nothing for ever', largeWish),
    on('buckets of other connections and limits are untouched', apart),
  ];
}

const keyOf = (limit: Limit, connectionKey = 'one'): BudgetKey => ({ connectionKey, limit });

async function take(
  stage: BudgetStage,
  key: BudgetKey,
  units: number,
  purpose: 'delivery' | 'sweep' = 'delivery',
): Promise<Grant> {
  return await stage.store.reserve(key, { unitsMin: units, unitsMax: units, purpose });
}

/** Takes one by one until nothing is left; how many there were. */
async function drain(
  stage: BudgetStage,
  key: BudgetKey,
  purpose: 'delivery' | 'sweep' = 'delivery',
): Promise<number> {
  for (let units = 0; units <= 1_000; units += 1) {
    const grant = await take(stage, key, 1, purpose);
    if (grant.kind === 'later') return units;
  }
  return Infinity;
}

async function neverTooMuch(stage: BudgetStage): Promise<void> {
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const limit = seed % 2 === 0 ? STEADY : WINDOW;
    await history(stage, keyOf(limit, `history ${String(seed)}`), seededRandom(seed));
  }
}

async function history(stage: BudgetStage, key: BudgetKey, random: Random): Promise<void> {
  const { refill, units } = key.limit;
  const startMs = await stage.nowMs();
  let used = 0;
  for (let step = 0; step < STEPS; step += 1) {
    if (random.fraction() < 0.3) await stage.pass(Math.floor(random.fraction() * 2_000));
    const unitsMin = 1 + Math.floor(random.fraction() * 5);
    const wish = {
      unitsMin,
      unitsMax: unitsMin + Math.floor(random.fraction() * 50),
      purpose: 'delivery',
    } as const;
    const grant = await stage.store.reserve(key, wish);
    if (grant.kind === 'later') assert(grant.waitMs > 0, 'a wait has a length');
    else {
      assert(
        grant.units >= unitsMin - ROUNDING && grant.units <= wish.unitsMax + ROUNDING,
        'a grant fits the wish',
      );
      assert(grant.validMs > 0, 'a grant can be used');
      used += grant.units;
    }
    const seconds = ((await stage.nowMs()) - startMs) / 1_000;
    const filled = refill.kind === 'steady' ? seconds * refill.unitsPerSecond : 0;
    assert(used <= units + filled + ROUNDING, 'no more is granted than there was');
  }
}

async function waitingHelps(stage: BudgetStage): Promise<void> {
  for (const limit of [STEADY, WINDOW]) {
    const key = keyOf(limit);
    await drain(stage, key);
    const grant = await take(stage, key, 5);
    assert(grant.kind === 'later' && grant.why === 'spent', 'the bucket is empty');
    await stage.pass(grant.waitMs);
    assert((await take(stage, key, 5)).kind === 'granted', 'after the wait the units are there');
  }
}

async function together(stage: BudgetStage): Promise<void> {
  const grants = await Promise.all(Array.from({ length: 80 }, () => take(stage, keyOf(WINDOW), 1)));
  const granted = grants.filter(({ kind }) => kind === 'granted').length;
  assert(granted === WINDOW.units, 'each unit is granted once');
}

async function puttingBack(stage: BudgetStage): Promise<void> {
  const key = keyOf(WINDOW);
  const first = await take(stage, key, 1);
  assert(first.kind === 'granted', 'a full bucket gives');
  await drain(stage, key);
  const unused = { units: 1, lot: first.lot };
  await stage.store.reserve(key, { unitsMin: 0, unitsMax: 0, purpose: 'delivery', unused });
  assert((await drain(stage, key)) === 1, 'one unit came back');
}

async function lateReturn(stage: BudgetStage): Promise<void> {
  const key = keyOf(WINDOW);
  const first = await take(stage, key, 1);
  assert(first.kind === 'granted', 'a full bucket gives');
  await stage.pass(3_600_000);
  const used = await drain(stage, key);
  assert(used === WINDOW.units, 'a new window is full');
  const unused = { units: 1, lot: first.lot };
  const grant = await stage.store.reserve(key, { unitsMin: 1, unitsMax: 1, purpose: 'delivery', unused });
  assert(grant.kind === 'later', 'the old window gives nothing');
}

const REASON = { code: 'acme.daily_limit', message: 'the daily limit is reached', advice: 'Wait.' };

async function pausing(stage: BudgetStage): Promise<void> {
  const key = keyOf(STEADY);
  await stage.store.pause(key, 600_000, REASON);
  await stage.store.pause(key, 1_000, null);
  await stage.pass(300_000);
  const grant = await take(stage, key, 1);
  assert(grant.kind === 'later' && grant.why === 'paused', 'a shorter pause does not end a longer one');
  assert(isDeepStrictEqual(grant.pausedBy, REASON), 'everybody is told what the system said');
  await stage.pass(grant.waitMs);
  assert((await take(stage, key, 1)).kind === 'granted', 'a pause ends');
}

async function ceilings(stage: BudgetStage): Promise<void> {
  const key = keyOf(GUARDED);
  assert((await drain(stage, key, 'sweep')) === 25, 'sweeps get half');
  const grant = await take(stage, key, 1, 'sweep');
  assert(grant.kind === 'later' && grant.why === 'ceiling', 'and are told why they get no more');
  assert((await drain(stage, key)) === 25, 'the other half is for deliveries');
}

async function probing(stage: BudgetStage): Promise<void> {
  const key = keyOf(GUARDED);
  await drain(stage, key, 'sweep');
  const first = await take(stage, key, 1, 'sweep');
  assert(
    first.kind === 'later' && first.waitMs <= 300_000,
    'it is worth while to come again in five minutes',
  );
  await stage.pass(first.waitMs);
  const probe = await take(stage, key, 1, 'sweep');
  assert(probe.kind === 'granted' && probe.units === 1, 'one goes through');
  assert((await take(stage, key, 1, 'sweep')).kind === 'later', 'and no other');
  await stage.store.learn(key, { unitsMax: 500 });
  assert((await take(stage, key, 1, 'sweep')).kind === 'granted', 'a raised limit is known from then on');
}

async function probingSpent(stage: BudgetStage): Promise<void> {
  const key = keyOf(WINDOW);
  await drain(stage, key);
  const first = await take(stage, key, 1);
  assert(
    first.kind === 'later' && first.waitMs <= 300_000,
    'the window ends in an hour, and is asked sooner',
  );
  await stage.pass(first.waitMs);
  assert((await take(stage, key, 1)).kind === 'granted', 'one goes through');
  const second = await take(stage, key, 1);
  assert(second.kind === 'later' && second.waitMs > 200_000, 'and no other');
  await stage.store.learn(key, { unitsMax: WINDOW.units + 10 });
  assert((await drain(stage, key)) === 10, 'a raised limit is known from then on, with what it has more');
  await stage.pass(3_600_000);
  assert((await drain(stage, key)) === WINDOW.units + 10, 'and for the windows to come');
}

async function learning(stage: BudgetStage): Promise<void> {
  const key = keyOf(WINDOW);
  await take(stage, key, 1);
  await stage.store.learn(key, { unitsRemaining: 7 });
  await stage.store.learn(key, { unitsRemaining: 40 });
  assert((await drain(stage, key)) === 7, 'the lower number counts');
  await stage.store.learn(key, { unitsMax: 60, resetsInMs: 5_000 });
  assert((await drain(stage, key)) === 10, 'a larger bucket has room for more');
  await stage.pass(5_000);
  assert((await drain(stage, key)) === 60, 'the window ends when the system says');
}

async function largeWish(stage: BudgetStage): Promise<void> {
  const grant = await take(stage, keyOf(WINDOW), 1_000);
  assert(grant.kind === 'granted' && grant.units === WINDOW.units, 'a wish is cut to the bucket');
}

async function apart(stage: BudgetStage): Promise<void> {
  await drain(stage, keyOf(WINDOW));
  await stage.store.pause(keyOf(WINDOW), 1_000, null);
  assert((await take(stage, keyOf(WINDOW, 'two'), 1)).kind === 'granted', 'another connection');
  assert((await take(stage, keyOf(GUARDED), 1)).kind === 'granted', 'another limit');
}

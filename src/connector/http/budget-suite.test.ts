import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { budgetStoreSuite, type BudgetStage } from './budget-suite.ts';
import type { BudgetStore } from './budget.ts';
import { createMemoryBudgets } from './memory-budgets.ts';

async function stage(change: (store: BudgetStore) => BudgetStore = (store) => store): Promise<BudgetStage> {
  const clock = new ManualClock();
  return {
    store: change(createMemoryBudgets(clock)),
    nowMs: async () => clock.monotonicMs(),
    pass: async (ms) => clock.advance(ms),
    close: async () => undefined,
  };
}

test.each(budgetStoreSuite(stage))('in memory: $title', async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

const BREACHES: Readonly<Record<string, (store: BudgetStore) => BudgetStore>> = {
  'grants everything': (store) => ({
    ...store,
    reserve: async (_, { unitsMin }) => ({ kind: 'granted', units: unitsMin, validMs: 1, lot: 0 }),
  }),
  'ignores pauses': (store) => ({ ...store, pause: async () => undefined }),
  'learns nothing': (store) => ({ ...store, learn: async () => undefined }),
  'loses what is put back': (store) => ({
    ...store,
    reserve: async (key, { unitsMin, unitsMax, purpose }) =>
      await store.reserve(key, { unitsMin, unitsMax, purpose }),
  }),
  'has one bucket for all': (store) => ({
    ...store,
    reserve: async ({ limit }, wish) => await store.reserve({ connectionKey: 'all', limit }, wish),
  }),
  'knows no purposes': (store) => ({
    ...store,
    reserve: async (key, wish) => await store.reserve(key, { ...wish, purpose: 'delivery' }),
  }),
};

test.each(Object.entries(BREACHES))('a store that %s fails the suite', async (_, breach) => {
  const failed = await Promise.all(
    budgetStoreSuite(() => stage(breach)).map(({ run }) =>
      run().then(
        () => 0,
        () => 1,
      ),
    ),
  );
  expect(failed).toContain(1);
});

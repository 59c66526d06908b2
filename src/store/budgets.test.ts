import { expect, test } from 'vitest';

import { sharedTestStore } from '../../test/support/sync.ts';
import { budgetStoreSuite, type BudgetStage } from '../connector/http/budget-suite.ts';
import { createBudgets } from '../connector/http/create-budgets.ts';
import { bucketRows } from './budgets.ts';
import { ensureWorkspace } from './control.ts';

const store = sharedTestStore();

/** Time passes by moving everything that is stored into the past. */
async function stage(): Promise<BudgetStage> {
  const { database, workspaceNo, raw } = store;
  await raw.pool.query('truncate budgets');
  let passedMs = 0;
  return {
    store: createBudgets(bucketRows(database, workspaceNo)),
    nowMs: async () => (await database.nowMs()) + passedMs,
    pass: async (ms) => {
      passedMs += ms;
      await raw.pool.query(
        `update budgets set at_ms = at_ms - $1::float8, window_ends_ms = window_ends_ms - $1::float8,
                            paused_until_ms = paused_until_ms - $1::float8, probed_at_ms = probed_at_ms - $1::float8`,
        [ms],
      );
    },
    close: async () => undefined,
  };
}

test.each(budgetStoreSuite(stage))('in PostgreSQL: $title', async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

test('a bucket is the same for all workers of a workspace, and another one in every other', async () => {
  await store.raw.pool.query('truncate budgets');
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  const budgetsOf = (workspaceNo: number): ReturnType<typeof createBudgets> =>
    createBudgets(bucketRows(store.database, workspaceNo));
  const key = {
    connectionKey: 'crm',
    limit: { name: 'daily', units: 3, refill: { kind: 'steady', unitsPerSecond: 0 }, costDefault: 1 },
  } as const;
  const all = { unitsMin: 3, unitsMax: 3, purpose: 'delivery' } as const;
  expect((await budgetsOf(store.workspaceNo).reserve(key, all)).kind).toBe('granted');
  expect((await budgetsOf(store.workspaceNo).reserve(key, all)).kind).toBe('later');
  expect((await budgetsOf(other).reserve(key, all)).kind).toBe('granted');
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import {
  createTestRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../test/support/sync.ts';
import { SIDE_EMPTIED } from './emptied.ts';
import { deliverAll, observeAll, SweepFailed } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
let store: TestStore;

beforeAll(async () => {
  store = await createTestStore();
});
afterAll(() => store.close());

async function start(name: string): Promise<{
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
}> {
  const crm = new MemorySystem({ card: { feed: 'none', deletes: 'lookup' } });
  const erp = new MemorySystem();
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  const ids = ['ann', 'bob'].map((one) =>
    crm.create({ email: `${one}@x.test`, name: one, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(2);
  for (const id of ids) crm.remove(id);
  return { crm, erp, runtime };
}

test('nothing is concluded from a side that was emptied, until somebody says that it was meant', async () => {
  const { erp, runtime } = await start('meant');
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(2);
  expect(await runtime.transaction((tx) => tx.streamFailure('crm', 'sweep'))).toMatchObject({
    code: SIDE_EMPTIED,
  });
  await runtime.transaction((tx) => tx.sayEmptied('crm'));
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(0);
  expect(await runtime.transaction((tx) => tx.streamFailure('crm', 'sweep'))).toBeNull();
});

test('what was said once is not believed for ever', async () => {
  const { erp, runtime } = await start('long-ago');
  await runtime.transaction((tx) => tx.sayEmptied('crm'));
  await store.raw.pool.query(`update streams set emptied_at = now() - interval '61 minutes'`);
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(2);
});

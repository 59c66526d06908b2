import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SnapshotPage, SnapshotRequest } from '../connector/contract.ts';
import { emptiedSides, SIDE_EMPTIED } from './emptied.ts';
import { deliverAll, observeAll, SweepFailed } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

async function start(
  name: string,
  crm = new MemorySystem({ card: { feed: 'none', deletes: 'lookup' } }),
): Promise<{ readonly erp: MemorySystem; readonly runtime: SyncRuntime }> {
  const erp = new MemorySystem();
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  const ids = ['ann', 'bob'].map((one) =>
    crm.create({ email: `${one}@x.test`, name: one, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(2);
  for (const id of ids) crm.remove(id);
  return { erp, runtime };
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

/** Tells of every moment of a snapshot at which it has shown nothing yet. */
class Shown extends MemorySystem {
  onNothing: () => Promise<void> = () => Promise.resolve();

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    await this.onNothing();
    yield { records: [], unreadable: [], resume: null, complete: false };
    await this.onNothing();
    yield* super.readAll(request);
  }
}

test('while an emptied side is read again it still counts as emptied, until records are seen', async () => {
  const crm = new Shown({ card: { feed: 'none', deletes: 'lookup' } });
  const { runtime } = await start('again', crm);
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  const emptied: (readonly string[])[] = [];
  crm.onNothing = async () => {
    emptied.push(await runtime.transaction((tx) => emptiedSides(tx, ['crm'])));
  };
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  expect(emptied).toEqual([['crm'], ['crm']]);
  crm.create({ email: 'ann@x.test', name: 'ann', phone: null, city: null });
  await observeAll(runtime, signal);
  expect(await runtime.transaction((tx) => emptiedSides(tx, ['crm']))).toEqual([]);
});

test('what was said once is not believed for ever', async () => {
  const { erp, runtime } = await start('long-ago');
  await runtime.transaction((tx) => tx.sayEmptied('crm'));
  await store.raw.pool.query(`update streams set emptied_at = now() - interval '61 minutes'`);
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(2);
});

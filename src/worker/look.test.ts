import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { resolveUnknown } from './resolve.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

test('of a record deleted while a person was asked for it, an answer that comes after all leaves the rest to a sweep', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem({ card: { createIdentity: 'none' } })];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'late' }), {
    crm,
    erp,
  });
  const side = must(runtime.sides.get('erp'), 'a side');
  const asked = async (): Promise<readonly string[]> => {
    const holds = await store.database.transaction(store.workspaceNo, (tx) =>
      openHolds(tx, runtime.syncKey, null, 10),
    );
    return holds.map(({ reason }) => reason);
  };
  const statusOf = async (recordId: string): Promise<string | undefined> =>
    (await runtime.transaction((tx) => tx.recordsOf('erp', [recordId]))).get(recordId)?.status;
  crm.create({ email: 'kim@x.test', name: 'Kim' });
  await observeAll(runtime, signal);
  let kim = '';
  const given = erp.write.bind(erp);
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    kim = erp.find1('email', 'kim@x.test').id;
    await store.raw.pool.query(`update writes set lease_until = '-infinity'`);
    await runtime.transaction((tx) => tx.reapSent(0));
    await resolveUnknown(runtime, side);
    expect(await asked()).toEqual(['createOutcomeUnknown']);
    erp.remove(kim);
    await captureChanges(runtime, side, false, signal);
    await settleRecords(runtime, signal);
    expect(await statusOf(kim)).toBe('gone');
    return results;
  };
  await deliverBatch(runtime, side);
  erp.write = given;
  await settleRecords(runtime, signal);
  expect(await asked()).toEqual([]);
  expect(await statusOf(kim)).toBe('hidden');
  // Nothing else was there, so that its absence proved nothing; now there is.
  crm.create({ email: 'bob@x.test', name: 'Bob' });
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'a side'), false, signal);
  await settleRecords(runtime, signal);
  await deliverAll(runtime, signal);
  await observeAll(runtime, signal);
  expect(await statusOf(kim)).toBe('gone');
});

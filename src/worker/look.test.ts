import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

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

/** Ann's record at the crm and her copy at the erp, and others at both. */
async function known(
  name: string,
): Promise<{ crm: MemorySystem; erp: MemorySystem; runtime: SyncRuntime; ann: string; bob: string }> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  const [ann = '', bob = ''] = ['Ann', 'Bob', 'Cid'].map((person) =>
    crm.create({ email: `${person}@x.test`, name: person, phone: '1', city: null }),
  );
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  await observeAll(runtime, signal);
  return { crm, erp, runtime, ann, bob };
}

/** From now on the system takes each look at the one record for a look at the other; what is given ends that. */
function mistake(system: MemorySystem, one: string, other: string): () => void {
  const given = system.get.bind(system);
  system.get = (collection, ids) =>
    given(
      collection,
      ids.map((id) => (id === one ? other : id)),
    );
  return () => {
    system.get = given;
  };
}

test.each(['new', 'gone', 'hidden', 'merged'] as const)(
  'an answer about another record, which is %s, is none: it is asked again, and goes on when it is right',
  async (state) => {
    const { crm, erp, runtime, ann, bob } = await known(`another-${state}`);
    const crmSide = must(runtime.sides.get('crm'), 'a side');
    const copy = erp.find1('email', 'Ann@x.test');
    const before = { ...copy.fields };
    const { length } = erp.log;
    if (state === 'gone') crm.remove(bob);
    if (state === 'hidden') crm.hiddenIds.add(bob);
    if (state === 'merged') crm.merge(bob, crm.find1('email', 'Cid@x.test').id);
    const other =
      state === 'new' ? crm.create({ email: 'dan@x.test', name: 'Dan', phone: '3', city: null }) : bob;
    const end = mistake(crm, ann, other);
    crm.edit(ann, { phone: '2' });
    await runtime.transaction((tx) => tx.noteHints('crm', [{ recordId: ann, kind: 'changed' }]));
    expect(await settleHints(runtime, crmSide, signal)).toBe(1);
    await deliverAll(runtime, signal);
    expect(erp.log).toHaveLength(length);
    expect(erp.all()[copy.id]).toEqual(before);
    const records = await runtime.transaction((tx) => tx.recordsOf('crm', [ann]));
    expect(records.get(ann)?.status).toBe('live');
    end();
    await store.raw.pool.query(`update hints set due_at = '-infinity' where sync_key = $1`, [
      runtime.syncKey,
    ]);
    expect(await settleHints(runtime, crmSide, signal)).toBe(1);
    await deliverAll(runtime, signal);
    expect(erp.all()[copy.id]).toEqual({ ...before, phone: '2' });
  },
);

test('an answer about another record says nothing of a write whose answer was lost', async () => {
  const { crm, erp, runtime, ann } = await known('another-lost');
  const erpSide = must(runtime.sides.get('erp'), 'a side');
  const copy = erp.find1('email', 'Ann@x.test').id;
  crm.edit(ann, { phone: '2' });
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'a side'), false, signal);
  await settleRecords(runtime, signal);
  erp.faults.push({ kind: 'loseAnswer' });
  await deliverBatch(runtime, erpSide);
  const { length } = erp.log;
  const states = async (): Promise<readonly string[]> => {
    const { rows } = await store.raw.pool.query<{ state: string }>(
      'select state from writes where sync_key = $1',
      [runtime.syncKey],
    );
    return rows.map(({ state }) => state);
  };
  const end = mistake(erp, copy, erp.find1('email', 'Bob@x.test').id);
  expect(await resolveUnknown(runtime, erpSide)).toBe(1);
  expect(await states()).toEqual(['unknown']);
  end();
  await store.raw.pool.query(
    `update writes set due_at = '-infinity', resolve_at = '-infinity' where sync_key = $1`,
    [runtime.syncKey],
  );
  expect(await resolveUnknown(runtime, erpSide)).toBe(1);
  expect(await states()).toEqual([]);
  await deliverAll(runtime, signal);
  expect(erp.log).toHaveLength(length);
});

/** What becomes of a deleted record that is brought back while its thing lives on. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

const KIM = { email: null, name: 'Kim', phone: '1', city: 'Oslo' };

const settle = (runtime: SyncRuntime): Promise<void> => captureAndDeliver(runtime, 6);

async function look(runtime: SyncRuntime, name: string): Promise<void> {
  const side = must(runtime.sides.get(name), 'a side of the sync');
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
}

/** A thing without a key whose record at erp was deleted, against an edit of its city at crm that has won. */
async function deletedAgainstAnEdit(name: string): Promise<{
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
  readonly at: string;
}> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem({ idPrefix: 'e' })];
  const definition = simpleDefinition(['crm', 'erp'], {
    name,
    deletes: { mode: 'propagate', from: ['crm', 'erp'], againstEdit: 'editWins' },
  });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const id = crm.create(KIM);
  await observeAll(runtime, signal);
  await settle(runtime);
  const at = erp.find1('name', 'Kim').id;
  crm.edit(id, { city: 'Bergen' });
  await look(runtime, 'crm');
  erp.remove(at);
  await look(runtime, 'erp');
  return { crm, erp, runtime, at };
}

test('a record that is brought back before it is made again takes its place, and gets the edit', async () => {
  const { crm, erp, runtime, at } = await deletedAgainstAnEdit('before');
  // Its old city is known, and no news beside the newer one.
  erp.restore(at, { ...KIM, phone: '2' });
  await look(runtime, 'erp');
  await settle(runtime);
  const kim = { ...KIM, phone: '2', city: 'Bergen' };
  expect(erp.all()).toEqual({ [at]: kim });
  expect(Object.values(crm.all())).toEqual([kim]);
});

test('a record that is brought back after it was made again is a second one, about which a person is asked', async () => {
  const { crm, erp, runtime, at } = await deletedAgainstAnEdit('after');
  await settle(runtime);
  expect(Object.values(erp.all())).toEqual([{ ...KIM, city: 'Bergen' }]);
  erp.restore(at, KIM);
  await settle(runtime);
  expect(crm.size).toBe(1);
  const open = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  expect(open).toMatchObject([{ side: 'erp', recordId: at, reason: 'duplicateRecord' }]);
});

test('what has got the id of a deleted record, and holds little of what that held, is a thing of its own', async () => {
  const { crm, erp, runtime, at } = await deletedAgainstAnEdit('another');
  erp.restore(at, { email: null, name: 'Lee', phone: '3', city: 'Oslo' });
  await look(runtime, 'erp');
  await settle(runtime);
  for (const system of [crm, erp]) {
    expect(system.size).toBe(2);
    expect(['Kim', 'Lee'].map((one) => system.find1('name', one).fields['city'])).toEqual(['Bergen', 'Oslo']);
  }
});

test('a record that is brought back after its thing was deleted everywhere is a new thing', async () => {
  const { crm, erp, runtime, at } = await deletedAgainstAnEdit('over');
  crm.remove(crm.find1('name', 'Kim').id);
  await look(runtime, 'crm');
  erp.restore(at, KIM);
  await settle(runtime);
  for (const system of [crm, erp]) expect(Object.values(system.all())).toEqual([KIM]);
});

/** What an edit does that is seen only after its thing was deleted elsewhere, where edits win over deletes. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';
import type { SideRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

const NAMES = ['crm', 'erp', 'shop'] as const;

test('the thing lives: what was deleted, and what went with it meanwhile, is made again with every edit', async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const definition = simpleDefinition(NAMES, {
    name: 'late',
    deletes: { mode: 'propagate', from: [...NAMES], againstEdit: 'editWins' },
  });
  const runtime = await createTestRuntime(store, definition, systems);
  const side = (name: string): SideRuntime => must(runtime.sides.get(name), 'a side of the sync');
  const look = async (name: string): Promise<void> => {
    await captureChanges(runtime, side(name), false, signal);
    await settleHints(runtime, side(name), signal);
  };
  const [{ crm, erp, shop }, kim] = [systems, { email: 'kim@x.test', name: 'Kim', phone: '1', city: 'Oslo' }];
  const id = crm.create(kim);
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 6);
  crm.edit(id, { city: 'Bergen' });
  erp.remove(erp.find1('name', 'Kim').id);
  await look('erp');
  await deliverBatch(runtime, side('shop'));
  expect(shop.size).toBe(0);
  await look('crm');
  await captureAndDeliver(runtime, 6);
  for (const system of [crm, erp, shop])
    expect(Object.values(system.all())).toEqual([{ ...kim, city: 'Bergen' }]);
  const asked = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  expect(asked).toEqual([]);
});

test('what another record had been given while nobody was to know whether it lives is merged as well', async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const definition = simpleDefinition(NAMES, {
    name: 'late-too',
    deletes: { mode: 'propagate', from: [...NAMES], againstEdit: 'editWins' },
    fields: simpleDefinition(NAMES).fields.map((field) =>
      field.name === 'phone' ? { ...field, policy: { owners: [{ side: 'crm' }], resolve: [] } } : field,
    ),
  });
  const runtime = await createTestRuntime(store, definition, systems);
  const { crm, erp, shop } = systems;
  const id = crm.create({ email: 'lee@x.test', name: 'Lee', phone: '1', city: 'Oslo' });
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 6);
  // The phone is crm's to say, so that this edit brings nothing back and waits for a person.
  shop.edit(shop.find1('name', 'Lee').id, { phone: '2' });
  erp.remove(erp.find1('name', 'Lee').id);
  for (const name of ['erp', 'shop'] as const) {
    const side = must(runtime.sides.get(name), 'a side of the sync');
    await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, side, signal);
  }
  const asked = (): ReturnType<typeof openHolds> =>
    store.database.transaction(store.workspaceNo, (tx) => openHolds(tx, runtime.syncKey, null, 10));
  expect(await asked()).toMatchObject([{ reason: 'editAgainstDelete', side: 'shop' }]);
  crm.edit(id, { city: 'Bergen' });
  await captureAndDeliver(runtime, 6);
  expect(await asked()).toEqual([]);
  for (const system of [crm, erp, shop])
    expect(Object.values(system.all())).toMatchObject([{ name: 'Lee', phone: '1', city: 'Bergen' }]);
});

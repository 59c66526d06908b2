import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { findSync, recoverSync } from '../store/control.ts';
import { captureChanges } from './capture.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const ANN = { email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Aachen' };
const BOB = { email: 'bob@x.test', name: 'Bob', phone: '2', city: 'Bonn' };

/** The store has gone back to when Ann was known at crm and at shop; at erp she has been made since. */
async function restored(name: string): Promise<{
  readonly systems: Readonly<Record<'crm' | 'erp' | 'shop', MemorySystem>>;
  readonly live: SyncRuntime;
  readonly observing: SyncRuntime;
}> {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const live = await createTestRuntime(store, simpleDefinition(['crm', 'erp', 'shop'], { name }), systems);
  for (const system of [systems.crm, systems.shop]) {
    system.create(ANN);
    system.create(BOB);
  }
  systems.erp.create(BOB);
  await observeAll(live, signal);
  systems.erp.create(ANN);
  await store.database.transaction(store.workspaceNo, async (tx) =>
    recoverSync(tx, must(await findSync(tx, name), 'a sync')),
  );
  await store.raw.pool.query(`update hints set due_at = '-infinity' where sync_key = $1`, [live.syncKey]);
  return { systems, live, observing: { ...live, mode: 'observe' } };
}

async function read(runtime: SyncRuntime, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const side = must(runtime.sides.get(name), 'a side');
    await captureChanges(runtime, side, false, signal);
    expect(await sweepSide(runtime, side, signal)).toBe(true);
  }
  await store.raw.pool.query(
    `update hints set due_at = '-infinity', look_from = '-infinity' where sync_key = $1`,
    [runtime.syncKey],
  );
  await settleRecords(runtime, signal);
}

test('after a restore a record that was deleted takes those along that were made since the backup', async () => {
  const { systems, live, observing } = await restored('deleted-since');
  systems.crm.remove(systems.crm.find1('email', 'ann@x.test').id);
  await read(observing, ['crm', 'shop']);
  await read(observing, ['erp']);
  // Somebody approves what is planned.
  await store.raw.pool.query(`update writes set state = 'queued', due_at = now() where sync_key = $1`, [
    live.syncKey,
  ]);
  await deliverAll(live, signal);
  for (const system of Object.values(systems)) expect(Object.values(system.all())).toEqual([BOB]);
  // And none was made meanwhile beside one that was about to go.
  const made = Object.values(systems).flatMap(({ log }) =>
    log.filter(({ actor, kind }) => actor === 'trueup' && kind === 'create'),
  );
  expect(made).toEqual([]);
});

test('a side that nobody has read yet holds up no delete at another', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'first' });
  const runtime = await createTestRuntime(store, definition, { crm, erp }, 'observe');
  const ann = crm.create(ANN);
  await read(runtime, ['crm']);
  crm.remove(ann);
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'a side'), false, signal);
  await settleRecords(runtime, signal);
  const known = await runtime.transaction((tx) => tx.recordsOf('crm', [ann]));
  expect(known.get(ann)?.status).toBe('gone');
});

/** A record whose values cannot be read is left alone until they can. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { lookAt, settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

async function look(runtime: SyncRuntime): Promise<void> {
  for (const side of runtime.sides.values()) {
    await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, side, signal);
  }
}

async function openWrites(runtime: SyncRuntime): Promise<readonly string[]> {
  const { rows } = await store.raw.pool.query<{ state: string }>(
    'select state from writes where sync_key = $1',
    [runtime.syncKey],
  );
  return rows.map(({ state }) => state);
}

test.each(['opaque', 'none'] as const)(
  'is sent nothing, whatever changes elsewhere, and what it is owed as soon as it can be read (versions: %s)',
  async (version) => {
    const [crm, erp] = [
      new MemorySystem(),
      new MemorySystem({ card: { version, conditionalWrite: version === 'opaque' } }),
    ];
    const definition = simpleDefinition(['crm', 'erp'], { name: `unreadable-${version}` });
    const runtime = await createTestRuntime(store, definition, { crm, erp });
    const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: null });
    await observeAll(runtime, signal);
    await deliverAll(runtime, signal);
    const own = erp.find1('email', 'ann@x.test').id;
    await look(runtime);
    erp.edit(own, { phone: ['a list'] });
    await look(runtime);
    const { length } = erp.log;
    crm.edit(id, { name: 'Anna' });
    await look(runtime);
    await deliverAll(runtime, signal);
    expect(await openWrites(runtime)).toEqual([]);
    expect(erp.log).toHaveLength(length);
    erp.edit(own, { phone: '2' });
    await look(runtime);
    await deliverAll(runtime, signal);
    expect(erp.find1('email', 'ann@x.test').fields).toMatchObject({ name: 'Anna', phone: '2' });
  },
);

test('is not looked at for ever for what a lost write has done to it, though each look is overtaken by another', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'unreadable-lost' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('erp'), 'erp is a side');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: null });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  const own = erp.find1('email', 'ann@x.test').id;
  await look(runtime);
  crm.edit(id, { name: 'Anna' });
  await look(runtime);
  erp.faults.push({ kind: 'loseAnswer' });
  await deliverBatch(runtime, side);
  expect(await openWrites(runtime)).toEqual(['unknown']);
  erp.edit(own, { phone: ['a list'] });
  await look(runtime);
  const given = erp.get.bind(erp);
  erp.get = async (collection, ids) => {
    const lookups = await given(collection, ids);
    erp.get = given;
    await lookAt(runtime, side, [own], signal);
    return lookups;
  };
  expect(await resolveUnknown(runtime, side)).toBe(1);
  expect(await openWrites(runtime)).toEqual([]);
  erp.edit(own, { phone: '2' });
  await look(runtime);
  await deliverAll(runtime, signal);
  expect(crm.find1('email', 'ann@x.test').fields).toMatchObject({ name: 'Anna', phone: '2' });
});

/** A record whose values cannot be read is left alone until they can. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import {
  createTestRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../test/support/sync.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
let store: TestStore;

beforeAll(async () => {
  store = await createTestStore();
});
afterAll(() => store.close());

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

/** Questions that have answered themselves: nobody is asked any more. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

const settle = (runtime: SyncRuntime): Promise<void> => captureAndDeliver(runtime, 4);

interface Started {
  readonly systems: Readonly<Record<'crm' | 'erp' | 'shop', MemorySystem>>;
  readonly runtime: SyncRuntime;
  readonly holds: () => Promise<readonly string[]>;
}

/** One person, known everywhere by the same name. */
async function start(name: string): Promise<Started> {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const definition = simpleDefinition(['crm', 'erp', 'shop'], { name });
  const runtime = await createTestRuntime(store, definition, systems);
  systems.crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  const holds = async (): Promise<readonly string[]> => {
    const { rows } = await store.raw.pool.query<{ told: string }>(
      `select concat_ws(' ', reason, field, closed_by, resolution) as told from holds where sync_key = $1 order by opened_at`,
      [runtime.syncKey],
    );
    return rows.map(({ told }) => told);
  };
  return { systems, runtime, holds };
}

const names = ({ systems }: Started): readonly unknown[] =>
  Object.values(systems).map((system) => system.find1('email', 'ann@x.test').fields['name']);

function rename({ systems }: Started, side: keyof Started['systems'], name: string): void {
  systems[side].edit(systems[side].find1('email', 'ann@x.test').id, { name });
}

/** Two people renamed it differently, neither knowing of the other. */
async function startInConflict(name: string): Promise<Started> {
  const started = await start(name);
  rename(started, 'crm', 'Anna');
  rename(started, 'erp', 'Anne');
  await settle(started.runtime);
  expect(await started.holds()).toEqual(['conflict name']);
  return started;
}

test.each(['crm', 'erp'] as const)(
  'a conflict is over when %s gives way, and the others follow',
  async (side) => {
    const started = await startInConflict(`gives-way-${side}`);
    rename(started, side, side === 'crm' ? 'Anne' : 'Anna');
    await settle(started.runtime);
    expect(await started.holds()).toEqual(['conflict name trueup settled']);
    const stands = side === 'crm' ? 'Anne' : 'Anna';
    expect(names(started)).toEqual([stands, stands, stands]);
  },
);

test('a conflict stays while one of the sides that were in it holds something else', async () => {
  const started = await startInConflict('stays');
  rename(started, 'shop', 'Anka');
  rename(started, 'crm', 'Anja');
  await settle(started.runtime);
  expect(await started.holds()).toEqual(['conflict name']);
});

test('a record that could not be linked is no question any more when it is corrected and linked', async () => {
  const { systems, runtime, holds } = await start('corrected');
  const second = systems.crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  await settle(runtime);
  expect(await holds()).toEqual(['duplicateRecord']);
  systems.crm.edit(second, { email: 'amy@x.test' });
  await settle(runtime);
  expect(await holds()).toEqual(['duplicateRecord trueup settled']);
  expect(systems.erp.size).toBe(2);
});

test('a record that could not be linked is no question any more when it is deleted', async () => {
  const { systems, runtime, holds } = await start('deleted');
  const second = systems.crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  await settle(runtime);
  systems.crm.remove(second);
  await settle(runtime);
  expect(await holds()).toEqual(['duplicateRecord trueup settled']);
  expect(systems.erp.size).toBe(1);
});

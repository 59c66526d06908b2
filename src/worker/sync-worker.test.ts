import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition, snapshotOf } from '../../test/support/sync.ts';
import { until } from '../../test/support/until.ts';
import { systemClock } from '../lib/clock.ts';
import { seededRandom } from '../lib/random.ts';
import { countStates } from '../store/status.ts';
import type { SyncRuntime } from './runtime.ts';
import { runSync } from './sync-worker.ts';

const store = sharedTestStore();

const SIDES = ['crm', 'erp', 'shop'] as const;
const LATEST_OR_RANK = {
  owners: [],
  resolve: [{ kind: 'latest' as const }, { kind: 'priority' as const, sides: SIDES }],
};

function rankedDefinition(name: string): ReturnType<typeof simpleDefinition> {
  const definition = simpleDefinition(SIDES, { name });
  return { ...definition, fields: definition.fields.map((field) => ({ ...field, policy: LATEST_OR_RANK })) };
}

function byEmail(system: MemorySystem): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.values(system.all()).map((fields) => [JSON.stringify(fields['email']), fields]),
  );
}

async function isQuiet(runtime: SyncRuntime): Promise<boolean> {
  const counts = await store.database.transaction(store.workspaceNo, (tx) =>
    countStates(tx, runtime.syncKey, SIDES),
  );
  return counts.every((side) => side.pending === 0);
}

test('three sides edited at random while two workers run come to hold the same, and nothing is made twice', async () => {
  const systems = {
    crm: new MemorySystem(),
    erp: new MemorySystem({ card: { conditionalWrite: false } }),
    shop: new MemorySystem(),
  };
  const definition = rankedDefinition('random');
  const runtimes = [
    await createTestRuntime(store, definition, systems),
    await createTestRuntime(store, definition, systems),
  ];
  const [first] = runtimes;
  if (first === undefined) throw new Error('no runtime');
  const stop = new AbortController();
  const running = runtimes.map((runtime) => runSync(runtime, stop.signal));
  const random = seededRandom(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)] as T;
  const balances: boolean[] = [];
  for (let step = 0; step < 120; step += 1) {
    const system = systems[pick(SIDES)];
    const ids = Object.keys(system.all());
    if (random.fraction() < 0.3 || ids.length === 0)
      system.create({ email: `u${String(step)}@x.test`, name: `n${String(step)}`, phone: null, city: 'A' });
    else system.edit(pick(ids), { [pick(['name', 'phone', 'city'])]: `v${String(step)}` });
    if (step % 10 === 0) balances.push(await isBalanced(first));
    await systemClock.sleep(random.fraction() * 8);
  }
  await until(
    async () =>
      (await isQuiet(first)) && JSON.stringify(byEmail(systems.crm)) !== '{}' && sameEverywhere(systems),
  );
  stop.abort();
  await Promise.all(running);
  expect(balances).toEqual(balances.map(() => true));
  expect(byEmail(systems.erp)).toEqual(byEmail(systems.crm));
  expect(byEmail(systems.shop)).toEqual(byEmail(systems.crm));
  for (const side of SIDES) {
    const emails = Object.values(systems[side].all()).map((fields) => fields['email']);
    expect(new Set(emails).size).toBe(emails.length);
  }
});

/** In one snapshot: the states of each side add up to the records that are known there, counted in another way. */
async function isBalanced(runtime: SyncRuntime): Promise<boolean> {
  return snapshotOf(store, async (tx) => {
    const counts = await countStates(tx, runtime.syncKey, SIDES);
    const known = await tx.query<{ side: string; count: string }>(
      `select side, count(distinct record_id) as count
         from (select side, record_id from links where sync_key = $1 and status <> 'gone'
               union select side, record_id from hints where sync_key = $1 and kind <> 'deleted'
                 and not exists (select from links where sync_key = $1 and links.side = hints.side
                                  and links.record_id = hints.record_id and links.status = 'gone')) as known
        group by side`,
      [runtime.syncKey],
    );
    return counts.every((side) => {
      const sum = side.inSync + side.pending + side.held + side.dead + side.excluded;
      return sum === Number(known.find((row) => row.side === side.side)?.count ?? 0);
    });
  });
}

function sameEverywhere(systems: Readonly<Record<string, MemorySystem>>): boolean {
  const states = Object.values(systems).map((system) => {
    const known = byEmail(system);
    return JSON.stringify(
      Object.keys(known)
        .toSorted()
        .map((email) => known[email]),
    );
  });
  return new Set(states).size === 1;
}

test('every record of every side is in exactly one state at any moment while a worker runs', async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const definition = rankedDefinition('balance');
  const runtime = await createTestRuntime(store, definition, systems);
  for (let n = 0; n < 300; n += 1)
    systems.crm.create({ email: `b${String(n)}@x.test`, name: 'n', phone: null, city: null });
  const stop = new AbortController();
  const running = runSync(runtime, stop.signal);
  const balances: boolean[] = [];
  for (let look = 0; look < 40; look += 1) {
    balances.push(await isBalanced(runtime));
    await systemClock.sleep(10);
  }
  await until(async () => (await isQuiet(runtime)) && systems.shop.size === 300);
  stop.abort();
  await running;
  expect(balances).toEqual(balances.map(() => true));
  const counts = await store.database.transaction(store.workspaceNo, (tx) =>
    countStates(tx, runtime.syncKey, SIDES),
  );
  for (const side of counts) expect(side).toMatchObject({ records: 300, inSync: 300 });
});

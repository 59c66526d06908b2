/** One record that breaks us on its way out: it waits for a person, and nothing else waits for it. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { skipWaits, waitingIn, type Waiting } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { Lookup, WriteRequest, WriteResult } from '../connector/contract.ts';
import type { SideModel } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { deliverBatch } from './deliver.ts';
import { UNEXPECTED } from './failures.ts';
import { WRITE_TRIES_MAX } from './limits.ts';
import { settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const POISON = 'p3@x.test';
const store = sharedTestStore();

type Trouble = 'none' | 'look' | 'write' | 'afterwards' | 'answer';

/** Breaks in one of its methods whenever the poison is among what it is given. */
class BreakableSystem extends MemorySystem {
  trouble: Trouble = 'none';
  readonly getSizes: number[] = [];
  /** How often it was asked to write the poison. */
  poisonWrites = 0;

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    this.getSizes.push(ids.length);
    const records = this.all();
    if (this.trouble === 'look' && ids.some((id) => records[id]?.['email'] === POISON))
      throw new TypeError('nobody thought of this');
    return super.get(collection, ids);
  }

  override async write(
    collection: string,
    requests: readonly WriteRequest[],
  ): Promise<readonly WriteResult[]> {
    const isPoison = ({ fields, recordId }: WriteRequest): boolean =>
      fields.get('email') === POISON || this.all()[recordId ?? '']?.['email'] === POISON;
    const isPoisoned = requests.some(isPoison);
    if (isPoisoned) this.poisonWrites += 1;
    if (this.trouble === 'write' && isPoisoned) throw new TypeError('nobody thought of this');
    const results = await super.write(collection, requests);
    if (this.trouble === 'afterwards' && isPoisoned) throw new TypeError('nobody thought of this');
    if (this.trouble !== 'answer') return results;
    return results.map((result, index) =>
      result.kind === 'written' && isPoison(must(requests[index], 'a result has a request'))
        ? { ...result, fields: new PoisonFields() }
        : result,
    );
  }
}

class PoisonFields extends Map<string, never> {
  override get(): never {
    throw new TypeError('nobody thought of this');
  }
}

interface World {
  readonly crm: MemorySystem;
  readonly erp: BreakableSystem;
  readonly runtime: SyncRuntime;
}

async function worldOf(name: string, erp = new BreakableSystem()): Promise<World> {
  const crm = new MemorySystem();
  const guard = { deletesMax: 100, deletesShareMax: 1, changesShareMax: 1 };
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name, guard }), {
    crm,
    erp,
  });
  for (let n = 0; n < 6; n += 1)
    crm.create({ email: `p${String(n)}@x.test`, name: 'n', phone: null, city: 'Rome' });
  await observeAll(runtime, signal);
  return { crm, erp, runtime };
}

/** One delivery and what follows from it at a time, so that a hot loop ends too; a break of the loop is a worker's retry. */
async function deliverRounds({ runtime }: World, rounds: number): Promise<void> {
  const side = must(runtime.sides.get('erp'), 'the sync has this side');
  for (let round = 0; round < rounds; round += 1) {
    await skipWaits(store, runtime);
    await store.raw.pool.query(
      `update writes set lease_until = '-infinity' where sync_key = $1 and state = 'sent'`,
      [runtime.syncKey],
    );
    await deliverBatch(runtime, side).catch(() => 0);
    await settleHints(runtime, side, signal);
    await runtime.transaction((tx) => tx.reapSent(0));
    await resolveUnknown(runtime, side).catch(() => 0);
  }
}

async function waitingWrites({ runtime }: World): Promise<readonly Waiting[]> {
  return (await waitingIn(store, runtime)).filter(({ recordId }) => recordId === null);
}

async function expectOnlyPoisonStuck(world: World, failure: string): Promise<void> {
  await deliverRounds(world, 20);
  expect(await waitingWrites(world)).toMatchObject([{ side: 'erp', state: 'dead', failure }]);
}

type Lens = NonNullable<ReturnType<SideModel['lensOf']['get']>>;
type Breakable = { -readonly [K in keyof Lens]: Lens[K] };

test('a record that breaks the mapping on its way out holds up no other of its batch', async () => {
  const world = await worldOf('poison rendered');
  const side = must(world.runtime.sides.get('erp'), 'the sync has this side');
  const lens: Breakable = must(side.model.lensOf.get('email'), 'the address is mapped');
  const { put } = lens;
  lens.put = (value) => {
    if (value === POISON) throw new TypeError('nobody thought of this');
    return put(value);
  };
  await expectOnlyPoisonStuck(world, UNEXPECTED);
  expect(world.erp.size).toBe(5);
  expect(await waitingIn(store, world.runtime)).toHaveLength(1);
});

test('a record that breaks the connector while it is written holds up no other of its batch', async () => {
  const world = await worldOf('poison written');
  world.erp.trouble = 'write';
  await expectOnlyPoisonStuck(world, 'trueup.tries_used_up');
  expect(world.erp.size).toBe(5);
  expect(world.erp.poisonWrites).toBe(WRITE_TRIES_MAX);
  expect(await waitingIn(store, world.runtime)).toHaveLength(1);
});

test('a write that broke the connector is not sent again at once', async () => {
  const world = await worldOf('poison paced');
  world.erp.trouble = 'write';
  await deliverRounds(world, 1);
  const afterOne = await waitingWrites(world);
  expect(afterOne).toHaveLength(6);
  for (const { state, attempts, dueInSeconds } of afterOne) {
    expect([state, attempts]).toEqual(['queued', 1]);
    expect(dueInSeconds).toBeGreaterThanOrEqual(29);
  }
});

test('a connector that breaks after it has written makes nothing twice, and nothing of it stays open', async () => {
  const world = await worldOf('poison written and lost');
  world.erp.trouble = 'afterwards';
  await deliverRounds(world, 3);
  expect(await waitingWrites(world)).toEqual([]);
  expect(world.erp.log.filter(({ kind }) => kind === 'create')).toHaveLength(6);
  expect(world.erp.poisonWrites).toBe(1);
});

test('a record whose answer breaks us holds up no other of its batch', async () => {
  const world = await worldOf('poison answered');
  world.erp.trouble = 'answer';
  await deliverRounds(world, 20);
  const open = await waitingIn(store, world.runtime);
  expect(open.filter(({ state }) => state !== 'dead')).toEqual([]);
  expect(open.length).toBeLessThanOrEqual(1);
  expect(world.erp.size).toBe(6);
});

test('a record that breaks the look before a write costs no other of its batch an attempt', async () => {
  const world = await worldOf('poison looked at', new BreakableSystem({ card: { conditionalWrite: false } }));
  const { crm, erp, runtime } = world;
  await deliverRounds(world, 3);
  erp.trouble = 'look';
  for (const id of Object.keys(crm.all())) crm.edit(id, { city: 'Bonn' });
  await observeAll(runtime, signal);
  const side = must(runtime.sides.get('erp'), 'the sync has this side');
  await deliverBatch(runtime, side);
  expect((await waitingWrites(world)).filter(({ attempts }) => attempts === 0)).toHaveLength(5);
  await deliverBatch(runtime, side);
  expect(await waitingWrites(world)).toMatchObject([{ state: 'queued', attempts: 1, failure: UNEXPECTED }]);
  await expectOnlyPoisonStuck(world, UNEXPECTED);
  expect(Object.values(erp.all()).filter(({ city }) => city === 'Bonn')).toHaveLength(5);
});

test('an update that breaks a connector without versions is tried to an end, not planned anew for ever', async () => {
  const card = { version: 'none', conditionalWrite: false } as const;
  const world = await worldOf('poison update', new BreakableSystem({ card }));
  const { crm, erp, runtime } = world;
  await deliverRounds(world, 3);
  erp.trouble = 'write';
  erp.poisonWrites = 0;
  for (const id of Object.keys(crm.all())) crm.edit(id, { city: 'Bonn' });
  await observeAll(runtime, signal);
  await expectOnlyPoisonStuck(world, 'trueup.tries_used_up');
  expect(Object.values(erp.all()).filter(({ city }) => city === 'Bonn')).toHaveLength(5);
  expect(erp.poisonWrites).toBe(WRITE_TRIES_MAX);
});

test('no look asks for more records than the system takes at a time', async () => {
  const card = { conditionalWrite: false, getBatchMax: 3, deletes: 'lookup' as const };
  const world = await worldOf('small looks', new BreakableSystem({ card }));
  const { crm, erp, runtime } = world;
  await deliverRounds(world, 3);
  for (const id of Object.keys(crm.all())) crm.edit(id, { city: 'Bonn' });
  await observeAll(runtime, signal);
  await deliverRounds(world, 3);
  expect(Math.max(...erp.getSizes)).toBe(3);
});

test.each([1, 3])(
  'records that are gone are looked for again beside one that is there, %i at a time',
  async (getBatchMax) => {
    const card = { getBatchMax, feed: 'none' as const };
    const world = await worldOf(`small second looks ${String(getBatchMax)}`, new BreakableSystem({ card }));
    const { crm, erp, runtime } = world;
    await deliverRounds(world, 7);
    for (const { email } of Object.values(crm.all()).slice(0, getBatchMax))
      erp.remove(erp.find1('email', email ?? null).id);
    await observeAll(runtime, signal);
    await deliverAll(runtime, signal);
    expect(Math.max(...erp.getSizes)).toBe(getBatchMax);
    expect(crm.size).toBe(6 - getBatchMax);
  },
);

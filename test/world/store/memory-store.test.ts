import { expect, test } from 'vitest';

import { compileSync } from '../../../src/engine/model.ts';
import { must } from '../../../src/lib/assert.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { createIds } from '../../../src/lib/ids.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { captureChanges } from '../../../src/worker/capture.ts';
import { resolveHold } from '../../../src/worker/holds.ts';
import { deliverAll, observeAll } from '../../../src/worker/rounds.ts';
import { silentLog, type SyncRuntime } from '../../../src/worker/runtime.ts';
import { createWakes } from '../../../src/worker/wakes.ts';
import { MemorySystem } from '../../support/memory-system.ts';
import { steppingClock } from '../../support/stepping-clock.ts';
import { simpleDefinition } from '../../support/sync.ts';
import { EMPTY_SAVE } from './differential/save-steps.ts';
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
import { CONNECTION_LOST } from './sql-error.ts';

const signal = new AbortController().signal;
const SIDES = ['crm', 'erp'];

function newStore(change: Partial<MemoryStoreOptions> = {}): MemoryStore & { readonly clock: Clock } {
  const clock = steppingClock();
  const random = seededRandom(1);
  const store = createMemoryStore({ sides: SIDES, clock, random, ids: createIds(clock, random), ...change });
  return { ...store, clock };
}

function runtimeOn(
  store: MemoryStore & { readonly clock: Clock },
  systems: Readonly<Record<string, MemorySystem>>,
): SyncRuntime {
  const model = compileSync(simpleDefinition(SIDES));
  const random = seededRandom(2);
  return {
    syncKey: '1',
    name: 'things',
    mode: 'live',
    model,
    sides: new Map(
      model.sides.map((side) => {
        const session = must(systems[side.name], 'every side has a system');
        return [side.name, { model: side, session, card: session.card }];
      }),
    ),
    clock: store.clock,
    random,
    ids: createIds(store.clock, random),
    log: silentLog,
    wakes: createWakes(store.clock),
    nowMs: () => store.nowMs(),
    transaction: (action) => store.transaction(action),
  };
}

async function syncOnce(): Promise<{
  readonly store: MemoryStore;
  readonly systems: readonly MemorySystem[];
}> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const store = newStore();
  const runtime = runtimeOn(store, { crm, erp });
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  crm.edit(id, { city: 'Rome' });
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await deliverAll(runtime, signal);
  return { store, systems: [crm, erp] };
}

test('the workers keep two systems in step over it', async () => {
  const { store, systems } = await syncOnce();
  for (const system of systems)
    expect(Object.values(system.all())).toEqual([
      { email: 'ann@x.test', name: 'Ann', phone: null, city: 'Rome' },
    ]);
  expect(store.refusals()).toEqual([]);
  expect(store.dump().writes).toEqual([]);
  expect(store.dump().links.map(({ status }) => status)).toEqual(['live', 'live']);
});

test('the same happens twice, and hashes the same', async () => {
  const [first, second] = [await syncOnce(), await syncOnce()];
  expect(second.store.dump()).toEqual(first.store.dump());
  expect(second.store.hash()).toBe(first.store.hash());
});

const STREAM = ['crm', 'changes'] as const;

/** What the store says of the stream's lease: 0 before anybody has taken it. */
function leaseEpoch(store: MemoryStore): number {
  const stream = store.dump().streams.find(({ side, kind }) => side === 'crm' && kind === 'changes');
  return must(stream, 'the stream is there').leaseEpoch;
}

function lease(connection: Pick<MemoryStore, 'transaction'>): Promise<unknown> {
  return connection.transaction((tx) => tx.leaseStream(...STREAM, 1_000));
}

test('a connection that breaks before the commit leaves nothing, after it everything', async () => {
  for (const [point, epoch] of [
    ['begin', 0],
    ['leaseStream', 0],
    ['commit', 0],
    ['committed', 1],
  ] as const) {
    const pause = (at: string): Promise<void> =>
      at === point ? Promise.reject(CONNECTION_LOST) : Promise.resolve();
    const store = newStore();
    await expect(lease(store.connect({ pause }))).rejects.toThrow('Connection terminated');
    expect({ point, epoch: leaseEpoch(store), commits: store.commits() }).toEqual({
      point,
      epoch,
      commits: epoch,
    });
  }
});

test('a worker that dies while another waits for its lock lets that one go on', async () => {
  const store = newStore();
  const blocked: string[] = [];
  const dying = store.connect({
    pause: (point) => (point === 'commit' ? new Promise(() => undefined) : null),
  });
  const dead = lease(dying);
  const waiting = lease(store.connect({ onBlocked: (point) => blocked.push(point) }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(blocked).toEqual(['leaseStream']);
  dying.break();
  await waiting;
  expect(leaseEpoch(store)).toBe(1);
  await expect(Promise.race([dead, Promise.reject(new Error('never settles'))])).rejects.toThrow(
    'never settles',
  );
  await expect(lease(dying)).rejects.toThrow('Connection terminated');
});

test('a backup brings back what was there, and open transactions lose their connection', async () => {
  const store = newStore();
  const backup = store.snapshot();
  const empty = store.dump();
  await lease(store);
  const open = store.transaction(async (tx) => {
    await tx.wakeStream(...STREAM);
    store.restore(backup);
    await tx.wakeStream(...STREAM);
  });
  await expect(open).rejects.toThrow('Connection terminated');
  expect(store.dump()).toEqual(empty);
  await lease(store);
  expect(leaseEpoch(store)).toBe(1);
});

test('what PostgreSQL would refuse is told to the oracle, and undoes its transaction', async () => {
  const store = newStore();
  const runId = '00000000-0000-7000-8000-000000000001';
  const twice = store.transaction(async (tx) => {
    await tx.startRun(runId, 'crm');
    await tx.startRun(runId, 'crm');
  });
  await expect(twice).rejects.toMatchObject({ code: '23505' });
  expect(store.refusals()).toEqual(['23505 duplicate key value in runs']);
  expect(store.dump().runs).toEqual([]);
});

test('a hold that two sides raised is settled by a person', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const store = newStore();
  const runtime = runtimeOn(store, { crm, erp });
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  crm.edit(id, { city: 'Rome' });
  erp.edit(erp.find1('email', 'ann@x.test').id, { city: 'Oslo' });
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await deliverAll(runtime, signal);
  const [hold] = await store.transaction((tx) => tx.openHolds(null, 10));
  await resolveHold(
    runtime,
    must(hold, 'two edits of one field are held'),
    { kind: 'value', value: 'Bonn' },
    'ann',
  );
  await deliverAll(runtime, signal);
  for (const system of [crm, erp]) expect(Object.values(system.all())).toMatchObject([{ city: 'Bonn' }]);
  expect(store.dump().holds).toMatchObject([{ field: 'city', closed: { by: 'ann', resolution: 'value' } }]);
});

test('what was forgotten more than a day ago is let go, but for what may be brought back', async () => {
  const store = newStore();
  const past = { identityId: 'i1', accounted: { name: 'Ann' }, agreed: { name: 1 } };
  const forgotten = [
    { side: 'crm', recordId: '1', identityId: null },
    { side: 'crm', recordId: '2', identityId: null, past },
  ];
  await store.transaction(async (tx) => {
    const unknown = { status: 'excluded', version: null, asOfMs: 0, failure: null, keys: [] } as const;
    const records = forgotten.map(({ recordId }) => ({ recordId, ...unknown }));
    await tx.saveUnlinked('crm', records, []);
    await tx.save({ ...EMPTY_SAVE, forgotten });
    // That it is told of once more, and is linked to nothing, takes nothing from what is remembered.
    await tx.save({ ...EMPTY_SAVE, forgotten: [{ side: 'crm', recordId: '2', identityId: null }] });
  });
  expect(store.dump().links).toMatchObject([
    { status: 'gone', linked: null, past: null },
    { status: 'gone', linked: null, past },
  ]);
  expect(await store.transaction((tx) => tx.pruneForgotten())).toBe(0);
  await store.clock.sleep(25 * 3_600_000);
  expect(await store.transaction((tx) => tx.pruneForgotten())).toBe(1);
  expect(store.dump().links).toMatchObject([{ recordId: '2' }]);
});

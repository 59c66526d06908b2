import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import type { SyncTx } from '../store/contract.ts';
import { applyPage } from './apply.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { settleHints } from './look.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

const settle = (runtime: SyncRuntime): Promise<void> => captureAndDeliver(runtime, 6);

test('a record created at one side is created at the others, once', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'creates' }), {
    crm,
    erp,
  });
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' });
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(Object.values(erp.all())).toEqual([
    { email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' },
  ]);
  expect(crm.size).toBe(1);
  const writes = [...crm.log, ...erp.log].filter((event) => event.actor === 'trueup');
  expect(writes).toHaveLength(1);
});

test('different fields of one record edited at two sides both survive', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'fields' }), {
    crm,
    erp,
  });
  const id = crm.create({ email: 'bob@x.test', name: 'Bob', phone: '1', city: 'Paris' });
  await observeAll(runtime, signal);
  await settle(runtime);
  crm.edit(id, { phone: '2' });
  erp.edit(erp.find1('email', 'bob@x.test').id, { city: 'Rome' });
  await settle(runtime);
  expect(crm.all()[id]).toEqual({ email: 'bob@x.test', name: 'Bob', phone: '2', city: 'Rome' });
  expect(erp.find1('email', 'bob@x.test').fields).toEqual({
    email: 'bob@x.test',
    name: 'Bob',
    phone: '2',
    city: 'Rome',
  });
});

test('a lost answer neither loses nor doubles a create', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'lost' }), {
    crm,
    erp,
  });
  crm.create({ email: 'eve@x.test', name: 'Eve', phone: null, city: null });
  crm.create({ email: 'kim@x.test', name: 'Kim', phone: null, city: null });
  erp.faults.push({ kind: 'loseAnswer' }, { kind: 'loseRequest' });
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(erp.size).toBe(2);
  expect(crm.size).toBe(2);
});

test('a delete with evidence is passed on', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'deletes' }), {
    crm,
    erp,
  });
  const id = crm.create({ email: 'tom@x.test', name: 'Tom', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(erp.size).toBe(1);
  crm.remove(id);
  await settle(runtime);
  expect(erp.size).toBe(0);
});

test('an id that the system gives again after a delete is another record, whoever made it', async () => {
  const [crm, erp] = [new MemorySystem({ reusesIds: true }), new MemorySystem({ reusesIds: true })];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'reused' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const old = crm.create({ email: 'old@x.test', name: 'Old', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  crm.remove(old);
  await settle(runtime);
  expect(erp.size).toBe(0);
  expect(crm.create({ email: 'new@x.test', name: 'New', phone: null, city: null })).toBe(old);
  await settle(runtime);
  expect(Object.values(erp.all()).map((fields) => fields['email'])).toEqual(['new@x.test']);
  expect(Object.values(crm.all()).map((fields) => fields['email'])).toEqual(['new@x.test']);
});

test('under an id that is given again a record without a key is another one, unless it holds what the deleted one held', async () => {
  const [crm, erp] = [new MemorySystem({ reusesIds: true }), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'reused-keyless' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const id = crm.create({ email: 'old@x.test', name: 'Old', phone: '1', city: 'Oslo' });
  await observeAll(runtime, signal);
  await settle(runtime);
  crm.remove(id);
  await settle(runtime);
  // Whether what was deleted may come back is for a person to say.
  expect(crm.create({ email: null, name: 'Old', phone: null, city: 'Oslo' })).toBe(id);
  await settle(runtime);
  expect(erp.size).toBe(0);
  crm.remove(id);
  await settle(runtime);
  expect(crm.create({ email: null, name: 'New', phone: null, city: 'Oslo' })).toBe(id);
  await settle(runtime);
  expect(Object.values(erp.all()).map(({ name }) => name)).toEqual(['New']);
});

test('a page that was read before a record was given up does not bring it back', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], {
    name: 'forgotten',
    deletes: { mode: 'propagate', from: ['crm', 'erp'], againstEdit: 'editWins' },
  });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const id = crm.create({ email: 'gus@x.test', name: 'Gus', phone: null, city: 'Oslo' });
  await observeAll(runtime, signal);
  await settle(runtime);
  const side = must(runtime.sides.get('erp'), 'erp is a side');
  const at = erp.find1('email', 'gus@x.test').id;
  const [stale] = await side.session.get('things', [at], side.model.natives);
  if (stale?.kind !== 'found') throw new Error('the record is there');
  const readBeganMs = await runtime.nowMs();
  // Deleted at erp against an edit at crm: the edit wins, and the record is made again under another id.
  crm.edit(id, { city: 'Bergen' });
  for (const one of runtime.sides.values()) await captureChanges(runtime, one, false, signal);
  await settleHints(runtime, must(runtime.sides.get('crm'), 'crm is a side'), signal);
  erp.remove(at);
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  await runtime.transaction((tx) =>
    applyPage(runtime, tx, {
      side: 'erp',
      sightings: [{ kind: 'record', recordId: at, record: stale.record }],
      readBeganMs,
      followed: null,
    }),
  );
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(crm.all()[id]).toMatchObject({ city: 'Bergen' });
  expect(Object.values(erp.all())).toEqual([
    { email: 'gus@x.test', name: 'Gus', phone: null, city: 'Bergen' },
  ]);
});

test('a page that waited while a write of ours was answered is nobody’s edit', async () => {
  const card = { version: 'none', conditionalWrite: false } as const;
  const [crm, erp] = [new MemorySystem({ card }), new MemorySystem({ card })];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'waiting' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const id = crm.create({ email: 'hal@x.test', name: 'old', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  const side = must(runtime.sides.get('erp'), 'erp is a side');
  const at = erp.find1('email', 'hal@x.test').id;
  crm.edit(id, { name: 'new' });
  await observeAll(runtime, signal);
  const readBeganMs = await runtime.nowMs();
  const [stale] = await side.session.get('things', [at], side.model.natives);
  if (stale?.kind !== 'found') throw new Error('the record is there');
  const { record } = stale;
  await runtime.transaction((tx) => {
    const waiting: SyncTx = {
      ...tx,
      recordsOf: async (name, ids) => {
        const known = await tx.recordsOf(name, ids);
        await deliverBatch(runtime, side);
        return known;
      },
    };
    const sightings = [{ kind: 'record' as const, recordId: at, record }];
    return applyPage(runtime, waiting, { side: 'erp', sightings, readBeganMs, followed: null });
  });
  // Before any other look could mend it.
  await deliverAll(runtime, signal);
  expect(crm.all()[id]).toMatchObject({ name: 'new' });
  expect(erp.all()[at]).toMatchObject({ name: 'new' });
});

test('a sweep that is asked for while another is under way begins as soon as that has ended', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'asked' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  crm.create({ email: 'jo@x.test', name: 'Jo', phone: null, city: null });
  const side = must(runtime.sides.get('crm'), 'crm is a side');
  const given = crm.readAll.bind(crm);
  crm.readAll = async function* (request) {
    for await (const page of given(request)) {
      await runtime.transaction((tx) => tx.wakeStream('crm', 'sweep'));
      yield page;
    }
  };
  expect(await sweepSide(runtime, side, signal)).toBe(true);
  crm.readAll = given;
  expect(await sweepSide(runtime, side, signal)).toBe(true);
  expect(await sweepSide(runtime, side, signal)).toBe(false);
});

test('a side that another worker is reading is waited for, and not once more when that one was quicker again', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'quicker' }), {
    crm,
    erp,
  });
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' });
  const side = must(runtime.sides.get('crm'), 'the sync has this side');
  const [reading, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow: SideRuntime = {
    ...side,
    session: {
      ...side.session,
      readAll: async function* (request) {
        reading.resolve();
        await mayEnd.promise;
        yield* side.session.readAll(request);
      },
    },
  };
  await captureChanges(runtime, side, false, signal);
  // As a worker does: it looks for the next sweep as soon as one has ended.
  const worker = (async () => {
    while (await sweepSide(runtime, slow, signal));
  })();
  await reading.promise;
  const observed = observeAll(runtime, signal);
  await expect
    .poll(() =>
      store.database.transaction(store.workspaceNo, async (tx) => {
        const rows = await tx.query<{ woken: boolean }>(
          `select woken_at is not null as woken from streams where sync_key = $1 and side = 'crm' and kind = 'sweep'`,
          [runtime.syncKey],
        );
        return rows[0]?.woken;
      }),
    )
    .toBe(true);
  mayEnd.resolve();
  await Promise.all([worker, observed]);
  const planned = await store.database.transaction(store.workspaceNo, (tx) =>
    tx.query<{ side: string }>('select side from writes where sync_key = $1', [runtime.syncKey]),
  );
  expect(planned).toEqual([{ side: 'erp' }]);
});

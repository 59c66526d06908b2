/** Two records of one thing at a side, of which one waits: what becomes of the thing when somebody deletes the other. */
import { expect, test } from 'vitest';

import { MemorySystem, type MemoryOptions } from '../../test/support/memory-system.ts';
import { skipWaits } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { journalSince } from '../store/history.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

let made = 0;

/** Ann at both sides, and once more at crm: `first` is linked, `second` waits. */
async function twice(change: Partial<SyncDefinition> = {}, options: MemoryOptions = {}) {
  made += 1;
  const [crm, erp] = [new MemorySystem(options), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: `succeed-${String(made)}`, ...change });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const other = crm.create({ email: 'zoe@x.test', name: 'Zoe' });
  const first = crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1' });
  const capture = async (): Promise<void> => {
    for (const side of runtime.sides.values())
      if (side.card.feed !== 'none') await captureChanges(runtime, side, false, signal);
  };
  const settle = async (): Promise<void> => {
    await settleRecords(runtime, signal);
    await deliverAll(runtime, signal);
  };
  const go = async (): Promise<void> => {
    await capture();
    await observeAll(runtime, signal);
    await settle();
  };
  await go();
  const second = crm.create({ email: 'ann@x.test', name: 'Ann', city: 'Rome' });
  await go();
  const inTx = <T>(use: Parameters<typeof store.database.transaction<T>>[1]): Promise<T> =>
    store.database.transaction(store.workspaceNo, use);
  return {
    crm,
    erp,
    other,
    first,
    second,
    go,
    /** Goes by what the feed tells, without a sweep. */
    follow: async () => {
      await capture();
      await settle();
    },
    /** The same some seconds later. */
    followLater: async () => {
      await capture();
      await skipWaits(store, runtime);
      await settle();
    },
    /** The same, but the feed leaves out what it should tell of the second record. */
    followFirst: async () => {
      await capture();
      const { rowCount } = await store.raw.pool.query(
        `delete from hints where sync_key = $1 and side = 'crm' and record_id = $2`,
        [runtime.syncKey, second],
      );
      expect(rowCount).toBe(1);
      await settle();
    },
    asked: () => inTx((tx) => openHolds(tx, runtime.syncKey, null, 10)),
    story: async () =>
      (await inTx((tx) => journalSince(tx, runtime.syncKey, 0, 100))).filter(
        ({ kind }) => kind === 'deleted',
      ),
    annAt: (system: MemorySystem) =>
      Object.values(system.all()).filter(({ email }) => email === 'ann@x.test'),
  };
}

test.each([
  ['by its feed', {}],
  ['by looking', { card: { feed: 'none', deletes: 'lookup' } }],
  ['one record at a time', { card: { getBatchMax: 1 } }],
] as const)('the one that waits takes the place of the one that is deleted (%s)', async (_, options) => {
  const { crm, erp, first, second, go, asked, annAt } = await twice({}, options);
  expect(await asked()).toMatchObject([{ reason: 'duplicateRecord', recordId: second }]);
  const before = erp.find1('email', 'ann@x.test').id;
  crm.remove(first);
  await go();
  expect(annAt(crm)).toEqual([{ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Rome' }]);
  expect(annAt(erp)).toEqual([{ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Rome' }]);
  expect(erp.find1('email', 'ann@x.test').id).toBe(before);
  expect(await asked()).toEqual([]);
});

test('the one that waits proves as well as a linked one that its side answers', async () => {
  const { crm, erp, other, first, go, asked, annAt } = await twice(
    {},
    { card: { feed: 'none', deletes: 'lookup' } },
  );
  crm.remove(other);
  await go();
  crm.remove(first);
  await go();
  expect(annAt(crm)).toEqual([{ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Rome' }]);
  expect(erp.size).toBe(1);
  expect(await asked()).toEqual([]);
});

test('the journal says which record has taken the place', async () => {
  const { crm, first, second, go, story } = await twice();
  crm.remove(first);
  await go();
  expect(await story()).toMatchObject([
    { side: 'crm', recordId: first, body: { evidence: 'feed', successor: second } },
  ]);
});

test('when both are deleted, the thing is', async () => {
  const { crm, erp, first, second, go, annAt } = await twice();
  crm.remove(first);
  crm.remove(second);
  await go();
  expect([annAt(crm), annAt(erp)]).toEqual([[], []]);
});

test('when the one that has taken the place is deleted later, the thing is', async () => {
  const { crm, erp, first, second, go, annAt } = await twice();
  crm.remove(first);
  await go();
  crm.remove(second);
  await go();
  expect([annAt(crm), annAt(erp)]).toEqual([[], []]);
});

test('one that has got another key meanwhile is another thing, and takes no place', async () => {
  const { crm, erp, first, second, go, annAt } = await twice();
  crm.edit(second, { email: 'eve@x.test' });
  crm.remove(first);
  await go();
  expect([annAt(crm), annAt(erp)]).toEqual([[], []]);
  expect(erp.find1('email', 'eve@x.test').fields).toMatchObject({ city: 'Rome' });
});

test('of several that wait one takes the place, and about the others a person is asked as before', async () => {
  const { crm, erp, first, second, go, asked, annAt } = await twice();
  const third = crm.create({ email: 'ann@x.test', name: 'Ann' });
  await go();
  crm.remove(first);
  await go();
  expect(annAt(erp)).toHaveLength(1);
  expect(await asked()).toMatchObject([{ reason: 'duplicateRecord', recordId: third }]);
  crm.remove(second);
  await go();
  expect(annAt(erp)).toHaveLength(1);
  expect(await asked()).toEqual([]);
});

test('nobody is asked about a delete that leaves the thing in its place', async () => {
  const { crm, erp, first, go, asked, annAt } = await twice({
    deletes: { mode: 'hold', from: ['crm', 'erp'], againstEdit: 'hold' },
  });
  crm.remove(first);
  await go();
  expect(await asked()).toEqual([]);
  expect(annAt(erp)).toHaveLength(1);
});

test('while the one that waits cannot be looked up, nothing is concluded', async () => {
  const { crm, erp, first, second, go, annAt } = await twice();
  const get = crm.get.bind(crm);
  crm.get = async (...args) =>
    (await get(...args)).map((lookup) =>
      lookup.kind === 'found' && lookup.record.id === second
        ? { kind: 'failed', id: second, failure: { kind: 'transient', code: 'x', message: 'not now' } }
        : lookup,
    );
  crm.remove(first);
  await go();
  expect(annAt(erp)).toHaveLength(1);
  crm.get = get;
});

test('while another look settles what waits, nothing is concluded', async () => {
  const { crm, erp, first, second, follow, annAt } = await twice();
  const before = erp.find1('email', 'ann@x.test').id;
  const get = crm.get.bind(crm);
  crm.get = async (...asked) => {
    crm.get = get;
    const shown = await get(...asked);
    crm.edit(second, { city: 'Oslo' });
    await follow();
    return shown;
  };
  crm.edit(second, { city: 'Bern' });
  crm.remove(first);
  await follow();
  expect(annAt(crm)).toMatchObject([{ phone: '1', city: 'Oslo' }]);
  expect(erp.find1('email', 'ann@x.test').id).toBe(before);
});

/** Until it is given back, the system answers as if it held nothing. */
function blank(system: MemorySystem): () => void {
  const get = system.get.bind(system);
  system.get = (_collection, ids) => Promise.resolve(ids.map((id) => ({ kind: 'absent', id })));
  return () => {
    system.get = get;
  };
}

test.each([
  ['is looked up beside the delete', 500, false],
  ['has a hint of its own', 500, true],
  ['is looked up by itself', 1, false],
] as const)(
  'while the system answers as if it held nothing, what waits does not count as gone (it %s)',
  async (_, getBatchMax, isEdited) => {
    const { crm, erp, first, second, follow, followLater, annAt } = await twice(
      {},
      { card: { getBatchMax } },
    );
    const before = erp.find1('email', 'ann@x.test').id;
    const giveBack = blank(crm);
    if (isEdited) crm.edit(second, { city: 'Oslo' });
    crm.remove(first);
    await follow();
    expect(annAt(erp)).toHaveLength(1);
    giveBack();
    await followLater();
    expect(annAt(crm)).toMatchObject([{ phone: '1', city: isEdited ? 'Oslo' : 'Rome' }]);
    expect(erp.find1('email', 'ann@x.test').id).toBe(before);
  },
);

test('when both are deleted and the feed tells of one, the thing is deleted at once by what is shown beside', async () => {
  const { crm, erp, first, second, follow, followFirst, annAt } = await twice();
  // What was accounted for last is shown beside, unless it is gone itself.
  crm.edit(first, { phone: '2' });
  await follow();
  crm.remove(first);
  crm.remove(second);
  await followFirst();
  expect([annAt(crm), annAt(erp)]).toEqual([[], []]);
});

test('when both are deleted and nothing can be shown beside, the thing is deleted after a second look', async () => {
  const { crm, erp, other, first, second, follow, followFirst, followLater, annAt } = await twice();
  crm.remove(other);
  await follow();
  crm.remove(first);
  crm.remove(second);
  await followFirst();
  expect(annAt(erp)).toHaveLength(1);
  await followLater();
  await followLater();
  expect([annAt(crm), annAt(erp)]).toEqual([[], []]);
});

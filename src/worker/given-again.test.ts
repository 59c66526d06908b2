import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import type { SyncTx } from '../store/contract.ts';
import { openHolds } from '../store/holds.ts';
import { applyPage } from './apply.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { resolveHold } from './holds.ts';
import { settleHints } from './look.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

/** Ann is to be made at erp, which gives ids again. Whoever works there deletes records, and nobody else does. */
async function annToBeMade(name: string): Promise<{
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  runtime: SyncRuntime;
  side: SideRuntime;
}> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem({ reusesIds: true })];
  const deletes = { mode: 'ignore', from: [], againstEdit: 'hold' } as const;
  const definition = simpleDefinition(['crm', 'erp'], { name, deletes });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('erp'), 'a side');
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Aachen' });
  await observeAll(runtime, signal);
  return { crm, erp, runtime, side };
}

const BOB = { email: 'bob@x.test', name: 'Bob', phone: '2', city: 'Bonn' };

/** What our create has just made is deleted, and the next record gets its id. */
function giveItsIdToBob(erp: MemorySystem): void {
  const { id } = erp.find1('email', 'ann@x.test');
  erp.remove(id);
  expect(erp.create(BOB)).toBe(id);
}

/** Somebody enters a record at erp and deletes it again, and nobody has looked at that yet. */
async function tellOfAnother(erp: MemorySystem, runtime: SyncRuntime, side: SideRuntime): Promise<void> {
  erp.remove(erp.create({ email: 'old@x.test' }));
  await captureChanges(runtime, side, false, signal);
}

/** Does this when the next create has landed, before its answer is there. */
function beforeTheAnswer(erp: MemorySystem, act: () => Promise<unknown>): void {
  const given = erp.write.bind(erp);
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    erp.write = given;
    await act();
    return results;
  };
}

/** Does this when a look has begun, before the record is read. */
function beforeTheLook(erp: MemorySystem, act: () => Promise<unknown>): void {
  const given = erp.get.bind(erp);
  erp.get = async (collection, ids) => {
    erp.get = given;
    await act();
    return given(collection, ids);
  };
}

function namesAt(system: MemorySystem): readonly unknown[] {
  return Object.values(system.all()).map(({ name }) => name);
}

/** The names of what there is, once everything is looked at and delivered. */
async function namesAtRest({
  crm,
  erp,
  runtime,
}: Awaited<ReturnType<typeof annToBeMade>>): Promise<Readonly<Record<string, readonly unknown[]>>> {
  await settleRecords(runtime, signal);
  await deliverAll(runtime, signal);
  return { crm: namesAt(crm), erp: namesAt(erp) };
}

const BOTH = { crm: ['Ann', 'Bob'], erp: ['Bob'] };

test('a delete that the feed tells of anew counts from then, whatever it had told of the id before', async () => {
  const given = await annToBeMade('told-anew');
  const { erp, runtime, side } = given;
  await tellOfAnother(erp, runtime, side);
  beforeTheAnswer(erp, () => {
    giveItsIdToBob(erp);
    return captureChanges(runtime, side, false, signal);
  });
  await deliverBatch(runtime, side);
  expect(await namesAtRest(given)).toEqual(BOTH);
});

test('so does one that it tells of while somebody looks because of what it had told before', async () => {
  const given = await annToBeMade('told-meanwhile');
  const { erp, runtime, side } = given;
  await tellOfAnother(erp, runtime, side);
  await deliverBatch(runtime, side);
  beforeTheLook(erp, () => {
    giveItsIdToBob(erp);
    return captureChanges(runtime, side, false, signal);
  });
  expect(await namesAtRest(given)).toEqual(BOTH);
});

test('a look that began before the answer was recorded settles nothing: that its record was told to be gone is not forgotten', async () => {
  const given = await annToBeMade('looked-too-early');
  const { erp, runtime, side } = given;
  const [begun, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let looking: Promise<unknown> = Promise.resolve();
  beforeTheAnswer(erp, async () => {
    giveItsIdToBob(erp);
    await captureChanges(runtime, side, false, signal);
    beforeTheLook(erp, () => {
      begun.resolve();
      return answered.promise;
    });
    looking = settleHints(runtime, side, signal);
    await begun.promise;
  });
  await deliverBatch(runtime, side);
  answered.resolve();
  await looking;
  expect(await namesAtRest(given)).toEqual(BOTH);
});

/** A person says that what was deleted is to live, in a transaction that ends as soon as `until` does. Ends once it has locked that. */
async function revive(
  runtime: SyncRuntime,
  until: Promise<void>,
): Promise<{ readonly ended: Promise<void> }> {
  const locked = Promise.withResolvers<void>();
  const slow: SyncRuntime = {
    ...runtime,
    transaction: (action) =>
      runtime.transaction(async (tx) => {
        const result = await action(tx);
        locked.resolve();
        await until;
        return result;
      }),
  };
  const holds = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  const ended = resolveHold(slow, must(holds[0], 'a person is asked'), { kind: 'revive' }, 'somebody');
  await Promise.race([locked.promise, ended]);
  return { ended };
}

test.each([
  ['with a key', 'ann@x.test', 'bob@x.test'],
  ['without one', null, null],
])(
  'what has got the id of a deleted record is a thing of its own, %s, though a person lets that one live meanwhile',
  async (how, ann, bob) => {
    const [crm, erp] = [new MemorySystem(), new MemorySystem({ reusesIds: true })];
    const deletes = { mode: 'hold', from: ['crm', 'erp'], againstEdit: 'hold' } as const;
    const definition = simpleDefinition(['crm', 'erp'], { name: `revived ${how}`, deletes });
    const runtime = await createTestRuntime(store, definition, { crm, erp });
    const side = must(runtime.sides.get('erp'), 'a side');
    crm.create({ email: ann, name: 'Ann', phone: '1', city: 'Aachen' });
    await observeAll(runtime, signal);
    await deliverAll(runtime, signal);
    const { id } = erp.find1('name', 'Ann');
    erp.remove(id);
    await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, side, signal);
    expect(erp.create({ ...BOB, email: bob })).toBe(id);
    const readBeganMs = await runtime.nowMs();
    const [seen] = await side.session.get('things', [id], side.model.natives);
    if (seen?.kind !== 'found') throw new Error('the record is there');
    const sightings = [{ kind: 'record' as const, recordId: id, record: seen.record }];
    const met = Promise.withResolvers<void>();
    const { ended } = await revive(runtime, met.promise);
    await runtime.transaction((tx) => {
      const waiting: SyncTx = {
        ...tx,
        lockBundles: (ids, ifLocked) => {
          met.resolve();
          return tx.lockBundles(ids, ifLocked);
        },
      };
      return applyPage(runtime, waiting, { side: 'erp', sightings, readBeganMs, followed: null });
    });
    await ended;
    const rest = await namesAtRest({ crm, erp, runtime, side });
    expect(rest).toEqual({ crm: ['Ann', 'Bob'], erp: ['Bob', 'Ann'] });
  },
);

/** Records that people of a system merged into others there: what else stands for them follows, and nothing is deleted behind anybody's back. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createSyncs, referring } from '../../test/support/references.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { findSync } from '../store/control.ts';
import { openHolds, type HoldRow } from '../store/holds.ts';
import { markParted, standingJoins } from '../store/matches.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { captureChanges } from './capture.ts';
import { ChoiceRefused, resolveHold, type HoldChoice } from './holds.ts';
import { joinPair, partIdentities } from './joins.ts';
import { settleHints } from './look.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const SIDES = ['crm', 'erp', 'shop'] as const;
type Side = (typeof SIDES)[number];

const store = sharedTestStore();

interface World extends Readonly<Record<Side, MemorySystem>> {
  readonly runtime: SyncRuntime;
  readonly settle: () => Promise<void>;
}

let made = 0;

/** Three sides; only the shop is not given what it does not have. */
async function world(change: Partial<SyncDefinition> = {}): Promise<World> {
  const columns = ['email', 'name', 'phone', 'city'];
  const systems = {
    crm: new MemorySystem({ columns }),
    erp: new MemorySystem({ columns }),
    shop: new MemorySystem({ columns }),
  };
  made += 1;
  const plain = simpleDefinition(SIDES, { name: `merged${String(made)}` });
  const sides = plain.sides.map((side) => ({ ...side, creates: side.name !== 'shop' }));
  const guard = { deletesMax: 1_000, deletesShareMax: 1, changesShareMax: 1 };
  const runtime = await createTestRuntime(store, { ...plain, sides, guard, ...change }, systems);
  await observeAll(runtime, signal);
  return { ...systems, runtime, settle: () => settleRounds(store, runtime, 4) };
}

function holdsOf({ syncKey }: Pick<SyncRuntime, 'syncKey'>): Promise<readonly HoldRow[]> {
  return store.database.transaction(store.workspaceNo, (tx) => openHolds(tx, syncKey, null, 100));
}

async function decide(runtime: SyncRuntime, kind: 'delete' | 'revive'): Promise<void> {
  const [hold] = await holdsOf(runtime);
  const choice: HoldChoice = { kind };
  await resolveHold(runtime, must(hold, 'something waits for a person'), choice, 'somebody');
}

async function takeBack(runtime: SyncRuntime): Promise<string> {
  return store.database.transaction(store.workspaceNo, async (tx) => {
    const [join] = await standingJoins(tx, runtime.syncKey, '', 1);
    const { memory, joinId, joinedBy } = must(join, 'it is remembered');
    const sync = must(await findSync(tx, runtime.name), 'it is stored');
    await partIdentities(runtime, syncTransaction(tx, sync, runtime.ids), memory, 'somebody');
    await markParted(tx, runtime.syncKey, joinId, 'somebody');
    return joinedBy;
  });
}

function deletesAt(system: MemorySystem): number {
  return system.log.filter(({ actor, kind }) => actor === 'trueup' && kind === 'delete').length;
}

function valuesAt(system: MemorySystem, field: string): readonly unknown[] {
  return Object.values(system.all())
    .map((fields) => JSON.stringify(fields[field]))
    .toSorted()
    .map((value): unknown => JSON.parse(value));
}

/** Ann, in the CRM and the shop; and Anna, in the CRM alone. Nothing is made at the ERP. */
async function twoPeople(
  change: Partial<SyncDefinition> = {},
): Promise<World & { ann: string; anna: string; sold: string }> {
  const found = await world(change);
  const ann = found.crm.create({ email: 'ann', name: 'Ann', phone: '1' });
  const sold = found.shop.create({ email: 'ann', name: 'Ann', phone: '1' });
  const anna = found.crm.create({ email: 'anna', name: 'Anna', phone: '2' });
  await found.settle();
  return { ...found, ann, anna, sold };
}

const WITHOUT_ERP: Partial<SyncDefinition> = {
  sides: simpleDefinition(SIDES).sides.map((side) => ({ ...side, creates: side.name === 'crm' })),
};

test('where the other one has no record, the record is linked to it, and holds what was left standing', async () => {
  const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
  crm.merge(ann, anna, { phone: '3' });
  await settle();
  expect(shop.all()).toEqual({ [sold]: { email: 'anna', name: 'Anna', phone: '3', city: null } });
  expect(crm.all()).toEqual({ [anna]: { email: 'anna', name: 'Anna', phone: '3', city: null } });
  expect(await holdsOf(runtime)).toEqual([]);
  shop.edit(sold, { city: 'Ulm' });
  await settle();
  expect(crm.all()[anna]).toMatchObject({ city: 'Ulm' });
});

test('it is taken back as a merge by a person is: both live again, with what each of them held', async () => {
  const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
  crm.merge(ann, anna, { phone: '3' });
  await settle();
  expect(await takeBack(runtime)).toBe('merge at crm');
  await settle();
  expect(shop.all()[sold]).toMatchObject({ email: 'ann', name: 'Ann', phone: '1' });
  expect(valuesAt(crm, 'email')).toEqual(['ann', 'anna']);
  expect(crm.size).toBe(2);
});

test('a record that is taken out of the bin again is a question, and the merge stands', async () => {
  const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
  crm.merge(ann, anna);
  await settle();
  crm.restore(ann, { email: 'ann', name: 'Ann', phone: '1' });
  await settle();
  expect(await holdsOf(runtime)).toMatchObject([{ reason: 'returned', side: 'crm' }]);
  expect(shop.all()[sold]).toMatchObject({ email: 'anna' });
});

test('what whoever merged could not have seen is no more lost than by any edit', async () => {
  const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
  shop.edit(sold, { city: 'Ulm', phone: '9' });
  crm.merge(ann, anna);
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'a side'), false, signal);
  await settle();
  const [hold] = await holdsOf(runtime);
  expect(hold).toMatchObject({ reason: 'conflict', field: 'phone', seen: { shop: { phone: '9' } } });
  expect(crm.all()[anna]).toMatchObject({ phone: '2', city: 'Ulm' });
  expect(shop.all()[sold]).toMatchObject({ email: 'anna', phone: '9', city: 'Ulm' });
});

test('where a side has both, nothing of it is deleted before a person has said so, and the rest follows', async () => {
  const { crm, erp, shop, runtime, settle, ann, anna, sold } = await twoPeople();
  expect(valuesAt(erp, 'email')).toEqual(['ann', 'anna']);
  crm.merge(ann, anna);
  await settle();
  expect(valuesAt(erp, 'email')).toEqual(['ann', 'anna']);
  expect(shop.all()[sold]).toMatchObject({ email: 'anna' });
  expect(await holdsOf(runtime)).toMatchObject([
    { reason: 'merged', side: 'crm', seen: { crm: { mergedInto: anna } } },
  ]);
  await decide(runtime, 'delete');
  await settle();
  expect(valuesAt(erp, 'email')).toEqual(['anna']);
  expect(await holdsOf(runtime)).toEqual([]);
  await takeBack(runtime);
  await settle();
  for (const system of [crm, erp]) expect(valuesAt(system, 'email')).toEqual(['ann', 'anna']);
  expect(shop.all()[sold]).toMatchObject({ email: 'ann' });
});

test('what a side would keep that takes no deletes is not said to be deleted: the question stays until people answer it there', async () => {
  const sides = simpleDefinition(SIDES).sides.map((side) => ({
    ...side,
    creates: side.name !== 'shop',
    deletes: side.name !== 'erp',
  }));
  const { crm, erp, shop, runtime, settle, ann, anna, sold } = await twoPeople({ sides });
  crm.merge(ann, anna);
  await settle();
  await expect(decide(runtime, 'delete')).rejects.toThrow(/^erp takes no deletes from here/);
  await settle();
  expect(await holdsOf(runtime)).toMatchObject([{ reason: 'merged', side: 'crm' }]);
  expect(valuesAt(erp, 'email')).toEqual(['ann', 'anna']);
  erp.remove(must(erp.find1('email', 'ann').id, 'made'));
  await settle();
  expect(await holdsOf(runtime)).toEqual([]);
  expect(valuesAt(erp, 'email')).toEqual(['anna']);
  expect(shop.all()[sold]).toMatchObject({ email: 'anna' });
});

test('a person may say that the two are two', async () => {
  const { crm, erp, runtime, settle, ann, anna } = await twoPeople();
  crm.merge(ann, anna);
  await settle();
  await decide(runtime, 'revive');
  await settle();
  expect(valuesAt(erp, 'email')).toEqual(['ann', 'anna']);
  expect(valuesAt(crm, 'email')).toEqual(['ann', 'anna']);
  expect(await holdsOf(runtime)).toEqual([]);
});

test.each(['merge', 'remove', 'merge the other way'] as const)(
  'a person who mends it at the other side (%s) has answered it',
  async (how) => {
    const { crm, erp, runtime, settle, ann, anna } = await twoPeople();
    crm.merge(ann, anna);
    await settle();
    const [lost, left] = ['ann', 'anna'].map((email) => erp.find1('email', email).id);
    if (how === 'merge') erp.merge(must(lost, 'made'), must(left, 'made'));
    else if (how === 'remove') erp.remove(must(lost, 'made'));
    else erp.merge(must(left, 'made'), must(lost, 'made'));
    await settle();
    expect([crm.size, erp.size]).toEqual([1, 1]);
    expect(await holdsOf(runtime)).toEqual([]);
    crm.edit(anna, { city: 'Ulm' });
    await settle();
    expect(valuesAt(erp, 'city')).toEqual(['Ulm']);
    expect([crm, erp].map(deletesAt)).toEqual([0, 0]);
  },
);

test('a chain of merges is followed to its end, in whatever order it is heard of', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
    const last = crm.create({ email: 'anne', name: 'Anne' });
    await settle();
    const merges = [() => crm.merge(ann, anna), () => crm.merge(anna, last)];
    for (const index of order) merges[index]?.();
    await settle();
    expect(shop.all()[sold]).toMatchObject({ email: 'anne' });
    expect(crm.size).toBe(1);
    expect(await holdsOf(runtime)).toEqual([]);
  }
});

test('what it was merged into is read first where nobody has read it yet', async () => {
  const { crm, shop, runtime, settle, ann, sold } = await twoPeople(WITHOUT_ERP);
  const late = crm.create({ email: 'late', name: 'Late' });
  crm.merge(ann, late);
  await runtime.transaction((tx) => tx.noteHints('crm', [{ recordId: ann, kind: 'changed' }]));
  await settleHints(runtime, must(runtime.sides.get('crm'), 'a side'), signal);
  await deliverAll(runtime, signal);
  expect(shop.all()[sold]).toMatchObject({ email: 'late', name: 'Late' });
  await settle();
  expect(crm.all()).toMatchObject({ [late]: { email: 'late' } });
  expect(await holdsOf(runtime)).toEqual([]);
});

test.each(['a ring', 'gone too', 'takes no part', 'held'] as const)(
  'where what it was merged into is no thing to follow (%s), a person is asked',
  async (why) => {
    const change =
      why === 'held'
        ? {
            deletes: {
              mode: 'propagate' as const,
              from: SIDES,
              againstEdit: 'hold' as const,
              merged: 'hold' as const,
            },
          }
        : {};
    const plain = simpleDefinition(SIDES);
    const sides = plain.sides.map((side) => ({
      ...side,
      creates: side.name === 'crm',
      ...(why === 'takes no part' && side.name === 'crm' ? { filter: 'city != "X"' } : {}),
    }));
    const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople({ ...change, sides });
    if (why === 'a ring') crm.merge(anna, ann);
    crm.merge(ann, anna, why === 'takes no part' ? { city: 'X' } : {});
    if (why === 'gone too') crm.remove(anna);
    await settle();
    expect((await holdsOf(runtime)).map(({ reason }) => reason)).toContain('merged');
    expect(shop.all()[sold]).toMatchObject({ email: 'ann' });
    expect(deletesAt(shop)).toBe(0);
  },
);

test('where the two together would have the key of a third thing, a person is asked of that one alone', async () => {
  const plain = simpleDefinition(SIDES);
  const sides = plain.sides.map((side) => ({
    ...side,
    creates: false,
    fields: side.fields.filter(({ field }) => side.name !== 'crm' || field !== 'city'),
  }));
  const { crm, shop, runtime, settle } = await world({ sides, match: [['email'], ['name', 'city']] });
  const people = ['ann', 'bob'].map((email) => {
    const sold = shop.create({ email, name: email, city: 'Ulm' });
    return { email, sold, lost: crm.create({ email, name: email }) };
  });
  const left = people.map(({ email }) => crm.create({ email: `${email}2`, name: `${email}2` }));
  shop.create({ email: 'third', name: 'ann2', city: 'Ulm' });
  await settle();
  for (const [index, { lost }] of people.entries()) crm.merge(lost, left[index] ?? '');
  await settle();
  expect(await holdsOf(runtime)).toMatchObject([
    { reason: 'merged', seen: { crm: { mergedInto: left[0] } } },
  ]);
  expect(people.map(({ sold }) => shop.all()[sold]?.['email'])).toEqual(['ann', 'bob2']);
  await expect(decide(runtime, 'delete')).rejects.toThrow(/match key of a third thing/);
});

test('a person who would make them one is told so too, and every record stays with what it belonged to', async () => {
  const plain = simpleDefinition(SIDES);
  const sides = plain.sides.map((side) => ({
    ...side,
    creates: false,
    fields: side.fields.filter(({ field }) => side.name !== 'crm' || field !== 'city'),
  }));
  const { crm, shop, runtime, settle } = await world({ sides, match: [['email'], ['name', 'city']] });
  const known = crm.create({ email: 'anna', name: 'anna' });
  const sold = shop.create({ email: 'ann', name: 'ann', city: 'Ulm' });
  const third = shop.create({ email: 'third', name: 'anna', city: 'Ulm' });
  await settle();
  const owners = (): Promise<readonly string[]> =>
    runtime.transaction(async (tx) => {
      const records = [
        ...(await tx.recordsOf('crm', [known])).values(),
        ...(await tx.recordsOf('shop', [sold, third])).values(),
      ];
      return records.map(({ identityId }) => must(identityId, 'it is linked'));
    });
  const before = await owners();
  const [knownId = '', soldId = ''] = before;
  expect(new Set(before).size).toBe(3);
  const joining = store.database.transaction(store.workspaceNo, async (tx) => {
    const sync = must(await findSync(tx, runtime.name), 'it is stored');
    return joinPair(tx, { runtime, sync, all: [sync], by: 'somebody' }, [knownId, soldId]);
  });
  await expect(joining).rejects.toThrow(ChoiceRefused);
  await expect(joining).rejects.toThrow(/match key of a third thing/);
  await settle();
  expect(await owners()).toEqual(before);
  expect(await holdsOf(runtime)).toEqual([]);
  expect(shop.all()[sold]).toMatchObject({ email: 'ann', name: 'ann' });
});

test('a hundred merges of one night are followed, without one delete', async () => {
  const { crm, shop, runtime, settle } = await world(WITHOUT_ERP);
  const pairs = Array.from({ length: 100 }, (_, index) => {
    const email = `p${String(index)}`;
    shop.create({ email, name: email });
    return [crm.create({ email, name: email }), crm.create({ email: `${email}b`, name: email })] as const;
  });
  await settle();
  for (const [lost, left] of pairs) crm.merge(lost, left);
  await settle();
  expect(valuesAt(shop, 'email')).toEqual(pairs.map((_, index) => `p${String(index)}b`).toSorted());
  expect([deletesAt(shop), deletesAt(crm)]).toEqual([0, 0]);
  expect(await holdsOf(runtime)).toEqual([]);
});

test('a worker that dies at any moment of it leaves the rest to the next', async () => {
  for (let transactions = 0; transactions < 7; transactions += 1) {
    const { crm, shop, runtime, settle, ann, anna, sold } = await twoPeople(WITHOUT_ERP);
    crm.merge(ann, anna, { city: 'Ulm' });
    const side = must(runtime.sides.get('crm'), 'a side');
    await captureChanges(runtime, side, false, signal);
    let left = transactions;
    const dying: SyncRuntime = {
      ...runtime,
      transaction: (action) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('killed')) : runtime.transaction(action);
      },
    };
    await settleHints(dying, side, signal).catch(() => null);
    await store.raw.pool.query(`update hints set lease_until = '-infinity'`);
    await settle();
    expect(shop.all()[sold]).toMatchObject({ email: 'anna', city: 'Ulm' });
    expect([await holdsOf(runtime), deletesAt(shop)]).toEqual([[], 0]);
  }
});

test.each([false, true])(
  'who refers to the one that went refers to the other (both at the other side: %s)',
  async (isBoth) => {
    made += 1;
    const [accounts, contacts] = [`accounts${String(made)}`, `contacts${String(made)}`];
    const plain = referring(accounts, {});
    const sides = plain.sides.map((side) => ({ ...side, creates: isBoth || side.name === 'crm' }));
    const syncs = await createSyncs(store, [
      referring(contacts, { account: { to: accounts } }),
      { ...plain, sides },
    ]);
    const [crm, erp] = [syncs.system(accounts, 'crm'), syncs.system(accounts, 'erp')];
    const [lost, left] = ['acme', 'acme.example'].map((email) => crm.create({ email }));
    const own = isBoth ? '' : erp.create({ email: 'acme' });
    const ann = syncs.system(contacts, 'crm').create({ email: 'ann', account: lost ?? '' });
    await syncs.settle();
    const there = isBoth ? erp.find1('email', 'acme.example').id : own;
    const bob = syncs
      .system(contacts, 'erp')
      .create({ email: 'bob', account: isBoth ? erp.find1('email', 'acme').id : own });
    await syncs.settle();
    crm.merge(lost ?? '', left ?? '');
    syncs.system(contacts, 'crm').edit(ann, { account: left ?? '' });
    await syncs.settle();
    const accountAt = (side: string, email: string): unknown =>
      syncs.system(contacts, side).find1('email', email).fields['account'];
    expect(['ann', 'bob'].map((email) => accountAt('crm', email))).toEqual([left, left]);
    expect(['ann', 'bob'].map((email) => accountAt('erp', email))).toEqual([there, there]);
    expect(syncs.system(contacts, 'erp').all()[bob]).toBeDefined();
    expect(await syncs.waits()).toEqual([]);
  },
);

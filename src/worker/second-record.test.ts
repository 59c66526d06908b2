/** Of one thing one record is made at a side, whoever was there first and whatever came late. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition, snapshotOf } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import type { SyncTx } from '../store/contract.ts';
import { openHolds } from '../store/holds.ts';
import { applyPage } from './apply.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { resolveHold } from './holds.ts';
import { settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { observeAll } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

const settle = (runtime: SyncRuntime): Promise<void> => captureAndDeliver(runtime, 6);

async function start(name: string): Promise<{
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
  readonly side: SideRuntime;
}> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  return { crm, erp, runtime, side: must(runtime.sides.get('erp'), 'erp is a side') };
}

function emailsAt(system: MemorySystem): readonly string[] {
  return Object.values(system.all())
    .flatMap(({ email }) => (typeof email === 'string' ? [email] : []))
    .toSorted();
}

test('a record that was parked takes its place when that becomes free, though it has not changed', async () => {
  const { crm, erp, runtime } = await start('parked');
  const first = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
  crm.edit(first, { email: 'amy@x.test' });
  await settle(runtime);
  expect(emailsAt(erp)).toEqual(['amy@x.test', 'ann@x.test']);
  expect(crm.size).toBe(2);
});

test('an edit that gave a thing the key of another is taken once that key is free, and nobody is asked any more', async () => {
  const { crm, erp, runtime } = await start('clash');
  const [ann, bob] = ['ann@x.test', 'bob@x.test'].map((email) =>
    crm.create({ email, name: email, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await settle(runtime);
  crm.edit(must(bob, 'a record'), { email: 'ann@x.test', name: 'Bob' });
  await settle(runtime);
  const open = async (): Promise<readonly string[]> => {
    const { rows } = await store.raw.pool.query<{ reason: string }>(
      'select reason from holds where closed_at is null and sync_key = $1',
      [runtime.syncKey],
    );
    return rows.map(({ reason }) => reason);
  };
  expect(await open()).toEqual(['ambiguousMatch']);
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'bob@x.test']);
  crm.edit(must(ann, 'a record'), { email: 'amy@x.test' });
  await settle(runtime);
  expect(await open()).toEqual([]);
  expect(emailsAt(erp)).toEqual(['amy@x.test', 'ann@x.test']);
  expect(erp.find1('email', 'ann@x.test').fields['name']).toBe('Bob');
});

test('a look that began before a record was met with the key of another thing does not say that it is gone', async () => {
  const { crm, runtime } = await start('clash-met');
  const [, bob = ''] = ['ann@x.test', 'bob@x.test'].map((email) =>
    crm.create({ email, name: email, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await settle(runtime);
  const readBeganMs = await runtime.nowMs();
  crm.edit(bob, { email: 'ann@x.test' });
  const side = must(runtime.sides.get('crm'), 'crm is a side');
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  const sightings = [{ kind: 'deleted' as const, recordId: bob, evidence: 'lookup' as const }];
  await runtime.transaction((tx) =>
    applyPage(runtime, tx, { side: 'crm', sightings, readBeganMs, followed: null }),
  );
  await settle(runtime);
  const known = await runtime.transaction((tx) => tx.recordsOf('crm', [bob]));
  expect(known.get(bob)?.status).toBe('live');
  expect(crm.size).toBe(2);
});

test('two things that have got each other’s keys keep them, though they were looked at one after the other', async () => {
  const { crm, erp, runtime } = await start('swapped');
  const ids = ['ann@x.test', 'bob@x.test'].map((email) =>
    crm.create({ email, name: email, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await settle(runtime);
  const side = must(runtime.sides.get('crm'), 'crm is a side');
  for (const [index, email] of ['bob@x.test', 'ann@x.test'].entries()) {
    crm.edit(must(ids[index], 'a record'), { email });
    await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, side, signal);
  }
  await settle(runtime);
  expect(erp.find1('email', 'bob@x.test').fields['name']).toBe('ann@x.test');
  expect(erp.find1('email', 'ann@x.test').fields['name']).toBe('bob@x.test');
});

test('a record whose key was given up by another while its page waited is a thing of its own', async () => {
  const { crm, erp, runtime, side } = await start('given-up');
  const id = crm.create({ email: 'bob@x.test', name: 'Bob', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  const own = erp.create({ email: 'bob@x.test', name: 'Bo', phone: null, city: null });
  const readBeganMs = await runtime.nowMs();
  const [seen] = await side.session.get('things', [own], side.model.natives);
  if (seen?.kind !== 'found') throw new Error('the record is there');
  const sightings = [{ kind: 'record' as const, recordId: own, record: seen.record }];
  await runtime.transaction((tx) => {
    const waiting: SyncTx = {
      ...tx,
      lockBundles: async (ids, ifLocked) => {
        crm.edit(id, { email: 'ben@x.test' });
        const other = must(runtime.sides.get('crm'), 'crm is a side');
        await captureChanges(runtime, other, false, signal);
        await settleHints(runtime, other, signal);
        return tx.lockBundles(ids, ifLocked);
      },
    };
    return applyPage(runtime, waiting, { side: 'erp', sightings, readBeganMs, followed: null });
  });
  await settle(runtime);
  expect(emailsAt(erp)).toEqual(['ben@x.test', 'bob@x.test']);
  expect(emailsAt(crm)).toEqual(['ben@x.test', 'bob@x.test']);
});

test('an answer that comes after its create was given up tells which record was made', async () => {
  const { crm, erp, runtime, side } = await start('late');
  crm.create({ email: 'kim@x.test', name: 'Kim', phone: null, city: null });
  await observeAll(runtime, signal);
  const given = erp.write.bind(erp);
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    // The lease runs out, and somebody gives the record a key by which no search finds it.
    await store.raw.pool.query(`update writes set lease_until = '-infinity'`);
    await runtime.transaction((tx) => tx.reapSent(0));
    erp.edit(erp.find1('email', 'kim@x.test').id, { email: 'kit@x.test' });
    return results;
  };
  await deliverBatch(runtime, side);
  erp.write = given;
  await settle(runtime);
  expect(emailsAt(erp)).toEqual(['kit@x.test']);
  expect(emailsAt(crm)).toEqual(['kit@x.test']);
});

test('an id that a system gives twice in one batch is one record, and a person is asked about the other', async () => {
  const { crm, erp, runtime, side } = await start('twice');
  crm.create({ email: 'lea@x.test', name: 'Lea', phone: null, city: null });
  crm.create({ email: 'leo@x.test', name: 'Leo', phone: null, city: null });
  await observeAll(runtime, signal);
  const given = erp.write.bind(erp);
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    const [first] = results;
    // The first record was deleted at once, and the second has got its id.
    return results.map((result) =>
      result.kind === 'written' && first?.kind === 'written'
        ? { ...result, recordId: first.recordId }
        : result,
    );
  };
  await deliverBatch(runtime, side);
  const held = await store.raw.pool.query<{ reason: string }>(
    `select reason from holds where closed_at is null and sync_key = $1`,
    [runtime.syncKey],
  );
  expect(held.rows).toEqual([{ reason: 'duplicateRecord' }]);
});

test('a record that looks like what a lost create has made is not taken for a new thing', async () => {
  const card = { createIdentity: 'none' } as const;
  const [crm, erp] = [new MemorySystem(), new MemorySystem({ card })];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'lost' }), {
    crm,
    erp,
  });
  const side = must(runtime.sides.get('erp'), 'erp is a side');
  for (const name of ['Max', 'Mia']) crm.create({ email: null, name, phone: '1', city: `${name}stadt` });
  await observeAll(runtime, signal);
  erp.faults.push({ kind: 'loseAnswer' }, { kind: 'loseAnswer' });
  await deliverBatch(runtime, side);
  await resolveUnknown(runtime, side);
  const reasons = async (): Promise<readonly string[]> => {
    const { rows } = await store.raw.pool.query<{ reason: string }>(
      `select reason from holds where closed_at is null and sync_key = $1 order by reason`,
      [runtime.syncKey],
    );
    return rows.map(({ reason }) => reason);
  };
  expect(await reasons()).toEqual(['createOutcomeUnknown', 'createOutcomeUnknown']);
  // One of them is as it was sent; the other has been changed by somebody meanwhile.
  erp.edit(erp.find1('name', 'Mia').id, { phone: '2' });
  await settle(runtime);
  expect(await reasons()).toEqual(['ambiguousMatch', 'createOutcomeUnknown']);
  expect([crm.size, erp.size]).toEqual([2, 2]);
  // Somebody has looked, and says that the record is not there: then what is there is a thing of its own.
  const [hold] = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  await resolveHold(runtime, must(hold, 'a hold is open'), { kind: 'revive' }, 'somebody');
  await settle(runtime);
  expect([crm.size, erp.size]).toEqual([3, 3]);
});

/** Ann's create at erp is lost, and somebody has entered her there as well; `rekeyed`: what was made has got another key. */
async function lostBesideAnother(
  name: string,
  rekeyed: boolean,
  known: { readonly phone: string | null; readonly city: string | null } = { phone: '1', city: 'Annstadt' },
): Promise<{ readonly erp: MemorySystem; readonly other: string; readonly runtime: SyncRuntime }> {
  const card = { createIdentity: 'none' } as const;
  const [crm, erp] = [new MemorySystem(), new MemorySystem({ card })];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  const side = must(runtime.sides.get('erp'), 'erp is a side');
  crm.create({ email: 'ann@x.test', name: 'Ann', ...known });
  await observeAll(runtime, signal);
  const other = erp.create({ email: 'ann@x.test', name: 'Anna', phone: '2', city: 'Bonn' });
  erp.faults.push({ kind: 'loseAnswer' });
  await deliverBatch(runtime, side);
  if (rekeyed) erp.edit(erp.find1('name', 'Ann').id, { email: 'amy@x.test' });
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  return { erp, other, runtime };
}

test('what a lost create has made beside somebody’s record keeps what was sent, before any answer tells', async () => {
  const { runtime } = await lostBesideAnother('beside', false);
  const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  const kept = holds.filter(({ reason, identityId }) => reason === 'duplicateRecord' && identityId !== null);
  expect(kept).toMatchObject([{ seen: { erp: { name: 'Ann', city: 'Annstadt' } } }]);
});

test('where nothing tells what a lost create has made, somebody’s record in its place is no proof that it made none', async () => {
  const { runtime } = await lostBesideAnother('no-proof', true);
  await resolveUnknown(runtime, must(runtime.sides.get('erp'), 'erp is a side'));
  const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  const kept = holds.filter(({ reason, identityId }) => reason === 'duplicateRecord' && identityId !== null);
  expect(kept).toMatchObject([{ seen: { erp: { name: 'Ann', city: 'Annstadt' } } }]);
});

test('that somebody’s record has the key of what was sent does not make it what a lost create has made', async () => {
  const { runtime } = await lostBesideAnother('key-only', true, { phone: null, city: null });
  await resolveUnknown(runtime, must(runtime.sides.get('erp'), 'erp is a side'));
  const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  const kept = holds.filter(({ reason, identityId }) => reason === 'duplicateRecord' && identityId !== null);
  expect(kept).toMatchObject([{ seen: { erp: { email: 'ann@x.test', name: 'Ann' } } }]);
});

test('that somebody’s record is gone does not tell that a create beside it was not carried out', async () => {
  const { erp, other, runtime } = await lostBesideAnother('gone-beside', true);
  erp.remove(other);
  await resolveUnknown(runtime, must(runtime.sides.get('erp'), 'erp is a side'));
  const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  expect(holds.map(({ reason }) => reason)).toContain('createOutcomeUnknown');
});

test('somebody’s record that takes the place of what a person was asked for leaves that asked, until what was made has the place', async () => {
  const { crm, erp, runtime, side } = await start('beside-asked');
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Annstadt' });
  await observeAll(runtime, signal);
  const other = erp.create({ email: 'ann@x.test', name: 'Anna', phone: '2', city: 'Bonn' });
  erp.faults.push({ kind: 'loseAnswer' });
  await deliverBatch(runtime, side);
  const asked = async (): Promise<unknown> => {
    const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
    return holds.flatMap(({ identityId, field, reason, seen }) =>
      identityId !== null && field === null ? [[reason, seen]] : [],
    );
  };
  const sent = { erp: { name: 'Ann', city: 'Annstadt' } };
  await resolveUnknown(runtime, side);
  expect(await asked()).toMatchObject([['createOutcomeUnknown', sent]]);
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  expect(await asked()).toMatchObject([['duplicateRecord', sent]]);
  erp.remove(other);
  await settle(runtime);
  expect(await asked()).toEqual([]);
  expect(Object.values(erp.all())).toMatchObject([{ email: 'ann@x.test', name: 'Ann' }]);
});

test('what a lost create has made of a thing that has another key by now is nobody’s, though a create of ours was lost for that key too', async () => {
  const { crm, erp, runtime, side } = await start('one-key');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: 'Annstadt' });
  await observeAll(runtime, signal);
  erp.faults.push({ kind: 'loseAnswer' }, { kind: 'loseRequest' });
  await deliverBatch(runtime, side);
  const from = must(runtime.sides.get('crm'), 'crm is a side');
  const rekey = (): void => crm.edit(id, { email: 'amy@x.test' });
  const enter = (): unknown => crm.create({ email: 'ann@x.test', name: 'Anna', phone: '2', city: 'Bonn' });
  for (const act of [rekey, enter]) {
    act();
    await captureChanges(runtime, from, false, signal);
    await settleHints(runtime, from, signal);
  }
  await deliverBatch(runtime, side);
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  const holds = await snapshotOf(store, (tx) => openHolds(tx, runtime.syncKey, null, 9));
  expect(holds).toEqual([]);
  await resolveUnknown(runtime, side);
  await settle(runtime);
  expect(erp.find1('email', 'ann@x.test').fields).toMatchObject({ name: 'Anna', city: 'Bonn' });
});

test('of an edit and a new record that ask for one key the new record gets it, and the edit waits', async () => {
  const { crm, erp, runtime } = await start('asked-twice');
  const id = crm.create({ email: 'una@x.test', name: 'Una', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  crm.edit(id, { email: 'uwe@x.test' });
  crm.create({ email: 'uwe@x.test', name: 'Uwe', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  expect(emailsAt(erp)).toEqual(['una@x.test', 'uwe@x.test']);
  const { rows } = await store.raw.pool.query(
    `select match_key from match_keys where sync_key = $1 order by match_key`,
    [runtime.syncKey],
  );
  expect(rows).toHaveLength(2);
});

test('what was refused for good is not sent again when other values come and go before it leaves', async () => {
  const { crm, erp, runtime, side } = await start('refused');
  const id = crm.create({ email: 'eva@x.test', name: 'Eva', phone: null, city: null });
  await observeAll(runtime, signal);
  const given = erp.write.bind(erp);
  const asked: number[] = [];
  erp.write = (_collection, requests) => {
    asked.push(requests.length);
    const failure = { kind: 'invalid', code: 'memory.refused', message: 'it is refused' } as const;
    return Promise.resolve(requests.map(({ key }) => ({ kind: 'failed', key, failure })));
  };
  await deliverBatch(runtime, side);
  const from = must(runtime.sides.get('crm'), 'crm is a side');
  for (const name of ['Eve', 'Eva']) {
    crm.edit(id, { name });
    await captureChanges(runtime, from, false, signal);
    await settleHints(runtime, from, signal);
  }
  await deliverBatch(runtime, side);
  expect(asked).toEqual([1]);
  crm.edit(id, { name: 'Ewa' });
  erp.write = given;
  await settle(runtime);
  expect(erp.find1('email', 'eva@x.test').fields['name']).toBe('Ewa');
});

test('what became golden while a write was being refused is sent in a write of its own', async () => {
  const { crm, erp, runtime, side } = await start('moved-on');
  const id = crm.create({ email: 'ida@x.test', name: 'Ida', phone: null, city: null });
  await observeAll(runtime, signal);
  const given = erp.write.bind(erp);
  const from = must(runtime.sides.get('crm'), 'crm is a side');
  erp.write = async (_collection, requests) => {
    crm.edit(id, { name: 'Ina' });
    await captureChanges(runtime, from, false, signal);
    await settleHints(runtime, from, signal);
    const failure = { kind: 'invalid', code: 'memory.refused', message: 'it is refused' } as const;
    return requests.map(({ key }) => ({ kind: 'failed', key, failure }));
  };
  await deliverBatch(runtime, side);
  erp.write = given;
  await deliverBatch(runtime, side);
  expect(erp.find1('email', 'ida@x.test').fields['name']).toBe('Ina');
});

test('a record that somebody entered in place of a lost create keeps what is accounted for when that create is settled', async () => {
  const { crm, erp, runtime, side } = await start('in-its-place');
  crm.create({ email: 'pia@x.test', name: 'Pia', phone: null, city: null });
  await observeAll(runtime, signal);
  erp.faults.push({ kind: 'loseRequest' });
  await deliverBatch(runtime, side);
  const own = erp.create({ email: 'pia@x.test', name: 'Pi', phone: '7', city: null });
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  const accounted = async (): Promise<unknown> => {
    const [row] = (
      await store.raw.pool.query<{ accounted: unknown }>(
        `select accounted from links where sync_key = $1 and record_id = $2 and side = 'erp'`,
        [runtime.syncKey, own],
      )
    ).rows;
    return row?.accounted;
  };
  const before = await accounted();
  expect(before).toMatchObject({ name: 'Pi', phone: '7' });
  expect(await resolveUnknown(runtime, side)).toBe(1);
  expect(await accounted()).toEqual(before);
});

test('a delete whose answer was lost leaves nobody waiting for a record that could not be read', async () => {
  const { crm, erp, runtime, side } = await start('lost-delete');
  const id = crm.create({ email: 'una@x.test', name: 'Una', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  const { id: made } = erp.find1('email', 'una@x.test');
  crm.remove(id);
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'crm is a side'), false, signal);
  await settleHints(runtime, must(runtime.sides.get('crm'), 'crm is a side'), signal);
  erp.faults.push({ kind: 'loseRequest' });
  await deliverBatch(runtime, side);
  const hints = async (): Promise<readonly string[]> => {
    const { rows } = await store.raw.pool.query<{ state: string }>(
      'select state from hints where sync_key = $1 and record_id = $2',
      [runtime.syncKey, made],
    );
    return rows.map(({ state }) => state);
  };
  erp.edit(made, { name: ['U', 'na'] });
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
  expect(await hints()).toEqual(['dead']);
  erp.remove(made);
  await resolveUnknown(runtime, side);
  await settleHints(runtime, side, signal);
  expect(await hints()).toEqual([]);
});

test('a record that a delete of ours took because it has the id of another is made again, and deleted nowhere else', async () => {
  const [crm, erp] = [
    new MemorySystem({ reusesIds: true, card: { conditionalWrite: false } }),
    new MemorySystem(),
  ];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'taken-by-id' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('crm'), 'crm is a side');
  const id = crm.create({ email: 'kim@x.test', name: 'Kim', phone: null, city: null });
  await observeAll(runtime, signal);
  await settle(runtime);
  erp.remove(erp.find1('email', 'kim@x.test').id);
  erp.create({ email: 'lea@x.test', name: 'Lea', phone: null, city: null });
  await captureChanges(runtime, must(runtime.sides.get('erp'), 'erp is a side'), false, signal);
  await settleHints(runtime, must(runtime.sides.get('erp'), 'erp is a side'), signal);
  const given = crm.write.bind(crm);
  crm.write = async (collection, requests) => {
    crm.write = given;
    // Somebody deletes the one just before, so that the other gets its id, and then the delete comes.
    crm.remove(id);
    const inOrder = requests.toSorted(({ kind }) => (kind === 'create' ? -1 : 1));
    const results = await given(collection, inOrder);
    return requests.map((request) => must(results[inOrder.indexOf(request)], 'each has a result'));
  };
  await deliverBatch(runtime, side);
  expect(crm.log.map(({ kind }) => kind)).toEqual(['create', 'delete', 'create', 'delete']);
  await settle(runtime);
  expect([emailsAt(crm), emailsAt(erp)]).toEqual([['lea@x.test'], ['lea@x.test']]);
});

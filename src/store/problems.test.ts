import { expect, test } from 'vitest';

import { failingStand, thing } from '../../test/support/failing.ts';
import type { Fields } from '../../test/support/memory-system.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import type { Failure } from '../connector/failure.ts';
import { replayAll } from '../worker/redrive.ts';
import { setConnectionState, saveConnection } from './control.ts';
import { addProblemNote, problemHours, problemNotes, setProblemOwner } from './problems.ts';

const store = sharedTestStore();

function refused({ name }: Fields): Failure {
  const text = typeof name === 'string' ? name : '';
  const message = `"${text}" has ${String(text.length)} letters`;
  return { kind: 'invalid', code: 'memory.validation', message, field: 'name', advice: 'Use another name.' };
}

test('a healthy sync has no problem', async () => {
  const stand = await failingStand(store, 'healthy', ['ann', 'bob']);
  expect(await stand.look()).toEqual({ opened: [], resolved: [] });
  expect(await stand.problems()).toEqual([]);
});

test('failures of one cause are one problem, whatever values the system quotes', async () => {
  const stand = await failingStand(store, 'one-cause', ['ann']);
  stand.erp.mood.refuse = (fields) => (fields['name'] === 'ann' ? null : refused(fields));
  const began = await stand.runtime.nowMs();
  for (const name of ['bob', 'cat', 'dorothy']) stand.crm.create(thing(name));
  await stand.settle();
  const { opened } = await stand.look();
  expect(opened).toHaveLength(1);
  expect(opened[0]).toMatchObject({
    code: 'memory.validation',
    side: 'erp',
    direction: 'out',
    field: 'name',
    records: 3,
    cause: '… has … letters',
    advice: 'Use another name.',
    openings: 1,
  });
  expect(opened[0]?.firstSeenMs).toBeGreaterThanOrEqual(began);
  expect(opened[0]?.firstSeenMs).toBeLessThanOrEqual(await stand.runtime.nowMs());
  expect(await stand.look()).toEqual({ opened: [], resolved: [] });
});

test('a problem is resolved when nothing fails by it any more, and is the same one when it comes back', async () => {
  const stand = await failingStand(store, 'comes-back', ['ann']);
  stand.erp.mood.refuse = refused;
  stand.crm.create(thing('bob'));
  await stand.settle();
  await stand.look();
  stand.erp.mood.refuse = () => null;
  const [problem] = await stand.problems();
  const act = { by: 'ann', reason: null };
  expect(await replayAll(stand, stand.sync, { problem: problem?.problemId ?? '' }, act)).toBe(1);
  await stand.settle();
  const { resolved } = await stand.look();
  expect(resolved).toMatchObject([{ problemId: problem?.problemId, state: 'resolved' }]);
  expect(stand.erp.size).toBe(2);
  stand.erp.mood.refuse = refused;
  stand.crm.create(thing('cat'));
  await stand.settle();
  expect((await stand.look()).opened).toMatchObject([{ problemId: problem?.problemId, openings: 2 }]);
});

test('an outage met by reading and by writing is one problem of the side, and one cause however it is worded', async () => {
  const stand = await failingStand(store, 'outage', ['ann']);
  const lastGood = await stand.runtime.nowMs();
  await stand.settle();
  const down = { kind: 'transient', code: 'memory.down' } as const;
  for (const [index, name] of ['bob', 'cat'].entries()) {
    stand.erp.mood.down = { ...down, message: index === 0 ? 'no answer' : 'the connection broke' };
    stand.crm.create(thing(name));
    await stand.settle();
  }
  const [problem, ...others] = (await stand.look()).opened;
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    code: 'memory.down',
    side: 'erp',
    direction: 'both',
    records: 2,
    cause: '',
  });
  expect(problem?.openedMs).toBeGreaterThanOrEqual(lastGood);
  stand.erp.mood.down = null;
  await stand.settle();
  expect((await stand.look()).resolved).toHaveLength(1);
  expect(stand.erp.size).toBe(3);
});

test('a conflict that waits for a person is a problem of its field', async () => {
  const stand = await failingStand(store, 'conflict', ['ann']);
  stand.crm.edit(stand.crm.find1('name', 'ann').id, { city: 'Rome' });
  stand.erp.edit(stand.erp.find1('name', 'ann').id, { city: 'Oslo' });
  await stand.settle();
  expect((await stand.look()).opened).toMatchObject([
    { code: 'hold.conflict', field: 'city', records: 1, kind: 'hold' },
  ]);
});

test('a connection that cannot be opened is a problem of every sync that uses it, with its own cause', async () => {
  const stand = await failingStand(store, 'closed-door', ['ann']);
  await stand.transaction(async (tx) => {
    await saveConnection(tx, store.workspaceNo, { name: 'erp', system: 'memory', settings: {} });
    const failure = { kind: 'auth', code: 'memory.login', message: 'the password is refused' };
    await setConnectionState(tx, 'erp', 'reauthorise', failure);
  });
  expect((await stand.look()).opened).toMatchObject([
    { code: 'memory.login', side: 'erp', direction: 'both', kind: 'auth', records: 0 },
  ]);
  await stand.transaction((tx) => setConnectionState(tx, 'erp', 'connected', null));
  expect((await stand.look()).resolved).toHaveLength(1);
});

test('a problem keeps its owner, its notes and the course of its hours', async () => {
  const stand = await failingStand(store, 'kept', []);
  stand.erp.mood.refuse = refused;
  stand.crm.create(thing('bob'));
  await stand.settle();
  const id = (await stand.look()).opened[0]?.problemId ?? '';
  const { syncKey } = stand.sync;
  await stand.transaction(async (tx) => {
    expect(await setProblemOwner(tx, syncKey, id, 'ann')).toBe(true);
    expect(await setProblemOwner(tx, syncKey, 'nothing', 'ann')).toBe(false);
    await addProblemNote(tx, syncKey, id, 'ann', 'asked the ERP people');
  });
  expect(await stand.problems()).toMatchObject([{ problemId: id, owner: 'ann' }]);
  const notes = await stand.transaction((tx) => problemNotes(tx, syncKey, id));
  expect(notes).toMatchObject([{ author: 'ann', note: 'asked the ERP people' }]);
  const hours = await stand.transaction((tx) => problemHours(tx, syncKey, [id], 24));
  expect(hours).toMatchObject([{ problemId: id, records: 1 }]);
});

import { expect, test } from 'vitest';

import { MemorySystem, type Fields } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { Failure } from '../connector/failure.ts';
import { must } from '../lib/assert.ts';
import { findSync, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { countLetters, listLetters, type Letter, type LetterFilter } from '../store/letters.ts';
import { countStates } from '../store/status.ts';
import { LOOK_TRIES_MAX } from './limits.ts';
import { correctLetter, discardAll, replayAll } from './redrive.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const ACT = { by: 'ann', reason: 'mended in the ERP' };

const store = sharedTestStore();

const transact = <T>(action: (tx: Tx) => Promise<T>): Promise<T> =>
  store.database.transaction(store.workspaceNo, action);
const workspace = { transaction: transact };

/** Refuses records by name, as long as it is told to. */
class Strict extends MemorySystem {
  readonly refused: Set<string>;

  constructor(refused: readonly string[]) {
    const set = new Set(refused);
    super({ refuse: (fields) => (set.has(nameOf(fields)) ? refusalOf(nameOf(fields)) : null) });
    this.refused = set;
  }
}

function nameOf({ name }: Fields): string {
  return typeof name === 'string' ? name : '';
}

function refusalOf(name: string): Failure {
  const message = `the name "${name}" is not allowed`;
  return { kind: 'invalid', code: 'memory.validation', message, field: 'name', advice: 'Use another name.' };
}

interface Stand {
  readonly runtime: SyncRuntime;
  readonly sync: SyncRow;
  readonly crm: MemorySystem;
  readonly erp: Strict;
  letters(filter?: LetterFilter): Promise<readonly Letter[]>;
}

/** A sync whose ERP has refused some of the names of the CRM. */
async function stand(name: string, names: readonly string[], refused: readonly string[]): Promise<Stand> {
  const [crm, erp] = [new MemorySystem(), new Strict(refused)];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  for (const each of names) crm.create({ email: `${each}@x.test`, name: each, phone: null, city: null });
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  const sync = must(await transact((tx) => findSync(tx, name)), 'it was just saved');
  const letters = async (filter: LetterFilter = {}): Promise<readonly Letter[]> =>
    (await transact((tx) => listLetters(tx, sync.syncKey, filter, null, 100))).letters;
  return { runtime, sync, crm, erp, letters };
}

function erpCounts({ sync }: Stand): Promise<unknown> {
  return transact(async (tx) => (await countStates(tx, sync.syncKey, ['erp', 'crm']))[1]);
}

test('a refused write is a letter with its try, its cause and what was to be written', async () => {
  const all = await stand('listed', ['ann', 'bob', 'cat'], ['bob', 'cat']);
  const letters = await all.letters();
  expect(letters).toHaveLength(2);
  expect(letters).toContainEqual(
    expect.objectContaining({
      state: 'waiting',
      side: 'erp',
      kind: 'create',
      tries: 1,
      failure: expect.objectContaining({ code: 'memory.validation', field: 'name' }) as unknown,
      body: expect.objectContaining({ name: 'bob' }) as unknown,
    }),
  );
  expect(await transact((tx) => countLetters(tx, all.sync.syncKey, {}))).toEqual([
    { state: 'waiting', side: 'erp', code: 'memory.validation', count: 2 },
  ]);
  expect(await all.letters({ side: 'crm' })).toEqual([]);
  expect(await all.letters({ code: 'memory.validation', field: 'name' })).toHaveLength(2);
});

test('pages follow one another without gap or repetition', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const { sync } = await stand('paged', names, names);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const from = after;
    const page: Awaited<ReturnType<typeof listLetters>> = await transact((tx) =>
      listLetters(tx, sync.syncKey, {}, from, 2),
    );
    seen.push(...page.letters.map((letter) => letter.letterId));
    after = page.next;
  } while (after !== null);
  expect(new Set(seen).size).toBe(5);
  expect(seen).toHaveLength(5);
});

test('what was mended is delivered by a replay, once, and its letter is gone', async () => {
  const all = await stand('replayed', ['ann', 'bob', 'cat'], ['bob', 'cat']);
  all.erp.refused.clear();
  expect(await replayAll(workspace, all.sync, { code: 'memory.validation' }, ACT)).toBe(2);
  expect(await replayAll(workspace, all.sync, { code: 'memory.validation' }, ACT)).toBe(0);
  await settleRounds(store, all.runtime, 2);
  expect(Object.values(all.erp.all()).map((fields) => fields['name'])).toEqual(['ann', 'bob', 'cat']);
  expect(all.erp.log.filter((event) => event.kind === 'create')).toHaveLength(3);
  expect(await all.letters()).toEqual([]);
});

test('replayed letters become due one after the other, at the pace that was asked for', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const all = await stand('paced', names, names);
  await replayAll(workspace, all.sync, {}, ACT, 0.1);
  const { rows } = await store.raw.pool.query<{ seconds: number }>(
    `select round(extract(epoch from due_at - min(due_at) over ()))::int as seconds from writes where sync_key = $1 order by due_at`,
    [all.sync.syncKey],
  );
  expect(rows.map((row) => row.seconds)).toEqual([0, 10, 20, 30]);
});

test('a replay sends what is owed when it goes, not what was refused', async () => {
  const all = await stand('replanned', ['bob'], ['bob']);
  all.erp.refused.clear();
  await replayAll(workspace, all.sync, {}, ACT);
  const [id = ''] = Object.keys(all.crm.all());
  all.crm.edit(id, { city: 'Oslo' });
  await settleRounds(store, all.runtime, 2);
  expect(Object.values(all.erp.all())).toMatchObject([{ name: 'bob', city: 'Oslo' }]);
  expect(all.erp.size).toBe(1);
});

test('an edit that makes the record acceptable closes its letter by itself', async () => {
  const all = await stand('mended', ['bob'], ['bob']);
  const [id = ''] = Object.keys(all.crm.all());
  all.crm.edit(id, { name: 'Robert' });
  await settleRounds(store, all.runtime, 2);
  expect(await all.letters()).toEqual([]);
  expect(Object.values(all.erp.all())).toMatchObject([{ name: 'Robert' }]);
});

test('a letter about a record that is deleted meanwhile closes by itself', async () => {
  const all = await stand('stale', ['bob'], ['bob']);
  const [id = ''] = Object.keys(all.crm.all());
  all.crm.create({ email: 'zoe@x.test', name: 'zoe', phone: null, city: null });
  all.crm.remove(id);
  await settleRounds(store, all.runtime, 2);
  expect(await all.letters()).toEqual([]);
});

test('what is given up counts as excluded, with the reason, until its record changes', async () => {
  const all = await stand('discarded', ['ann', 'bob'], ['bob']);
  expect(await erpCounts(all)).toMatchObject({ side: 'crm', inSync: 1, dead: 1, excluded: 0 });
  expect(await discardAll(workspace, all.sync, {}, { by: 'ann', reason: 'a test record' })).toBe(1);
  expect(await erpCounts(all)).toMatchObject({ records: 2, inSync: 1, dead: 0, excluded: 1 });
  expect(await all.letters({ states: ['waiting'] })).toEqual([]);
  expect(await all.letters()).toMatchObject([
    { state: 'discarded', discarded: { by: 'ann', reason: 'a test record' } },
  ]);
  const id = all.crm.find1('name', 'bob').id;
  all.crm.edit(id, { city: 'Rome' });
  await settleRounds(store, all.runtime, 2);
  expect(await all.letters()).toMatchObject([{ state: 'waiting', body: { city: 'Rome' } }]);
  expect(await erpCounts(all)).toMatchObject({ inSync: 1, dead: 1, excluded: 0 });
});

test('what fails later at the same place is no part of what was given up', async () => {
  const all = await stand('failed-later', ['ann'], ['bob', 'cat']);
  const id = all.crm.find1('name', 'ann').id;
  const rename = async (name: string): Promise<void> => {
    all.crm.edit(id, { name });
    await settleRounds(store, all.runtime, 2);
  };
  await rename('bob');
  expect(await discardAll(workspace, all.sync, {}, ACT)).toBe(1);
  // Nothing is owed any more, so that the next write is another one; and that one fails at its first try as well.
  await rename('ann');
  expect(await all.letters()).toEqual([]);
  await rename('cat');
  expect(await all.letters()).toMatchObject([{ state: 'waiting', body: { name: 'cat' } }]);
  expect(await erpCounts(all)).toMatchObject({ inSync: 0, dead: 1, excluded: 0 });
});

test('a record that cannot be looked up again later is no part of what was given up', async () => {
  const all = await stand('looked-up-later', ['ann'], []);
  const id = all.crm.find1('name', 'ann').id;
  const given = all.crm.get.bind(all.crm);
  const breakLooks = async (): Promise<void> => {
    const failure: Failure = { kind: 'permanent', code: 'memory.broken', message: 'it cannot be shown' };
    all.crm.get = (_collection, ids) =>
      Promise.resolve(ids.map((each) => ({ kind: 'failed', id: each, failure })));
    all.crm.edit(id, { city: 'Rome' });
    await settleRounds(store, all.runtime, LOOK_TRIES_MAX);
    expect(await all.letters()).toMatchObject([{ kind: 'read', state: 'waiting' }]);
  };
  await breakLooks();
  expect(await discardAll(workspace, all.sync, {}, ACT)).toBe(1);
  all.crm.get = given;
  all.crm.edit(id, { city: 'Oslo' });
  await settleRounds(store, all.runtime, 2);
  await breakLooks();
});

test('a value given to a letter goes to every side and is remembered as that person’s', async () => {
  const all = await stand('corrected', ['bob'], ['bob']);
  const [letter] = await all.letters();
  await correctLetter(all.runtime, must(letter, 'bob was refused'), 'name', 'Robert', 'ann');
  await settleRounds(store, all.runtime, 2);
  expect(Object.values(all.erp.all())).toMatchObject([{ name: 'Robert' }]);
  expect(Object.values(all.crm.all())).toMatchObject([{ name: 'Robert' }]);
  expect(await all.letters()).toEqual([]);
});

test('an outage costs a record no try, however often it is met', async () => {
  const all = await stand('outage', [], []);
  const down: Failure = { kind: 'transient', code: 'memory.down', message: 'the system is down' };
  for (let round = 0; round < 12; round += 1) all.erp.faults.push({ kind: 'refuse', failure: down });
  all.crm.create({ email: 'ann@x.test', name: 'ann', phone: null, city: null });
  await settleRounds(store, all.runtime, 6);
  expect(await all.letters()).toMatchObject([{ state: 'retrying', failure: { code: 'memory.down' } }]);
  const { rows } = await store.raw.pool.query(`select attempts from writes where sync_key = $1`, [
    all.sync.syncKey,
  ]);
  expect(rows).toEqual([{ attempts: 0 }]);
  await settleRounds(store, all.runtime, 10);
  expect(all.erp.size).toBe(1);
  expect(await all.letters()).toEqual([]);
});

test.each([
  { approvedUntilMs: 1, state: 'queued' },
  { approvedUntilMs: 0, state: 'planned' },
])(
  'what is replayed while a sync is paused that was approved up to $approvedUntilMs is $state',
  async ({ approvedUntilMs, state }) => {
    const { sync } = await stand(`paused, then ${state}`, ['ann', 'bob'], ['bob']);
    await replayAll(workspace, { ...sync, mode: 'paused', approvedUntilMs }, {}, ACT);
    const { rows } = await store.raw.pool.query('select state from writes where sync_key = $1', [
      sync.syncKey,
    ]);
    expect(rows).toEqual([{ state }]);
  },
);

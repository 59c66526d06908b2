/** What is known gets the keys and names of changed rules, before anything else is done. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { referring } from '../../test/support/references.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { referrersOf } from '../engine/references.ts';
import { must } from '../lib/assert.ts';
import { allSyncs } from '../store/control.ts';
import { captureChanges } from './capture.ts';
import { joinPair } from './joins.ts';
import { rekey } from './rekey.ts';
import { deliverAll, settleRecords } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const { signal } = new AbortController();
const COLUMNS = ['email', 'name', 'phone', 'city'];

const store = sharedTestStore();

let made = 0;

/** A sync whose sides make no records for one another, so that what is at one side only stays so. */
async function world() {
  made += 1;
  const name = `things${String(made)}`;
  const systems = {
    crm: new MemorySystem({ idPrefix: `${name}-crm-`, columns: COLUMNS }),
    erp: new MemorySystem({ idPrefix: `${name}-erp-`, columns: COLUMNS }),
  };
  const by = (match: SyncDefinition['match']): Promise<SyncRuntime> => {
    const plain = simpleDefinition(['crm', 'erp'], { name, match });
    const sides = plain.sides.map((side) => ({ ...side, creates: false }));
    return createTestRuntime(store, { ...plain, sides }, systems);
  };
  const first = await by([['email']]);
  await takeIn(first);
  return { ...systems, by, first };
}

async function takeIn(runtime: SyncRuntime): Promise<void> {
  await rekey(runtime, signal);
  await rows(`update hints set due_at = clock_timestamp() where sync_key = $1 and state = 'open'`, runtime);
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await settleRecords(runtime, signal);
  await deliverAll(runtime, signal);
}

async function rows(statement: string, { syncKey }: SyncRuntime): Promise<readonly unknown[]> {
  const found = await store.raw.pool.query<Record<string, unknown>>(statement, [syncKey]);
  return found.rows.map((row) => Object.values(row)[0]);
}

const things = (runtime: SyncRuntime): Promise<readonly unknown[]> =>
  rows('select identity_id from identities where sync_key = $1 and tombstone is null order by 1', runtime);
const keys = (runtime: SyncRuntime): Promise<readonly unknown[]> =>
  rows('select match_key from match_keys where sync_key = $1 order by 1', runtime);
const holds = (runtime: SyncRuntime): Promise<readonly unknown[]> =>
  rows('select reason from holds where sync_key = $1 and closed_at is null', runtime);

test('a record is matched with what was known before its rules, by the rules of now', async () => {
  const { crm, erp, by, first } = await world();
  crm.create({ email: 'ann@x', phone: '1' });
  await takeIn(first);
  const second = await by([['phone']]);
  erp.create({ email: 'anna@x', phone: '1' });
  await takeIn(second);
  expect(await things(second)).toHaveLength(1);
  expect(await keys(second)).toHaveLength(1);
});

test('two that have one key by the new rules are asked about, and a person can make them one', async () => {
  const { crm, erp, by, first } = await world();
  crm.create({ email: 'ann@x', phone: '1' });
  erp.create({ phone: '1', name: 'Ann' });
  await takeIn(first);
  const second = await by([['phone']]);
  await takeIn(second);
  const pair = await things(second);
  expect(pair).toHaveLength(2);
  expect(await holds(second)).toEqual(['ambiguousMatch']);
  await store.database.transaction(store.workspaceNo, async (tx) => {
    const all = await allSyncs(tx);
    const sync = must(
      all.find(({ syncKey }) => syncKey === second.syncKey),
      'the sync is there',
    );
    await joinPair(tx, { runtime: second, sync, all, by: 'ann' }, [String(pair[0]), String(pair[1])]);
  });
  await takeIn(second);
  expect(await things(second)).toHaveLength(1);
  expect(await holds(second)).toEqual([]);
  expect(crm.find1('phone', '1').fields['name']).toBe('Ann');
});

test('the question ends when one of the two gives the key away, and the other has it then', async () => {
  const { crm, erp, by, first } = await world();
  const ids = [crm.create({ email: 'ann@x', phone: '1' }), crm.create({ email: 'bob@x', phone: '1' })];
  await takeIn(first);
  const second = await by([['phone']]);
  await takeIn(second);
  expect(await holds(second)).toEqual(['ambiguousMatch']);
  crm.edit(ids[0] ?? '', { phone: '2' });
  await takeIn(second);
  await takeIn(second);
  expect(await holds(second)).toEqual([]);
  expect(await keys(second)).toHaveLength(2);
  erp.create({ email: 'robert@x', phone: '1' });
  await takeIn(second);
  expect(await things(second)).toHaveLength(2);
});

test('what lacks its key by the new rules takes in what is not about its keys', async () => {
  const { crm, by, first } = await world();
  const ids = [crm.create({ email: 'ann@x', phone: '1' }), crm.create({ email: 'bob@x', phone: '1' })];
  await takeIn(first);
  const second = await by([['phone']]);
  await takeIn(second);
  for (const id of ids) crm.edit(id, { city: 'Rome' });
  await takeIn(second);
  expect(await rows(`select golden ->> 'city' from identities where sync_key = $1`, second)).toEqual([
    'Rome',
    'Rome',
  ]);
  expect(await holds(second)).toEqual(['ambiguousMatch']);
  expect(await keys(second)).toHaveLength(1);
});

test('a worker that dies in the middle is continued, and a third rule in the meantime begins anew', async () => {
  const { crm, by, first } = await world();
  crm.create({ email: 'ann@x', phone: '1', city: 'Rome' });
  crm.create({ email: 'bob@x', phone: '2', city: 'Oslo' });
  await takeIn(first);
  const known = await keys(first);
  const both = await by([['phone'], ['city']]);
  for (let deaths = 0; deaths < 3; deaths += 1)
    await expect(rekey(stoppedAfter(both, 1), signal)).rejects.toThrow('killed');
  const third = await by([['phone']]);
  await expect(rekey(stoppedAfter(third, 2), signal)).rejects.toThrow('killed');
  await rekey(third, signal);
  expect(await keys(third)).toHaveLength(2);
  const again = await by([['email']]);
  await rekey(again, signal);
  expect(await keys(again)).toEqual(known);
  let transactions = 0;
  await rekey(
    { ...again, transaction: (action) => ((transactions += 1), again.transaction(action)) },
    signal,
  );
  expect(transactions).toBe(1);
});

function stoppedAfter(runtime: SyncRuntime, steps: number): SyncRuntime {
  let left = steps;
  return {
    ...runtime,
    transaction: (action) => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : runtime.transaction(action);
    },
  };
}

test('names that a revision begins to refer by are there for what is known already', async () => {
  made += 1;
  const [accounts, contacts] = [`accounts${String(made)}`, `contacts${String(made)}`];
  const columns = [...COLUMNS, 'account'];
  const system = (of: string): MemorySystem => new MemorySystem({ idPrefix: of, columns });
  const at = {
    accounts: { crm: system('ac'), erp: system('ae') },
    contacts: { crm: system('cc'), erp: system('ce') },
  };
  const open = async (reference: Parameters<typeof referring>[1][string]) => {
    const definitions = [referring(accounts, {}), referring(contacts, { account: reference })];
    const runtimes: SyncRuntime[] = [];
    for (const [index, definition] of definitions.entries()) {
      const systems = index === 0 ? at.accounts : at.contacts;
      const runtime = await createTestRuntime(store, definition, systems);
      runtimes.push({ ...runtime, referrers: referrersOf(definition.name, definitions) });
    }
    return async () => {
      for (let round = 0; round < 3; round += 1) for (const runtime of runtimes) await takeIn(runtime);
    };
  };
  const settleById = await open({ to: accounts });
  await settleById();
  const acme = at.accounts.crm.create({ email: 'acme', phone: 'A-1' });
  await settleById();
  const settleByPhone = await open({ to: accounts, by: { field: 'phone', at: ['erp'] } });
  at.contacts.erp.create({ email: 'ann', account: 'a-1' });
  await settleByPhone();
  expect(at.contacts.crm.find1('email', 'ann').fields['account']).toBe(acme);
});

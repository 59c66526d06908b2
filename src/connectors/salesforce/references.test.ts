/** Accounts and their contacts between the simulated org and PostgreSQL: lookups there, foreign keys here. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { settleRounds, skipWaits } from '../../../test/support/rounds.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import { createSessionRuntime, createTestStore, type TestStore } from '../../../test/support/sync.ts';
import { until } from '../../../test/support/until.ts';
import type { Session } from '../../connector/contract.ts';
import { referrersOf } from '../../engine/references.ts';
import { must } from '../../lib/assert.ts';
import { openHolds } from '../../store/holds.ts';
import { parseSyncFile } from '../../syncfile/sync-file.ts';
import { resolveHold } from '../../worker/holds.ts';
import { deliverAll, observeAll, settleRecords } from '../../worker/rounds.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import { sweepSide } from '../../worker/sweep.ts';
import { runSync } from '../../worker/sync-worker.ts';
import { postgres } from '../postgres/index.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: salesforce}
  erp: {system: postgres}
syncs:
  contacts:
    entity: Contact
    fields:
      email: email
      name: text
      account: {type: reference, to: accounts}
    match: email
    sides:
      crm: {connection: crm, collection: Contact, fields: {email: Email, name: LastName, account: AccountId}}
      erp: {connection: erp, collection: person, fields: {email: email, name: name, account: customer}}
  accounts:
    entity: Account
    fields:
      key: text
      name: text
      parent: {type: reference, to: accounts}
    match: key
    sides:
      crm: {connection: crm, collection: Account, fields: {key: ERP_Key__c, name: Name, parent: ParentId}}
      erp: {connection: erp, collection: customer, fields: {key: key, name: name, parent: belongs_to}}
    guard: {changes_share_max: 1}
`;

let bench: SalesforceWorkbench;
let store: TestStore;
let erp: TestDatabase;
let database: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(5);
  store = await createTestStore();
  erp = await createTestDatabase();
  await erp.pool.query(`
    create table customer (id bigint generated always as identity (start with 70) primary key, key text unique, name text not null,
      belongs_to bigint references customer, updated_at timestamptz not null default now());
    create table person (id uuid primary key default gen_random_uuid(), email text unique, name text not null,
      customer bigint references customer, updated_at timestamptz not null default now());
    create function touch() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;
    create trigger touch before update on customer for each row execute function touch();
    create trigger touch before update on person for each row execute function touch()`);
  database = await postgres.open({ url: erp.url }, connectorContext({ connectionKey: 'erp' }));
});

afterEach(async () => {
  await database.close();
  await bench.close();
  await store.close();
  await erp.drop();
});

/** Contacts before accounts. */
async function runtimes(source = SYNC_FILE): Promise<readonly SyncRuntime[]> {
  const systems = new Map(['salesforce', 'postgres'].map((system) => [system, []]));
  const parsed = parseSyncFile(source, 'trueup.yaml', systems);
  if (parsed.kind === 'errors') throw new Error(parsed.errors[0]?.message);
  const { syncs } = parsed.file;
  const crm = await bench.open();
  const opened: SyncRuntime[] = [];
  for (const sync of syncs) {
    const runtime = await createSessionRuntime(store, sync, { crm, erp: database });
    opened.push({ ...runtime, referrers: referrersOf(sync.name, syncs) });
  }
  return opened;
}

/** Every reference by what means the same at both: `contact of key`, `key under key`. */
function inCrm(): readonly string[] {
  const { org } = bench.simulator;
  const keys = new Map(org.records('Account').map(({ Id, ERP_Key__c: key }) => [Id, String(key)]));
  const named = (id: unknown): string =>
    id === null || id === undefined ? 'none' : (keys.get(id as string) ?? 'nobody');
  return [
    ...org.records('Account').map((one) => `${String(one['ERP_Key__c'])} under ${named(one['ParentId'])}`),
    ...org.records('Contact').map((one) => `${String(one['Email'])} of ${named(one['AccountId'])}`),
  ].toSorted();
}

async function inErp(): Promise<readonly string[]> {
  const { rows } = await erp.pool.query<{ line: string }>(
    `select c.key || ' under ' || coalesce(up.key, 'none') as line from customer c left join customer up on up.id = c.belongs_to
     union all
     select p.email || ' of ' || coalesce(c.key, 'none') from person p left join customer c on c.id = p.customer`,
  );
  return rows.map(({ line }) => line).toSorted();
}

async function waiting(): Promise<number> {
  const { rows } = await store.raw.pool.query<{ count: string }>(
    `select (select count(*) from waits) + (select count(*) from writes) + (select count(*) from hints) as count`,
  );
  return Number(rows[0]?.count);
}

test('lookups and foreign keys name the same accounts, though contacts come first and answers are lost', async () => {
  const { simulator } = bench;
  const ann = simulator.org.person('Ann Admin');
  const accounts: string[] = [];
  for (let index = 0; index < 12; index += 1) {
    const parent = index % 3 === 0 ? null : (accounts[index - 1] ?? null);
    accounts.push(
      ann.create('Account', {
        ERP_Key__c: `C${String(index)}`,
        Name: `Crm ${String(index)}`,
        ParentId: parent,
      }),
    );
  }
  // A circle.
  ann.edit(accounts[0] ?? '', { ParentId: accounts[2] ?? '' });
  for (let index = 0; index < 30; index += 1)
    ann.create('Contact', {
      Email: `c${String(index)}@x.example`,
      LastName: 'C',
      AccountId: accounts[index % 12] ?? null,
    });
  await erp.pool.query(`
    insert into customer (key, name) select 'E' || n, 'Erp' from generate_series(1, 10) n;
    update customer set belongs_to = (select max(id) from customer other where other.id < customer.id);
    insert into person (email, name, customer) select 'e' || n || '@x.example', 'E', 70 + n % 10 from generate_series(1, 20) n`);
  const both = await runtimes();
  const stop = new AbortController();
  for (const runtime of both) await observeAll(runtime, stop.signal);
  for (const kind of ['cutAfterExecute', 'cutBeforeExecute'] as const)
    simulator.fault({ match: { path: '/composite' }, kind, skip: 1 });
  const running = both.map((runtime) => runSync(runtime, stop.signal));
  ann.edit(accounts[5] ?? '', { ParentId: accounts[11] ?? '' });
  await erp.pool.query(`update person set customer = 75 where email like 'e1%'`);
  let [here, there] = [inCrm(), await inErp()];
  await until(async (look) => {
    if (look % 25 === 24) {
      bench.clock.shift(5_000);
      for (const runtime of both) await skipWaits(store, runtime);
    }
    [here, there] = [inCrm(), await inErp()];
    return (
      here.length === 22 + 50 && JSON.stringify(here) === JSON.stringify(there) && (await waiting()) === 0
    );
  });
  stop.abort();
  await Promise.all(running);
  expect(here).toEqual(there);
  expect(here).toHaveLength(72);
  expect(here).toContain('C0 under C2');
  expect(here).toContain('C5 under C11');
  expect(here).toContain('e1@x.example of E6');
  expect(await waiting()).toBe(0);
});

/** Account A with a contact, and account B, in an org and a database that `source` keeps in step; and how to let all settle. */
async function twoAccounts(source: string): Promise<{
  readonly accounts: SyncRuntime;
  readonly merge: () => void;
  readonly settle: () => Promise<void>;
}> {
  const ann = bench.simulator.org.person('Ann Admin');
  const [a, b] = ['A', 'B'].map((key) => ann.create('Account', { ERP_Key__c: key, Name: `Name ${key}` }));
  ann.create('Contact', { Email: 'c@x.example', LastName: 'C', AccountId: a ?? null });
  await erp.pool.query(`insert into customer (key, name) values ('A', 'Name A')`);
  const both = await runtimes(source);
  for (const runtime of both.toReversed()) await observeAll(runtime, signal);
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1)
      for (const runtime of both.toReversed()) await settleRounds(store, runtime, 2);
  };
  await settle();
  expect(inCrm()).toContain('c@x.example of A');
  const accounts = must(
    both.find(({ name }) => name === 'accounts'),
    'a sync of accounts',
  );
  return { accounts, merge: () => ann.merge(b ?? '', [a ?? '']), settle };
}

const signal = new AbortController().signal;
const CUSTOMERS = 'collection: customer, fields';
const NONE_MADE_AT_ERP = SYNC_FILE.replace(CUSTOMERS, 'collection: customer, creates: false, fields');
const DELETED_AT_ERP = SYNC_FILE.replace(CUSTOMERS, 'collection: customer, deletes: true, fields').replace(
  'changes_share_max: 1',
  'changes_share_max: 1, deletes_share_max: 1',
);

/** A look at the accounts of the org alone, and what follows from it. */
const LOOKS: Readonly<Record<string, (accounts: SyncRuntime) => Promise<void>>> = {
  feed: (accounts) => settleRounds(store, accounts, 2),
  sweep: async (accounts) => {
    await accounts.transaction((tx) => tx.wakeStream('crm', 'sweep'));
    await sweepSide(accounts, must(accounts.sides.get('crm'), 'a side'), signal);
    await settleRecords(accounts, signal);
    await deliverAll(accounts, signal);
  },
};

test.each(Object.entries(LOOKS))(
  'a merge of accounts that the %s tells of leaves what the loser was linked to with the winner, contacts included',
  async (_, look) => {
    const { accounts, merge, settle } = await twoAccounts(NONE_MADE_AT_ERP);
    const before = await erp.pool.query('select id from customer');
    expect(await inErp()).toEqual(['A under none', 'c@x.example of A']);
    merge();
    await look(accounts);
    expect(await inErp()).toEqual(['B under none', 'c@x.example of B']);
    await settle();
    expect(inCrm()).toEqual(['B under none', 'c@x.example of B']);
    expect(await inErp()).toEqual(['B under none', 'c@x.example of B']);
    expect((await erp.pool.query('select id from customer')).rows).toEqual(before.rows);
    await erp.pool.query(`update customer set name = 'Renamed'`);
    await settle();
    expect(bench.simulator.org.records('Account').map(({ Name }) => Name)).toEqual(['Renamed']);
    expect(await waiting()).toBe(0);
  },
);

test('of two accounts that were merged in the org, contacts follow at the other side too, and its second record waits for a person', async () => {
  const { accounts, merge, settle } = await twoAccounts(DELETED_AT_ERP);
  expect(await inErp()).toEqual(['A under none', 'B under none', 'c@x.example of A']);
  merge();
  await settle();
  expect(await inErp()).toEqual(['A under none', 'B under none', 'c@x.example of B']);
  const holds = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, accounts.syncKey, null, 10),
  );
  expect(holds).toMatchObject([{ reason: 'merged', side: 'crm' }]);
  await resolveHold(accounts, must(holds[0], 'one waits'), { kind: 'delete' }, 'somebody');
  await settle();
  expect(await inErp()).toEqual(['B under none', 'c@x.example of B']);
  expect(inCrm()).toEqual(await inErp());
});

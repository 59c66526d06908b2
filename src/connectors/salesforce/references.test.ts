/** Accounts and their contacts between the simulated org and PostgreSQL: lookups there, foreign keys here. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { skipWaits } from '../../../test/support/rounds.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import { createSessionRuntime, createTestStore, type TestStore } from '../../../test/support/sync.ts';
import type { Session } from '../../connector/contract.ts';
import { referrersOf } from '../../engine/references.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseSyncFile } from '../../syncfile/sync-file.ts';
import { observeAll } from '../../worker/rounds.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
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
async function runtimes(): Promise<readonly SyncRuntime[]> {
  const systems = new Map(['salesforce', 'postgres'].map((system) => [system, []]));
  const parsed = parseSyncFile(SYNC_FILE, 'trueup.yaml', systems);
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
  for (let look = 0; look < 1_200; look += 1) {
    if (here.length === 22 + 50 && JSON.stringify(here) === JSON.stringify(there) && (await waiting()) === 0)
      break;
    if (look % 10 === 9) {
      bench.clock.shift(5_000);
      for (const runtime of both) await skipWaits(store, runtime);
    }
    await systemClock.sleep(50);
    [here, there] = [inCrm(), await inErp()];
  }
  stop.abort();
  await Promise.all(running);
  expect(here).toEqual(there);
  expect(here).toHaveLength(72);
  expect(here).toContain('C0 under C2');
  expect(here).toContain('C5 under C11');
  expect(here).toContain('e1@x.example of E6');
  expect(await waiting()).toBe(0);
}, 120_000);

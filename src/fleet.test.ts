import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../test/support/api.ts';
import type { TestDatabase } from '../test/support/postgres.ts';
import { simpleDefinition } from '../test/support/sync.ts';
import { openTestFolder, type TestFolder } from '../test/support/test-folder.ts';
import { runFleet } from './fleet.ts';
import { openInstallation, type Installation } from './server.ts';
import { runsAlike, type SyncMode, type SyncRow } from './store/control.ts';
import { silentLog } from './worker/runtime.ts';

/** The database tells everything by its log, deletes as well; `suppliers` is there to be worked on while `customers` is paused. */
const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}", replication: logical}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields: {email: {type: email, required: true}, name: text, city: text}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: name, city: city}}
      sheet: {connection: sheet, collection: customers.csv, deletes: true, fields: {email: mail, name: name, city: city}}
    deletes: {mode: propagate, from: [crm]}
  suppliers:
    entity: Supplier
    fields: {email: {type: email, required: true}, name: text}
    match: email
    sides:
      erp: {connection: erp, collection: public.supplier, fields: {email: mail, name: name}}
      sheet: {connection: sheet, collection: suppliers.csv, fields: {email: mail, name: name}}
`;

const CUSTOMERS = 'files/customers.csv';
const SUPPLIERS = 'files/suppliers.csv';

let folder: TestFolder;
let crm: TestDatabase;
let erp: TestDatabase;
let installation: Installation;
let api: TestApi;
let client: Client;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      [CUSTOMERS]: 'id,mail,name,city\n1,ann@x.example,Ann,Rome\n2,bob@x.example,Bob,Rome\n',
      [SUPPLIERS]: 'id,mail,name\n1,sue@x.example,Sue\n',
    },
    databases: ['crm', 'erp'],
  });
  [crm, erp] = [folder.database('crm'), folder.database('erp')];
  const columns = `id bigint generated always as identity primary key, mail text not null unique, name text,
    updated_at timestamptz not null default clock_timestamp()`;
  await crm.pool.query(`create table contact (${columns}, city text)`);
  await erp.pool.query(`create table supplier (${columns})`);
  await folder.trueup('apply', '--yes');
  const { directory, environment } = folder;
  installation = await openInstallation({ directory, environment, log: silentLog });
  api = createTestApi({ ...installation, raw: folder.store });
  client = clientOf(api, await signInFirst(api));
});
afterAll(async () => {
  await api.close();
  await installation.close();
  await folder.close();
});

const ROW: SyncRow = {
  syncKey: '1',
  name: 'things',
  mode: 'live',
  revision: 1,
  definition: simpleDefinition(['crm', 'erp']),
  approvedUntilMs: 0,
  recoveringSinceMs: null,
  timeline: '00000001',
};

test('a sync runs on while neither its mode, its revision, its approval nor the history of the store is another', () => {
  expect(runsAlike(ROW, { ...ROW })).toBe(true);
  expect(runsAlike(ROW, { ...ROW, mode: 'observe' })).toBe(false);
  expect(runsAlike(ROW, { ...ROW, revision: 2 })).toBe(false);
  // What an approved plan holds would otherwise wait for the next start of the worker.
  expect(runsAlike(ROW, { ...ROW, approvedUntilMs: 1 })).toBe(false);
  // What is known of the other history may not be what was known in this one.
  expect(runsAlike(ROW, { ...ROW, timeline: '00000002' })).toBe(false);
});

async function setMode(name: string, mode: SyncMode): Promise<void> {
  const answer = await client.api.v1.syncs[':name'].mode.$put({ param: { name }, json: { mode } });
  expect(answer.status).toBe(200);
}

/** Whether a worker works at the database of the customers. */
async function isAtWork(): Promise<boolean> {
  const { rowCount } = await crm.pool.query(
    `select from pg_stat_activity where datname = current_database() and application_name = 'trueup'`,
  );
  return rowCount !== 0;
}

async function contacts(): Promise<readonly string[]> {
  const { rows } = await crm.pool.query<{ row: string }>(
    `select concat_ws(',', mail, name, city) as row from contact order by mail`,
  );
  return rows.map(({ row }) => row);
}

/** The rows of the sheet without their ids. */
async function customers(): Promise<readonly string[]> {
  const [, ...rows] = (await folder.read(CUSTOMERS)).trimEnd().split('\n');
  return rows.map((row) => row.slice(row.indexOf(',') + 1)).toSorted();
}

async function suppliers(): Promise<unknown> {
  return (await erp.pool.query<{ name: string }>('select name from supplier')).rows;
}

test('what people do at both sides of a paused sync stays where it was done, and all of it arrives once it goes on', async () => {
  const stop = new AbortController();
  const fleet = runFleet(installation, stop.signal);
  try {
    await expect.poll(isAtWork).toBe(true);
    await setMode('customers', 'paused');
    await expect.poll(isAtWork).toBe(false);
    await crm.pool.query(`update contact set city = 'Oslo' where mail = 'ann@x.example'`);
    await crm.pool.query(`delete from contact where mail = 'bob@x.example'`);
    await folder.edit(
      CUSTOMERS,
      '1,ann@x.example,Ann,Rome\n',
      '1,ann@x.example,Anna,Rome\n3,cat@x.example,Cat,Bonn\n',
    );
    // The worker is there, sees what is done after that, and carries it over.
    await folder.edit(SUPPLIERS, 'Sue', 'Susan');
    await expect.poll(suppliers).toEqual([{ name: 'Susan' }]);
    expect(await isAtWork()).toBe(false);
    expect(await contacts()).toEqual(['ann@x.example,Ann,Oslo']);
    expect(await customers()).toEqual([
      'ann@x.example,Anna,Rome',
      'bob@x.example,Bob,Rome',
      'cat@x.example,Cat,Bonn',
    ]);
    await setMode('customers', 'live');
    const inStep = ['ann@x.example,Anna,Oslo', 'cat@x.example,Cat,Bonn'];
    await expect.poll(async () => [await contacts(), await customers()]).toEqual([inStep, inStep]);
  } finally {
    stop.abort();
    await fleet;
  }
});

async function openHolds(): Promise<readonly { readonly id: string }[]> {
  return (await (await client.api.v1.holds.$get({ query: {} })).json()).items;
}

test('what a person decides while a sync is paused leaves once it goes on', async () => {
  const stop = new AbortController();
  const fleet = runFleet(installation, stop.signal);
  try {
    await expect.poll(isAtWork).toBe(true);
    await setMode('customers', 'paused');
    await expect.poll(isAtWork).toBe(false);
    await crm.pool.query(`update contact set name = 'Annie' where mail = 'ann@x.example'`);
    await folder.edit(CUSTOMERS, 'Anna', 'Ann-Kathrin');
    await setMode('customers', 'live');
    await expect.poll(openHolds).toHaveLength(1);
    await setMode('customers', 'paused');
    await expect.poll(isAtWork).toBe(false);
    const [hold] = await openHolds();
    const decided = await client.api.v1.holds[':id'].decision.$post({
      param: { id: hold?.id ?? '' },
      json: { kind: 'take', side: 'crm' },
    });
    expect(decided.status).toBe(204);
    await setMode('customers', 'live');
    await expect.poll(customers).toContain('ann@x.example,Annie,Oslo');
  } finally {
    stop.abort();
    await fleet;
  }
});

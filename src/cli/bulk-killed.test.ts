/** Bulk jobs of workers that are killed, or stand still, in the middle of them: real processes, real signals, a simulated org. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { startWorker, type KilledWorker } from '../../test/support/killed-worker.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../test/support/salesforce-workbench.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { until } from '../../test/support/until.ts';

const RECORDS = 300;
const REFUSED = 7;

let bench: SalesforceWorkbench;
let folder: TestFolder;
let erp: TestDatabase;
let workers: KilledWorker[];

beforeEach(async () => {
  bench = await salesforceWorkbench(19);
  const { login_url: url, client_id: id, client_secret: secret } = bench.settings;
  folder = await openTestFolder({
    syncFile: `version: 1
connections:
  crm: {system: salesforce, login_url: "${String(url)}", client_id: "${String(id)}", client_secret: "\${secret:CRM_SECRET}", bulk_from: 100}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  accounts:
    entity: Account
    fields: {key: text, name: text}
    match: key
    defaults: {policy: [{priority: [crm, erp]}]}
    guard: {changes_share_max: 1}
    sides:
      crm: {connection: crm, collection: Account, fields: {key: ERP_Key__c, name: Name}}
      erp: {connection: erp, collection: account, fields: {key: key, name: name}}
`,
    databases: ['erp'],
    environment: { CRM_SECRET: String(secret), TRUEUP_NETWORK: 'loopback,plain' },
  });
  erp = folder.database('erp');
  await erp.pool
    .query(`create table account (id bigint generated always as identity primary key, key text unique not null,
    name text not null, updated_at timestamptz not null default clock_timestamp())`);
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await folder.close();
  await bench.close();
});

function work(): KilledWorker {
  const worker = startWorker(folder.directory, folder.environment);
  workers.push(worker);
  return worker;
}

/** An empty sync that is approved, and then so many records at one side that they leave as a job. */
async function begun(): Promise<KilledWorker> {
  const approved = await folder.trueup('apply', '--yes');
  expect(approved).toMatchObject({ exitCode: 0 });
  await erp.pool.query(
    `insert into account (key, name) select 'E' || n, 'Company ' || n from generate_series(1, $1) n`,
    [RECORDS],
  );
  return work();
}

function jobs(): readonly { readonly state: string; readonly outcomes: number }[] {
  return bench.simulator.bulk
    .all()
    .flatMap((job) => (job.kind === 'ingest' ? [{ state: job.state, outcomes: job.outcomes.length }] : []));
}

/** How many writes are in each state, and how many tries were ever called unknown. */
async function writes(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await folder.store.pool.query<{ state: string; count: string }>(
    `select state, count(*) as count from writes group by state
     union all select 'ever unknown', count(*) from attempts where outcome = 'unknown'`,
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

async function notedJobs(): Promise<number> {
  const { rows } = await folder.store.pool.query<{ count: string }>(
    'select count(*) as count from bulk_jobs',
  );
  return Number(rows[0]?.count);
}

/** The killed worker held its jobs for a while yet: that while is over. */
async function leapOverLeases(): Promise<void> {
  await folder.store.pool.query(`update bulk_jobs set lease_until = '-infinity'`);
  await folder.store.pool.query(`update streams set lease_until = '-infinity', due_at = clock_timestamp()`);
  await folder.store.pool.query(`update hints set lease_until = '-infinity', due_at = clock_timestamp()`);
}

function creates(): number {
  const entries = bench.simulator.org.log.entries();
  return entries.filter(({ operation, object }) => operation === 'create' && object === 'Account').length;
}

/** One row is refused, so that not every answer is the same. */
function refuseOne(): void {
  bench.simulator.org.rules.validation({
    object: 'Account',
    name: 'No_Seven',
    message: 'Not this one.',
    refuses: (record) => record['ERP_Key__c'] === `E${String(REFUSED)}`,
  });
}

/** How many entries of each kind the journal has about the writes at the org. */
async function told(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await folder.store.pool.query<{ kind: string; count: string }>(
    `select kind, count(*) as count from journal where side = 'crm' and kind in ('written', 'late', 'failed') group by kind`,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
}

test('a job whose worker is killed in its middle is taken up: every row is accounted for, and none is sent again', async () => {
  const { bulk, org } = bench.simulator;
  refuseOne();
  bulk.batchRows = 100;
  const first = await begun();
  await until(() => jobs().some(({ outcomes }) => outcomes >= 100), first.log);
  bulk.batchMs = 2_000;
  await first.kill();
  expect((await writes())['sent']).toBe(RECORDS);
  await leapOverLeases();
  const second = work();
  await until(
    async () => ((await writes())['sent'] ?? 0) === 0 && jobs()[0]?.state === 'JobComplete',
    second.log,
  );
  await until(async () => (await writes())['dead'] === 1, second.log);
  expect(await writes()).toEqual({ dead: 1, 'ever unknown': 0 });
  expect(jobs()).toHaveLength(1);
  expect(creates()).toBe(RECORDS - 1);
  expect(new Set(org.records('Account').map((record) => record['ERP_Key__c'])).size).toBe(RECORDS - 1);
  const { rows } = await folder.store.pool.query<{ links: string }>(
    `select count(*) as links from links where side = 'crm'`,
  );
  expect(rows).toEqual([{ links: String(RECORDS - 1) }]);
  await until(async () => (await notedJobs()) === 0, second.log);
}, 180_000);

test('a job whose worker is killed before it is told to begin is stopped, and its rows are sent once', async () => {
  const upload = bench.simulator.fault({ match: { method: 'PUT' }, kind: 'delay', delayMs: 60_000 });
  const first = await begun();
  await until(() => upload.hits() === 1, first.log);
  await first.kill();
  await leapOverLeases();
  const second = work();
  await until(() => accounts().length === RECORDS, second.log);
  await until(async () => Object.keys(await writes()).every((state) => state === 'ever unknown'), second.log);
  expect(jobs()[0]).toEqual({ state: 'Aborted', outcomes: 0 });
  expect(creates()).toBe(RECORDS);
  expect(await writes()).toEqual({ 'ever unknown': 0 });
  await until(async () => (await notedJobs()) === 0, second.log);
}, 180_000);

test('a worker that stood still past its lease and comes back to its job, which another has taken up, changes nothing', async () => {
  const { bulk, org } = bench.simulator;
  refuseOne();
  bulk.batchRows = 100;
  const first = await begun();
  await until(() => jobs().some(({ outcomes }) => outcomes >= 100), first.log);
  bulk.batchMs = 2_000;
  first.freeze();
  await leapOverLeases();
  const second = work();
  await until(async () => (await writes())['dead'] === 1 && (await notedJobs()) === 0, second.log);
  const settled = { dead: 1, 'ever unknown': 0 };
  expect(await writes()).toEqual(settled);
  expect(await told()).toEqual({ written: RECORDS - 1, failed: 1 });
  first.thaw();
  // It asks how its job ended and hears what the other has heard: kept as evidence, and nothing else.
  await until(async () => (await told())['late'] === RECORDS - 1, first.log);
  expect(await told()).toEqual({ written: RECORDS - 1, failed: 1, late: RECORDS - 1 });
  await erp.pool.query(`insert into account (key, name) values ('after', 'After all')`);
  await until(() => org.records('Account').some((record) => record['ERP_Key__c'] === 'after'), first.log);
  await Promise.all([first.end(), second.end()]);
  expect(await writes()).toEqual(settled);
  expect(jobs()).toHaveLength(1);
  expect(creates()).toBe(RECORDS);
  expect(new Set(org.records('Account').map((record) => record['ERP_Key__c'])).size).toBe(RECORDS);
}, 180_000);

test('a worker that stood still before its job began finds it stopped: its rows went another way, once', async () => {
  const order = { match: { method: 'PATCH' }, times: 1_000 };
  const lost = bench.simulator.fault({ ...order, kind: 'cutBeforeExecute' });
  const first = await begun();
  await until(() => lost.hits() > 0, first.log);
  first.freeze();
  lost.cancel();
  await leapOverLeases();
  const second = work();
  await until(() => accounts().length === RECORDS, second.log);
  await until(async () => (await notedJobs()) === 0, second.log);
  const asked = bench.simulator.fault({
    match: { path: 'unprocessedrecords' },
    kind: 'delay',
    delayMs: 0,
    times: 1_000,
  });
  first.thaw();
  await until(() => asked.hits() > 0, first.log);
  await Promise.all([first.end(), second.end()]);
  expect(jobs()[0]).toEqual({ state: 'Aborted', outcomes: 0 });
  expect(creates()).toBe(RECORDS);
  expect(await told()).toEqual({ written: RECORDS });
  expect(await writes()).toEqual({ 'ever unknown': 0 });
}, 180_000);

function accounts(): readonly unknown[] {
  return bench.simulator.org.records('Account');
}

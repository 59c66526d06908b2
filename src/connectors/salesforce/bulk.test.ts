import { afterEach, beforeEach, expect, test } from 'vitest';

import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import type { BegunJob, Session, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';

let bench: SalesforceWorkbench;
let session: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(4);
  session = await bench.open({ bulk_from: '100' });
});

afterEach(() => bench.close());

function create(index: number, fields: Readonly<Record<string, NativeValue>> = {}): WriteRequest {
  const values = { Name: `Company ${String(index)}`, ERP_Key__c: `E${String(index)}`, ...fields };
  return {
    key: String(index),
    kind: 'create',
    recordId: null,
    ifVersion: null,
    fields: new Map(Object.entries(values)),
  };
}

function creates(count: number): readonly WriteRequest[] {
  return Array.from({ length: count }, (_, index) => create(index));
}

/** Creates of records that no earlier one of the test has made. */
let createdUpTo = 10_000;
function laterCreates(count: number): readonly WriteRequest[] {
  createdUpTo += count;
  return Array.from({ length: count }, (_, index) => create(createdUpTo - index));
}

function said(result: WriteResult | undefined): string {
  return result?.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : String(result?.kind);
}

function ingestJobs(): number {
  return bench.simulator.bulk.all().filter(({ kind }) => kind === 'ingest').length;
}

test('every row of a job has the outcome of its own record, whatever order the results come in', async () => {
  const requests = creates(300).map((request, index) =>
    index % 10 === 0 ? create(index, { Tier__c: 'Unheard of' }) : request,
  );
  const results = await session.write('Account', requests);
  expect(ingestJobs()).toBe(1);
  const outcomes = results.map((result) =>
    result.kind === 'written' ? bench.simulator.org.record(result.recordId)?.['ERP_Key__c'] : said(result),
  );
  const refused = 'invalid salesforce.invalid_or_null_for_restricted_picklist';
  expect(outcomes).toEqual(requests.map(({ key }, index) => (index % 10 === 0 ? refused : `E${key}`)));
});

test('creates, updates and deletes of one batch are a job each, and null empties a field', async () => {
  const made = await session.write(
    'Account',
    creates(120).map((_, index) => create(index, { Phone: '1' })),
  );
  const ids = made.map((result) => (result.kind === 'written' ? result.recordId : ''));
  const requests = ids.map((id, index): WriteRequest => {
    const base = { key: String(index), recordId: id, ifVersion: null };
    return index < 60
      ? { ...base, kind: 'update', fields: new Map([['Phone', null]]) }
      : { ...base, kind: 'delete', fields: new Map() };
  });
  const results = await session.write('Account', requests);
  expect(new Set(results.map(said))).toEqual(new Set(['written']));
  expect(ingestJobs()).toBe(3);
  expect(bench.simulator.org.records('Account')).toHaveLength(60);
  expect(bench.simulator.org.records('Account').every((record) => record['Phone'] === null)).toBe(true);
});

test('of updates the list of the successful is not read, unless the other lists leave a doubt', async () => {
  const made = await session.write('Account', creates(120));
  const reads = bench.simulator.fault({
    match: { path: 'successfulResults' },
    kind: 'delay',
    delayMs: 0,
    times: 9,
  });
  const update = ({ key, fields }: WriteRequest, index: number): WriteRequest => {
    const result = made[index];
    const recordId = result?.kind === 'written' ? result.recordId : '';
    const tier = index % 10 === 0 ? 'Unheard of' : 'Gold';
    return {
      key,
      kind: 'update',
      recordId,
      ifVersion: null,
      fields: new Map([...fields, ['Tier__c', tier]]),
    };
  };
  const requests = creates(120).map(update);
  const refused = 'invalid salesforce.invalid_or_null_for_restricted_picklist';
  const outcomes = requests.map((_, index) => (index % 10 === 0 ? refused : 'written'));
  expect((await session.write('Account', requests)).map(said)).toEqual(outcomes);
  expect(reads.hits()).toBe(0);
  bench.simulator.fault({
    match: { path: 'failedResults' },
    kind: 'status',
    status: 200,
    body: '',
    contentType: 'text/csv',
  });
  const unknown = 'unknownOutcome salesforce.outcome_unknown';
  expect((await session.write('Account', requests)).map(said)).toEqual(
    outcomes.map((outcome) => (outcome === refused ? unknown : outcome)),
  );
  expect(reads.hits()).toBe(1);
});

test('rows that a failed job did not come to are sent again, those that it did are not', async () => {
  bench.simulator.bulk.failNext = { message: 'Internal error', afterRows: 40 };
  const requests = creates(120);
  const results = await session.write('Account', requests);
  expect(results.filter((result) => said(result) === 'written')).toHaveLength(40);
  expect(results.filter((result) => said(result) === 'transient salesforce.job_aborted')).toHaveLength(80);
  const open = requests.filter((_, index) => results[index]?.kind === 'failed');
  await session.write('Account', open);
  expect(bench.simulator.org.records('Account')).toHaveLength(120);
});

test('an order to begin that is lost on its way is given again', async () => {
  bench.simulator.fault({ match: { method: 'PATCH', path: '/jobs/ingest' }, kind: 'cutBeforeExecute' });
  const results = await session.write('Account', creates(120));
  expect(new Set(results.map(said))).toEqual(new Set(['written']));
});

test('an upload that is lost has written nothing', async () => {
  bench.simulator.fault({ match: { method: 'PUT' }, kind: 'cutAfterExecute' });
  const results = await session.write('Account', creates(120));
  expect(new Set(results.map(said))).toEqual(new Set(['transient salesforce.outcome_unknown']));
  expect(bench.simulator.org.records('Account')).toHaveLength(0);
});

test('results that cannot be had leave their rows unknown, never written and never failed', async () => {
  bench.simulator.fault({ match: { path: 'successfulResults' }, kind: 'status', status: 500, times: 9 });
  const results = await session.write('Account', creates(120));
  expect(new Set(results.map(said))).toEqual(new Set(['unknownOutcome salesforce.outcome_unknown']));
});

test('a text that spells the null of CSV goes by another way, and arrives', async () => {
  const results = await session.write('Account', [...creates(120), create(500, { Name: '#N/A' })]);
  expect(said(results[120])).toBe('written');
  expect(bench.simulator.org.records('Account').filter((record) => record['Name'] === '#N/A')).toHaveLength(
    1,
  );
});

test('a key that is taken is looked into after a job as well', async () => {
  const ann = bench.simulator.org.person('Ann Admin');
  ann.create('Account', { Name: 'Company 3', ERP_Key__c: 'E3' });
  ann.create('Account', { Name: 'Hers', ERP_Key__c: 'E4' });
  const results = await session.write('Account', creates(120));
  expect(said(results[3])).toBe('written');
  expect(said(results[4])).toBe('precondition salesforce.key_taken');
  expect(bench.simulator.org.records('Account')).toHaveLength(120);
});

test('texts with quotes, commas and lines arrive as they are', async () => {
  const text = 'a "b", c;\n=d';
  await session.write(
    'Account',
    creates(120).map((_, index) => create(index, { Description: text })),
  );
  expect(bench.simulator.org.records('Account').every((record) => record['Description'] === text)).toBe(true);
});

test('few rows stay with collections; when the day’s requests run out, those do that take fewer requests so', async () => {
  const usual = await bench.open({ collections_per_call: '1' });
  await usual.write('Account', creates(3_000));
  expect(ingestJobs()).toBe(0);
  bench.simulator.limits.spend(92_000);
  await usual.describe(['Contact']);
  await usual.write('Account', laterCreates(2_999));
  expect(ingestJobs()).toBe(0);
  const results = await usual.write('Account', laterCreates(3_000));
  expect(new Set(results.map(said))).toEqual(new Set(['written']));
  expect(ingestJobs()).toBe(1);
});

test('rows that are together too long for one job go in several, and a job that ran out of time is not begun', async () => {
  const text = 'x'.repeat(30_000);
  const long = creates(600).map((_, index) => create(index, { Description: text }));
  const results = await session.write('Account', long);
  expect(new Set(results.map(said))).toEqual(new Set(['written']));
  expect(ingestJobs()).toBe(2);
  const late = bench.simulator.fault({ match: { method: 'PUT' }, kind: 'delay', delayMs: 1_000 });
  const writing = session.write('Account', laterCreates(120));
  await expect.poll(() => late.hits()).toBe(1);
  bench.clock.shift(6 * 60_000);
  expect(new Set((await writing).map(said))).toEqual(new Set(['transient salesforce.job_aborted']));
  expect(bench.simulator.org.records('Account')).toHaveLength(600);
});

test('the card offers many writes together only where they can go by the Bulk API', async () => {
  expect(await fewestInBulk({})).toBe(5_000);
  expect(await fewestInBulk({ collections_per_call: '1' })).toBe(3_000);
  expect(await fewestInBulk({ bulk_from: '0' })).toBeUndefined();
  expect(await fewestInBulk({ duplicate_rules: 'allow' })).toBeUndefined();
});

async function fewestInBulk(settings: Readonly<Record<string, string>>): Promise<number | undefined> {
  const [account] = await (await bench.open(settings)).describe(['Account']);
  return account?.card.bulk?.writesMin;
}

test('a job is told of before it begins, and one that could not be noted never does', async () => {
  const away = new ConnectorFailure({ kind: 'transient', code: 'trueup.store_unavailable', message: 'away' });
  const results = await session.write('Account', creates(120), () => Promise.reject(away));
  expect(new Set(results.map(said))).toEqual(new Set(['transient trueup.store_unavailable']));
  expect(bench.simulator.bulk.all().map(({ state }) => state)).toEqual(['Open']);
  expect(bench.simulator.org.records('Account')).toHaveLength(0);
});

test('another process accounts for the rows that it still has of a job, whatever the job has beside them', async () => {
  const jobs: BegunJob[] = [];
  const requests = [
    ...creates(120).map((request, index) =>
      index % 10 === 0 ? create(index, { Tier__c: 'Unheard of' }) : request,
    ),
    // Of the same name and key but for one cell: the job has it in its columns, this row has it empty.
    create(500, { Name: 'Twin', Phone: '1' }),
    create(501, { Name: 'Twin' }),
  ];
  await session.write('Account', requests, async (job) => void jobs.push(job));
  const [job] = jobs;
  expect(job?.keys).toEqual(requests.map(({ key }) => key));
  const left = requests.filter((_, index) => index % 3 === 0 || index === 121);
  const other = await bench.open({ bulk_from: '100' });
  const results = (await other.takeUp?.('Account', job?.token ?? null, left, 60_000)) ?? [];
  const outcomes = results.map((result) =>
    result.kind === 'written' ? bench.simulator.org.record(result.recordId)?.['ERP_Key__c'] : said(result),
  );
  const refused = 'invalid salesforce.invalid_or_null_for_restricted_picklist';
  expect(outcomes).toEqual(
    left.map(({ key }) => (Number(key) < 120 && Number(key) % 10 === 0 ? refused : `E${key}`)),
  );
  expect(ingestJobs()).toBe(1);
});

test('a job that Salesforce no longer knows leaves its rows unknown, and a token of somebody else is refused', async () => {
  const jobs: BegunJob[] = [];
  await session.write('Account', creates(120), async (job) => void jobs.push(job));
  for (const job of bench.simulator.bulk.all()) bench.simulator.bulk.remove(job);
  const results = (await session.takeUp?.('Account', jobs[0]?.token ?? null, creates(2), 0)) ?? [];
  expect(results.map(said)).toEqual(
    Array.from({ length: 2 }, () => 'unknownOutcome salesforce.outcome_unknown'),
  );
  await expect(session.takeUp?.('Account', { foreign: 1 }, creates(1), 0)).rejects.toMatchObject({
    failure: { code: 'salesforce.unexpected_answer' },
  });
});

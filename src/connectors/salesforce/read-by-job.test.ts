import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  failureOf,
  salesforceWorkbench,
  type SalesforceWorkbench,
} from '../../../test/support/salesforce-workbench.ts';
import type { Cursor, Session, SnapshotPage } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';

const FIELDS = ['Name', 'ERP_Key__c', 'Credit_Limit__c', 'Active__c', 'Regions__c', 'Last_Order__c', 'Fax'];
const RECORDS = 60;
const BY_JOB = { bulk_read_from: String(RECORDS) };

let bench: SalesforceWorkbench;

beforeEach(async () => {
  bench = await salesforceWorkbench(21);
  for (let index = 0; index < RECORDS; index += 1)
    ann().create('Account', {
      Name: `Company ${String(index)}`,
      ERP_Key__c: `E-${String(index)}`,
      Credit_Limit__c: index / 4,
      Active__c: index % 2 === 0,
      Regions__c: 'North;South',
      Last_Order__c: '2026-03-31T14:05:09.000Z',
    });
});

afterEach(() => bench.close());

function ann(): ReturnType<SalesforceWorkbench['simulator']['org']['person']> {
  return bench.simulator.org.person('Ann Admin');
}

async function* pagesOf(
  session: Session,
  resume: Cursor | null = null,
  { fields = FIELDS, mayBeOld = true, collection = 'Account', pageRecordsMax = 25 } = {},
): AsyncGenerator<SnapshotPage> {
  const { signal } = new AbortController();
  yield* session.readAll({ collection, fields, resume, pageRecordsMax, mayBeOld, signal });
}

async function all(pages: AsyncIterable<SnapshotPage>): Promise<readonly SnapshotPage[]> {
  const read: SnapshotPage[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

function jobs(): readonly { readonly state: string }[] {
  return bench.simulator.bulk.all();
}

/** By id, which is the order of neither. */
function recordsIn(pages: readonly SnapshotPage[]): readonly unknown[] {
  return pages
    .flatMap(({ records }) => records)
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map(({ fields, ...rest }) => ({ ...rest, fields: [...fields] }));
}

test('a job and pages read the same records, values and versions', async () => {
  const session = await bench.open(BY_JOB);
  const [paged, byJob] = [
    await all(pagesOf(session, null, { mayBeOld: false })),
    await all(pagesOf(session)),
  ];
  expect(jobs()).toHaveLength(1);
  expect(recordsIn(byJob)).toEqual(recordsIn(paged));
  expect(recordsIn(byJob)).toHaveLength(RECORDS);
  expect(paged.every(({ isOld }) => isOld !== true) && byJob.every(({ isOld }) => isOld === true)).toBe(true);
});

test('the keys of parents come by a job as they come by pages', async () => {
  const parent = ann().create('Account', { Name: 'Parent', ERP_Key__c: 'E-P' });
  for (const AccountId of [parent, null]) ann().create('Contact', { LastName: 'Young', AccountId });
  const session = await bench.open({ bulk_read_from: '2' });
  const of = { collection: 'Contact', fields: ['LastName', 'Account.ERP_Key__c'] };
  const byJob = await all(pagesOf(session, null, of));
  expect(jobs()).toHaveLength(1);
  expect(recordsIn(byJob)).toEqual(recordsIn(await all(pagesOf(session, null, { ...of, mayBeOld: false }))));
  expect(
    byJob.flatMap(({ records }) => records.map((one) => one.fields.get('Account.ERP_Key__c'))),
  ).toContain('E-P');
});

test('what a caller cannot date, what is small, and what jobs do not give goes by pages', async () => {
  const session = await bench.open(BY_JOB);
  await all(pagesOf(session, null, { mayBeOld: false }));
  await all(pagesOf(session, null, { fields: ['Name', 'BillingAddress'] }));
  await all(pagesOf(await bench.open({ bulk_read_from: String(RECORDS + 1) })));
  await all(pagesOf(await bench.open({ bulk_read_from: '0' })));
  expect(jobs()).toHaveLength(0);
});

test('a job that fails, and one that is refused, leave the object to be read by pages', async () => {
  const session = await bench.open(BY_JOB);
  bench.simulator.bulk.failNext = { message: 'Too many retries', afterRows: 0 };
  const failed = await all(pagesOf(session));
  expect(recordsIn(failed)).toHaveLength(RECORDS);
  bench.simulator.fault({ match: { path: '/jobs/query' }, kind: 'status', status: 400, times: 1 });
  const refused = await all(pagesOf(session));
  expect(recordsIn(refused)).toHaveLength(RECORDS);
  expect(jobs()).toHaveLength(1);
});

test('while a job runs empty pages say so, and from each of them the same job can be gone on with', async () => {
  bench.simulator.bulk.batchMs = 900;
  const session = await bench.open(BY_JOB);
  const pages = await all(pagesOf(session));
  const waiting = pages.filter(({ records }) => records.length === 0);
  expect(waiting.length).toBeGreaterThan(0);
  for (const { resume } of waiting)
    expect(recordsIn(await all(pagesOf(await bench.open(BY_JOB), resume)))).toHaveLength(RECORDS);
  expect(jobs()).toHaveLength(1);
});

test('a read that stopped anywhere goes on with its job, however the parts are cut', async () => {
  bench.simulator.bulk.resultRows = 17;
  const session = await bench.open(BY_JOB);
  const pages = await all(pagesOf(session, null, { pageRecordsMax: 5 }));
  const other = await bench.open(BY_JOB);
  bench.simulator.bulk.resultRows = 4;
  for (const [index, { resume, complete }] of pages.entries()) {
    if (complete) continue;
    const rest = await all(pagesOf(other, resume, { pageRecordsMax: 5 }));
    expect(recordsIn([...pages.slice(0, index + 1), ...rest])).toHaveLength(RECORDS);
  }
  expect(jobs()).toHaveLength(1);
});

test('a job that is not kept any more begins the read anew: by pages when nothing was read, else from the beginning', async () => {
  const session = await bench.open(BY_JOB);
  const pages = await all(pagesOf(session));
  const begun = must(pages[0]?.resume, 'a page of a job can be gone on from');
  const early = { ...(begun as Record<string, Cursor>), locator: null, skip: 0 };
  for (const job of bench.simulator.bulk.all()) bench.simulator.bulk.remove(job);
  expect(recordsIn(await all(pagesOf(session, early)))).toHaveLength(RECORDS);
  expect(await failureOf(all(pagesOf(session, { ...early, skip: 25 })))).toMatchObject({
    code: 'salesforce.cursor_expired',
  });
});

test('after the first part the next ones are as large as may be taken in', async () => {
  for (let index = RECORDS; index < 5_000; index += 1) ann().create('Account', { Name: String(index) });
  const pages = await all(pagesOf(await bench.open(BY_JOB), null, { pageRecordsMax: 500 }));
  expect(pages.flatMap(({ records }) => records)).toHaveLength(5_000);
  const locators = pages.map(({ resume }) => (resume as Readonly<Record<string, Cursor>>)['locator']);
  expect(new Set(locators).size).toBe(2);
});

import { Connection } from '@jsforce/jsforce-node';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { createSalesforceSimulator, type SimulatorAddresses } from './simulator.ts';

const simulator = createSalesforceSimulator({ clock: systemClock, random: seededRandom(2) });
let addresses: SimulatorAddresses;
let connection: Connection;

beforeAll(async () => {
  addresses = await simulator.start();
  const { clientId, clientSecret, username, password } = simulator.credentials;
  const loginUrl = addresses.httpUrl;
  connection = new Connection({ loginUrl, oauth2: { loginUrl, clientId, clientSecret }, version: '60.0' });
  await connection.login(username, password);
  connection.bulk2.pollInterval = 10;
});

afterAll(() => simulator.stop());

test('jsforce upserts in bulk: each row has its own fate, and #N/A empties a field', async () => {
  const created = await connection.bulk2.loadAndWaitForResults({
    object: 'Account',
    operation: 'upsert',
    externalIdFieldName: 'ERP_Key__c',
    input: 'ERP_Key__c,Name,Phone,AnnualRevenue\nB-1,One,123,5\nB-2,Two,,7\nB-3,,9,1\n',
  });
  expect(created.successfulResults).toHaveLength(2);
  expect(created.successfulResults[0]).toMatchObject({ sf__Created: 'true' });
  expect(created.failedResults).toMatchObject([
    { sf__Error: 'REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --', ERP_Key__c: 'B-3' },
  ]);
  await connection.bulk2.loadAndWaitForResults({
    object: 'Account',
    operation: 'upsert',
    externalIdFieldName: 'ERP_Key__c',
    input: 'ERP_Key__c,Name,Phone,AnnualRevenue\nB-1,,#N/A,6\n',
  });
  const [one] = simulator.org.records('Account').filter(({ ERP_Key__c: key }) => key === 'B-1');
  expect(one).toMatchObject({ Name: 'One', Phone: null, AnnualRevenue: 6 });
});

test('jsforce inserts records, and the order of the results is not the order of the upload', async () => {
  const input = Array.from({ length: 50 }, (_, index) => ({ Name: `Row ${String(index)}` }));
  const { successfulResults } = await connection.bulk2.loadAndWaitForResults({
    object: 'Account',
    operation: 'insert',
    input,
  });
  const names = successfulResults.map((row) => ('Name' in row ? row.Name : null));
  expect(new Set(names)).toEqual(new Set(input.map(({ Name }) => Name)));
  expect(names).not.toEqual(input.map(({ Name }) => Name));
});

test('jsforce is told of a job that failed as a whole, and of rows that were never tried', async () => {
  const job = { object: 'Account', operation: 'insert' as const, input: 'Nope\nx\n' };
  await expect(connection.bulk2.loadAndWaitForResults(job)).rejects.toThrow(
    'InvalidBatch : Field name not found : Nope',
  );
  simulator.bulk.failNext = { message: 'InternalServerError : gone', afterRows: 1 };
  const half = connection.bulk2.createJob({ object: 'Account', operation: 'insert' });
  await half.open();
  await half.uploadData('Name\nTried\nUntried\n');
  await half.close();
  await expect(half.poll(10, 5_000)).rejects.toThrow('InternalServerError : gone');
  expect(await half.getAllResults()).toMatchObject({
    successfulResults: [{ Name: 'Tried' }],
    unprocessedRecords: [{ Name: 'Untried' }],
  });
});

test('jsforce reads a bulk query, and further pages come by the locator', async () => {
  const stream = await connection.bulk2.query(
    "SELECT Id, Name, CreatedDate, Owner.Name FROM Account WHERE Name LIKE 'Row %'",
  );
  const records = await stream.toArray();
  expect(records).toHaveLength(50);
  expect(records[0]).toMatchObject({ 'Owner.Name': 'Integration User' });
  expect(JSON.stringify(records[0])).toMatch(/"CreatedDate":"[^"]+Z"/);
  const [job] = simulator.bulk.all().filter(({ kind }) => kind === 'query');
  const page = async (query: string): Promise<Response> =>
    fetch(`${addresses.httpUrl}/services/data/v60.0/jobs/query/${job?.id ?? ''}/results${query}`, {
      headers: { authorization: `Bearer ${connection.accessToken ?? ''}` },
    });
  const first = await page('?maxRecords=30');
  expect(first.headers.get('sforce-numberofrecords')).toBe('30');
  const second = await page(`?maxRecords=30&locator=${first.headers.get('sforce-locator') ?? ''}`);
  expect(second.headers.get('sforce-numberofrecords')).toBe('20');
  expect(second.headers.get('sforce-locator')).toBe('null');
});

test('a job that is aborted keeps what it has done, and hands back what it has not', async () => {
  simulator.bulk.batchRows = 1;
  simulator.bulk.batchMs = 5;
  const job = connection.bulk2.createJob({ object: 'Account', operation: 'insert', lineEnding: 'CRLF' });
  await job.open();
  await job.uploadData(
    `Name\r\n${Array.from({ length: 500 }, (_, index) => `Abort ${String(index)}\r\n`).join('')}`,
  );
  await job.close();
  await expect.poll(() => simulator.org.records('Account').some(({ Name }) => Name === 'Abort 0')).toBe(true);
  await job.abort();
  simulator.bulk.batchRows = 10_000;
  const { successfulResults, unprocessedRecords } = await job.getAllResults();
  expect(successfulResults.length).toBeGreaterThan(0);
  expect(unprocessedRecords.length).toBeGreaterThan(0);
  expect(successfulResults.length + unprocessedRecords.length).toBe(500);
  await expect(job.poll(5, 1_000)).rejects.toThrow('Job has been aborted');
});

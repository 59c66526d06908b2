import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields: {email: email}
    match: email
    sides:
      crm: {connection: crm, collection: c.csv, fields: {email: mail}}
      erp: {connection: erp, collection: e.csv, fields: {email: mail}}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    environment: { HEADERS: 'Authorization=Bearer%20abc' },
  });
});
afterAll(async () => folder.close());

test('the headers of a collector stay with the address that they were given for', async () => {
  const add = (url: string, ...more: readonly string[]): ReturnType<TestFolder['trueup']> =>
    folder.trueup('collectors', 'add', 'ops', '--url', url, ...more);
  const here = 'https://otlp.example.com/v1/metrics';
  expect((await add(here, '--secret-from', 'HEADERS')).exitCode).toBe(0);
  expect((await add(here)).exitCode).toBe(0);
  const elsewhere = await add('https://thief.example.org/v1/metrics');
  expect(elsewhere.exitCode).toBe(2);
  expect(elsewhere.errors).toContain('the headers must be given again where the address changes');
  expect((await folder.trueup('collectors')).output).toContain(here);
});

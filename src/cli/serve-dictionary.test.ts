import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { openInstallation, type Installation } from '../server.ts';
import { silentLog } from '../worker/runtime.ts';
import { dictionaryWork } from './serve-dictionary.ts';

const syncFile = (dictionary: string): string => `version: 1
${dictionary}connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      status: {type: choice, options: [active, blocked]}
    match: email
    sides:
      crm: {connection: crm, collection: c.csv, fields: {email: mail, status: status}}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, status: State}}
`;

const DICTIONARY = `version: 1
entities:
  Customer:
    meaning: Whoever has bought from us.
    fields:
      email: {type: email, required: true, meaning: Where invoices go, sensitivity: personal}
      status: {type: choice, values: {active: may buy, blocked: may not}}
`;

let folder: TestFolder;
let installation: Installation;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: syncFile(''),
    files: { 'crm/c.csv': 'id,mail,status\n1,ann@x.example,active\n', 'erp/e.csv': 'id,E-mail,State\n' },
  });
  await folder.trueup('plan');
  installation = await openInstallation({ ...folder, log: silentLog });
});
afterAll(async () => {
  await installation.close();
  await folder.close();
});

test('without a dictionary the syncs alone are shown, nothing is guessed, and there is no file of it', async () => {
  const { fileName, entities } = await dictionaryWork(installation).seen();
  expect(fileName).toBeNull();
  const [email, status] = entities[0]?.fields ?? [];
  expect(email).toMatchObject({ name: 'email', type: 'email', meaning: '', sensitivity: '' });
  expect(status?.values).toEqual([
    { value: 'active', meaning: '', at: '' },
    { value: 'blocked', meaning: '', at: '' },
  ]);
  expect(await dictionaryWork(installation).exported('html')).toBeNull();
});

test('the file that the sync file names is read anew each time, and one that is wrong is told with its line', async () => {
  await folder.write('dictionary.yaml', DICTIONARY);
  await folder.write('trueup.yaml', syncFile('dictionary: dictionary.yaml\n'));
  expect((await folder.trueup('plan')).errors).toBe('');
  const work = dictionaryWork(installation);
  const seen = await work.seen();
  expect(seen).toMatchObject({ fileName: 'dictionary.yaml', complaint: null });
  expect(seen.entities[0]?.fields[0]).toMatchObject({
    meaning: 'Where invoices go',
    sensitivity: 'personal',
  });
  expect(await work.exported('markdown')).toContain('Where invoices go');
  await folder.write('dictionary.yaml', DICTIONARY.replace('type: email', 'type: letter'));
  const { complaint, entities } = await work.seen();
  expect(complaint).toMatch(/^line 6, entities\.Customer\.fields\.email\.type: /);
  expect(entities[0]?.fields).toHaveLength(2);
  expect(await work.exported('markdown')).toBeNull();
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

/** The sheet keeps no accounts, and names them as everybody calls them. */
const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
  sheet: {system: files, directory: ./sheet}
syncs:
  contacts:
    entity: Contact
    fields:
      email: email
      account: {type: reference, to: accounts}
    match: email
    sides:
      crm: {connection: crm, collection: contacts.csv, fields: {email: mail, account: account_id}}
      sheet: {connection: sheet, collection: people.csv, fields: {email: Mail, account: {field: Company, refers_by: name}}}
  accounts:
    entity: Account
    fields: {number: text, name: text}
    match: number
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm: {connection: crm, collection: accounts.csv, fields: {number: number, name: name}}
      erp: {connection: erp, collection: accounts.csv, fields: {number: No, name: Name}}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/accounts.csv': 'id,number,name\n7,A1,Acme\n8,A2,Blue Sky\n',
      'erp/accounts.csv': 'id,No,Name\n70,A1,Acme\n80,A2,Blue Sky\n',
      'crm/contacts.csv': 'id,mail,account_id\n1,ann@x.example,7\n',
      'sheet/people.csv': 'id,Mail,Company\n5,bob@x.example,blue  sky\n6,eve@x.example,Nobody Ltd\n',
    },
  });
});
afterAll(async () => folder.close());

async function trueup(...args: readonly string[]): Promise<string> {
  const { output, errors } = await folder.trueup(...args);
  return output + errors;
}

async function rows(name: string): Promise<readonly string[]> {
  const [, ...lines] = (await folder.read(name)).trimEnd().split('\n');
  return lines.map((line) => line.trimEnd().slice(line.indexOf(',') + 1)).toSorted();
}

test('a sheet that knows companies by name follows them through a change of name, and says what it cannot find', async () => {
  expect(await trueup('apply', '--yes')).not.toContain('rror');
  expect(await rows('sheet/people.csv')).toEqual([
    'ann@x.example,Acme',
    'bob@x.example,blue  sky',
    'eve@x.example,Nobody Ltd',
  ]);
  expect(await rows('crm/contacts.csv')).toEqual(['ann@x.example,7', 'bob@x.example,8']);
  expect(await trueup('status')).toContain(
    'account of contacts sheet 6 names the one of accounts whose name is “nobody ltd”: nothing is called so',
  );
  await folder.write('crm/accounts.csv', 'id,number,name\n7,A1,Acme Ltd\n8,A2,Blue Sky\n9,A3,Nobody Ltd\n');
  await trueup('apply', '--yes');
  expect(await rows('sheet/people.csv')).toEqual([
    'ann@x.example,Acme Ltd',
    'bob@x.example,blue  sky',
    'eve@x.example,Nobody Ltd',
  ]);
  expect(await rows('crm/contacts.csv')).toContain('eve@x.example,9');
  expect(await trueup('status')).not.toContain('for another record');
});

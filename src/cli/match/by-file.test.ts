import { afterEach, beforeEach, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../../test/support/test-folder.ts';
import { readSheet } from './sheet.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields: {email: email, name: text, phone: {type: phone, region: DE}}
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm: {connection: crm, collection: c.csv, fields: {email: mail, name: name, phone: phone}}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, name: Name, phone: Tel}}
`;

let folder: TestFolder;

/** Two pairs of the two sides, one thing that is twice at the CRM, and a name that a spreadsheet would run. */
beforeEach(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/c.csv':
        'id,mail,name,phone\n1,ann@x.example,Ann Lee,030 123456\n2,bob@x.example,=Bob Ray,030 777777\n3,carl@x.example,Carl Orff,030 888888\n4,,Karl Orff,030 888888\n',
      'erp/e.csv': 'id,E-mail,Name,Tel\n11,,LEE Anne,030123456\n12,,Bob Ray,030 777777\n',
    },
  });
  await folder.trueup('plan');
  await folder.trueup('match', 'report');
  await folder.trueup('match', 'export', 'pairs.csv');
});
afterEach(() => folder.close());

/** The sheet with a decision for the pair of these two records. */
async function decided(decision: string, ...records: readonly string[]): Promise<string> {
  const lines = (await folder.read('pairs.csv')).split('\n');
  const isMeant = (line: string): boolean => records.every((record) => line.includes(record));
  return lines.map((line) => (isMeant(line) ? line.replace(',', `,${decision}`) : line)).join('\n');
}

async function open(): Promise<number> {
  const { output } = await folder.trueup('match', 'list', '--json');
  return (JSON.parse(output) as { readonly suggestions: readonly unknown[] }).suggestions.length;
}

test('the sheet tells who is who, why, and every field side by side, and runs nothing', async () => {
  const [head, ...rows] = (await folder.read('pairs.csv')).trim().split('\n');
  expect(head).toBe(
    'suggestion,decision,likeness,kind,why,one,other,email (one),email (other),name (one),name (other),phone (one),phone (other)',
  );
  expect(rows).toHaveLength(3);
  const ann = rows.find((row) => row.includes('crm 1')) ?? '';
  expect(ann).toContain('same phone');
  expect(ann).toMatch(/Ann Lee,LEE Anne|LEE Anne,Ann Lee/);
  expect(rows.join('\n')).toContain("'=Bob Ray");
  expect((await folder.trueup('match', 'export', 'pairs.csv')).errors).toContain('cannot be written: EEXIST');
});

test('what is decided is carried out, and what is not stays open', async () => {
  await folder.write('pairs.csv', await decided('confirm', 'crm 1', 'erp 11'));
  await folder.write('pairs.csv', await decided(' Reject ', 'crm 2', 'erp 12'));
  const { exitCode, output } = await folder.trueup('match', 'import', 'pairs.csv', '--json');
  expect({ exitCode, ...(JSON.parse(output) as object) }).toEqual({
    exitCode: 0,
    sync: 'customers',
    confirmed: 1,
    rejected: 1,
    undecided: 1,
  });
  expect(await open()).toBe(1);
  expect((await folder.trueup('trace', 'erp', '11')).output).toContain('crm 1');
  const again = await folder.trueup('match', 'import', 'pairs.csv');
  expect(again.exitCode).toBe(2);
  expect(again.errors).toContain('no such pair waits to be decided');
});

test('one row that cannot be carried out stops them all, and each such row is named', async () => {
  await folder.write('pairs.csv', await decided('confirm', 'crm 1', 'erp 11'));
  await folder.write('pairs.csv', await decided('confirm', 'crm 3', 'crm 4'));
  const rows = (await folder.read('pairs.csv')).trim().split('\n');
  const inner = rows.findIndex((row) => row.includes('crm 3')) + 1;
  await folder.write('pairs.csv', [...rows, rows.find((row) => row.includes('erp 11'))].join('\n'));
  const { exitCode, errors } = await folder.trueup('match', 'import', 'pairs.csv');
  expect(exitCode).toBe(2);
  expect(errors).toContain(
    `row ${String(inner)}: both are at one side: merge the two records in that system`,
  );
  expect(errors).toContain('row 5: the pair is decided twice');
  expect(errors).toContain('2 rows cannot be carried out; nothing was done');
  expect(await open()).toBe(3);
  expect((await folder.trueup('match', 'merges')).output).toContain(
    'Nothing was merged, by a person here or in a system.',
  );
});

test('what is no sheet is refused', async () => {
  await folder.write('notes.csv', 'a,b\n1,2\n');
  expect((await folder.trueup('match', 'import', 'notes.csv')).errors).toContain(
    'row 1: the columns suggestion and decision are needed',
  );
  expect((await folder.trueup('match', 'import', 'gone.csv')).errors).toContain('there is no file');
});

const ID = '01a1fe83-060d-7000-8e00-7f6530ff546a';

test.each([
  [
    'a wrong word',
    `suggestion,decision\n${ID},yes\n`,
    'the decision is "yes": write confirm, reject or nothing',
  ],
  ['a wrong id', 'suggestion,decision\n7,confirm\n', '"7" is no id of a suggestion'],
  ['an open quote', 'suggestion,decision\n"7,confirm\n', 'it is no CSV'],
])('%s is told with its row', (_, text, reason) => {
  const sheet = readSheet(text);
  expect(sheet.kind === 'wrong' ? sheet.rows[0]?.reason : '').toContain(reason);
});

test('a sheet as spreadsheets of other countries write it is read all the same', () => {
  const sheet = readSheet(`\uFEFFdecision;why;suggestion\r\nCONFIRM;"same; phone";${ID}\r\n;;${ID}\r\n`);
  expect(sheet).toEqual({
    kind: 'decisions',
    decisions: [{ row: 2, suggestionId: ID, kind: 'confirm' }],
    undecided: 1,
  });
});

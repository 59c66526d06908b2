import { afterEach, beforeEach, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

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

beforeEach(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/c.csv':
        'id,mail,name,phone\n1,ann@x.example,Ann Lee,030 123456\n2,bob@x.example,Bob Ray,030 777777\n3,carl@x.example,Carl Orff,030 888888\n4,,Karl Orff,030 888888\n',
      'erp/e.csv':
        'id,E-mail,Name,Tel\n11,,LEE Anne,030123456\n12,bob@x.example,Robert Ray,030 777777\n13,zoe@x.example,Zoe Zed,030 999999\n',
    },
  });
});
afterEach(() => folder.close());

interface Report {
  readonly linked: number;
  readonly onlyAt: Readonly<Record<string, number>>;
  readonly suggestions: readonly {
    readonly suggestionId: string;
    readonly kind: string;
    readonly why: string;
  }[];
}

async function report(): Promise<Report> {
  return JSON.parse((await folder.trueup('match', 'report', '--json')).output) as Report;
}

/** The id of the suggestion that is no double within one side. */
function idOf({ suggestions }: Report): string {
  return suggestions.find(({ kind }) => kind === 'match')?.suggestionId ?? 'none';
}

async function erp(): Promise<string> {
  return folder.read('erp/e.csv');
}

test('what its keys cannot tell is suggested before anything is written, and made one only by a person', async () => {
  await folder.trueup('plan');
  const found = await report();
  expect(found).toMatchObject({ linked: 1, onlyAt: { crm: 3, erp: 2 } });
  expect(found.suggestions.map(({ kind, why }) => [kind, why.replace(/^\d+ of 100: /, '')])).toEqual(
    expect.arrayContaining([
      ['match', 'same phone; nearly the same name'],
      ['inner', 'same phone; nearly the same name'],
    ]),
  );
  expect((await folder.trueup('match', 'list')).output).toContain('crm 1  and  erp 11');
  const confirmed = await folder.trueup('match', 'confirm', idOf(found));
  expect(confirmed.output).toContain('They are one now.');
  await folder.trueup('apply', '--yes');
  expect(await erp()).toContain('11,ann@x.example,Ann Lee,');
  expect(await erp()).not.toMatch(/\n\d+,ann@x\.example.*\n.*ann@x\.example/);
  expect((await folder.trueup('trace', 'erp', '11')).output).toContain('crm 1');
});

test('a merge that is taken back leaves both as they were, in the systems as well', async () => {
  await folder.trueup('plan');
  await folder.trueup('match', 'confirm', idOf(await report()));
  await folder.trueup('apply', '--yes');
  const [joinId = ''] = (await folder.trueup('match', 'merges')).output.split(' ');
  expect((await folder.trueup('match', 'unmerge', joinId)).exitCode).toBe(0);
  await folder.trueup('apply', '--yes');
  expect(await erp()).toMatch(/\n11,,LEE Anne,/);
  expect(await erp()).toMatch(/\n\d+,ann@x\.example,Ann Lee,/);
  expect((await folder.trueup('match', 'merges')).output).toContain(
    'Nothing was merged, by a person here or in a system.',
  );
});

test('a pair that was rejected is not suggested again', async () => {
  await folder.trueup('plan');
  const found = await report();
  expect((await folder.trueup('match', 'reject', idOf(found))).exitCode).toBe(0);
  expect(idOf(await report())).toBe('none');
});

test('records are made one by hand, and never two of one side', async () => {
  await folder.trueup('plan');
  expect((await folder.trueup('match', 'merge', 'crm', '3', 'erp', '13')).exitCode).toBe(0);
  const refused = await folder.trueup('match', 'merge', 'crm', '3', 'crm', '4');
  expect(refused.exitCode).toBe(2);
  expect(refused.errors).toContain('both have a record at crm');
  expect((await folder.trueup('match', 'merge', 'crm', '99', 'erp', '13')).errors).toContain(
    'crm 99 is not known',
  );
});

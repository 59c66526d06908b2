import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';

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

let store: TestDatabase;
let directory: string;

beforeEach(async () => {
  store = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'trueup-match-'));
  await mkdir(join(directory, 'crm'));
  await mkdir(join(directory, 'erp'));
  await writeFile(join(directory, 'trueup.yaml'), SYNC_FILE);
  await writeFile(
    join(directory, 'crm', 'c.csv'),
    'id,mail,name,phone\n1,ann@x.example,Ann Lee,030 123456\n2,bob@x.example,Bob Ray,030 777777\n3,carl@x.example,Carl Orff,030 888888\n4,,Karl Orff,030 888888\n',
  );
  await writeFile(
    join(directory, 'erp', 'e.csv'),
    'id,E-mail,Name,Tel\n11,,LEE Anne,030123456\n12,bob@x.example,Robert Ray,030 777777\n13,zoe@x.example,Zoe Zed,030 999999\n',
  );
});
afterEach(async () => {
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

async function trueup(...args: readonly string[]): ReturnType<typeof runTrueup> {
  return runTrueup([...args, '-C', directory], { DATABASE_URL: store.url });
}

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
  return JSON.parse((await trueup('match', 'report', '--json')).output) as Report;
}

/** The id of the suggestion that is no double within one side. */
function idOf({ suggestions }: Report): string {
  return suggestions.find(({ kind }) => kind === 'match')?.suggestionId ?? 'none';
}

async function erp(): Promise<string> {
  return readFile(join(directory, 'erp', 'e.csv'), 'utf8');
}

test('what its keys cannot tell is suggested before anything is written, and made one only by a person', async () => {
  await trueup('plan');
  const found = await report();
  expect(found).toMatchObject({ linked: 1, onlyAt: { crm: 3, erp: 2 } });
  expect(found.suggestions.map(({ kind, why }) => [kind, why.replace(/^\d+ of 100: /, '')])).toEqual(
    expect.arrayContaining([
      ['match', 'same phone; nearly the same name'],
      ['inner', 'same phone; nearly the same name'],
    ]),
  );
  expect((await trueup('match', 'list')).output).toContain('crm 1  and  erp 11');
  const confirmed = await trueup('match', 'confirm', idOf(found));
  expect(confirmed.output).toContain('They are one now.');
  await trueup('apply', '--yes');
  expect(await erp()).toContain('11,ann@x.example,Ann Lee,');
  expect(await erp()).not.toMatch(/\n\d+,ann@x\.example.*\n.*ann@x\.example/);
  expect((await trueup('trace', 'erp', '11')).output).toContain('crm 1');
});

test('a merge that is taken back leaves both as they were, in the systems as well', async () => {
  await trueup('plan');
  await trueup('match', 'confirm', idOf(await report()));
  await trueup('apply', '--yes');
  const [joinId = ''] = (await trueup('match', 'merges')).output.split(' ');
  expect((await trueup('match', 'unmerge', joinId)).exitCode).toBe(0);
  await trueup('apply', '--yes');
  expect(await erp()).toMatch(/\n11,,LEE Anne,/);
  expect(await erp()).toMatch(/\n\d+,ann@x\.example,Ann Lee,/);
  expect((await trueup('match', 'merges')).output).toContain(
    'Nothing was merged, by a person here or in a system.',
  );
});

test('a pair that was rejected is not suggested again', async () => {
  await trueup('plan');
  const found = await report();
  expect((await trueup('match', 'reject', idOf(found))).exitCode).toBe(0);
  expect(idOf(await report())).toBe('none');
});

test('records are made one by hand, and never two of one side', async () => {
  await trueup('plan');
  expect((await trueup('match', 'merge', 'crm', '3', 'erp', '13')).exitCode).toBe(0);
  const refused = await trueup('match', 'merge', 'crm', '3', 'crm', '4');
  expect(refused.exitCode).toBe(2);
  expect(refused.errors).toContain('both have a record at crm');
  expect((await trueup('match', 'merge', 'crm', '99', 'erp', '13')).errors).toContain('crm 99 is not known');
});

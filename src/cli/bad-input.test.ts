import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { freePort } from '../store/embedded/server.ts';

const GOOD_SHEET = 'id,Name,E-mail,Credit\n1,Ann,ann@x.example,10.50\n2,Bob,bob@x.example,\n';

let crm: TestDatabase;
let store: TestDatabase;
let directory: string;

beforeAll(async () => {
  [crm, store] = [await createTestDatabase(), await createTestDatabase()];
  directory = await mkdtemp(join(tmpdir(), 'trueup-bad-'));
  await mkdir(join(directory, 'files'));
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    full_name text, credit numeric(12,2), state text, updated_at timestamptz not null default clock_timestamp())`);
});
beforeEach(async () => {
  await writeFile(join(directory, 'files', 'customers.csv'), GOOD_SHEET);
});
afterAll(async () => {
  await crm.drop();
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

interface Pieces {
  readonly url?: string;
  readonly fields?: string;
  readonly collection?: string;
  readonly crm?: string;
  readonly sheet?: string;
}

function syncFile(pieces: Pieces): string {
  return `version: 1
connections:
  crm: {system: postgres, url: "${pieces.url ?? '${secret:CRM_URL}'}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields: {email: email, name: text, credit: decimal${pieces.fields ?? ''}}
    match: email
    sides:
      crm: {connection: crm, collection: ${pieces.collection ?? 'public.contact'}, fields: {email: mail, name: full_name, credit: credit${pieces.crm ?? ''}}}
      sheet: {connection: sheet, collection: customers.csv, fields: {email: E-mail, name: Name, credit: Credit${pieces.sheet ?? ''}}}
`;
}

async function plan(
  pieces: Pieces,
  secrets: Readonly<Record<string, string>> = { CRM_URL: crm.url },
): Promise<CommandResult> {
  await writeFile(join(directory, 'trueup.yaml'), syncFile(pieces));
  return runTrueup(['plan', '-C', directory], { DATABASE_URL: store.url, ...secrets });
}

async function nothingWasWritten(): Promise<void> {
  const rows = await crm.pool.query('select from contact');
  expect(rows.rowCount).toBe(0);
  expect(await readFile(join(directory, 'files', 'customers.csv'), 'utf8')).toBe(GOOD_SHEET);
}

const refused: readonly (readonly [string, Pieces, RegExp])[] = [
  [
    'an unknown field of the entity',
    { crm: ', nmae: full_name' },
    /trueup\.yaml:11:\d+ .*nmae[\s\S]*Did you mean `name`/,
  ],
  [
    'a field that the system does not have',
    { fields: ', city: text', crm: ', city: town', sheet: ', city: Name2' },
    /trueup\.yaml:11:\d+ .*`town`[\s\S]*Known: id, mail/,
  ],
  [
    'a value of the wrong type',
    { fields: ', tags: {type: text, max_length: many}' },
    /trueup\.yaml:8:\d+ .*max_length/,
  ],
  [
    'a two-way mapping that cannot round-trip',
    {
      fields: ', state: {type: choice, options: [active]}',
      crm: ', state: {field: state, values: {A: active, B: active}}',
      sheet: ', state: {field: Name, direction: out}',
    },
    /trueup\.yaml:11:\d+ .*`A` and `B` both become active/,
  ],
  [
    'a cyclic owner rule',
    {
      fields:
        ', a: {type: text, owner: [{side: crm, when: {field: b, is: x}}]}, b: {type: text, owner: [{side: sheet, when: {field: a, is: y}}]}',
      crm: ', a: state, b: {field: full_name, direction: in}',
      sheet: ', a: Name, b: E-mail',
    },
    /a → b → a|b → a → b/,
  ],
];

test.each(refused)('%s is refused at its place, and nothing is written', async (_, pieces, message) => {
  const result = await plan(pieces);
  expect(result.errors).toMatch(message);
  expect(result.exitCode).toBe(2);
  await nothingWasWritten();
});

test('a collection that is not there is refused where the file names it, and nothing is written', async () => {
  const result = await plan({ collection: 'public.kontact' });
  expect(result.errors).toMatch(
    /trueup\.yaml:11:\d+ syncs\.customers\.sides\.crm\.collection: .*"public\.contact"[\s\S]*Correct the name/,
  );
  expect(result.exitCode).toBe(2);
  await nothingWasWritten();
});

test('a missing secret is named with the command that sets it', async () => {
  const result = await plan({}, {});
  expect(result.errors).toMatch(/secret CRM_URL[\s\S]*trueup connect crm/);
  expect(result.exitCode).toBe(2);
  await nothingWasWritten();
});

test('a secret in plain text in the file is refused', async () => {
  const result = await plan({ url: 'postgresql://sync:s3cr3t@127.0.0.1/crm' });
  expect(result.exitCode).toBe(2);
  expect(result.errors).toMatch(/trueup\.yaml:3:\d+ .*secret/);
  expect(result.errors).not.toContain('s3cr3t');
});

test('an unreachable host is named, without the password', async () => {
  const port = await freePort();
  const result = await plan({}, { CRM_URL: `postgresql://sync:s3cr3t@127.0.0.1:${String(port)}/crm` });
  expect(result.exitCode).toBe(1);
  expect(result.errors).toContain(String(port));
  expect(result.errors).not.toContain('s3cr3t');
  await nothingWasWritten();
});

test('a wrong password is told as such', async () => {
  const result = await plan({}, { CRM_URL: crm.url.replace(/:[0-9a-f]+@/, ':wrong-s3cr3t@') });
  expect(result.exitCode).toBe(2);
  expect(result.errors).toMatch(/password/i);
  expect(result.errors).not.toContain('s3cr3t');
  await nothingWasWritten();
});

test('a malformed row is named by its number, and the others are planned', async () => {
  const rows = Array.from(
    { length: 5 },
    (_, n) => `${String(n + 1)},N${String(n)},n${String(n)}@x.example,1`,
  );
  await writeFile(
    join(directory, 'files', 'customers.csv'),
    `id,Name,E-mail,Credit\n${rows.join('\n')}\n6,too,many@x.example,1,2,3\n7,Good,good@x.example,5\n`,
  );
  const result = await plan({});
  expect(result.exitCode).toBe(0);
  expect(result.output).toMatch(/sheet +7 +0 +6 +0 +1/);
  const status = await runTrueup(['status', '-C', directory], { DATABASE_URL: store.url });
  expect(status.output).toMatch(/row 7/);
  expect((await crm.pool.query('select from contact')).rowCount).toBe(0);
});

test('a key that a file has twice is told with both rows, and neither is used', async () => {
  await writeFile(join(directory, 'files', 'customers.csv'), `${GOOD_SHEET}2,Twin,twin@x.example,1\n`);
  const result = await plan({});
  expect(result.exitCode).toBe(0);
  const status = await runTrueup(['status', '-C', directory], { DATABASE_URL: store.url });
  expect(status.output).toMatch(/rows 3, 4|3 and 4/);
  expect((await crm.pool.query('select from contact')).rowCount).toBe(0);
});

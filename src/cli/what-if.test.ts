import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields:
      email: email
      status: {type: choice, options: [active, blocked]}
      phone: text
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm:
        connection: crm
        collection: c.csv
        where: [{field: kind, is: customer}]
        fields: {email: mail, status: status, phone: phone}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, status: State}}
`;

let store: TestDatabase;
let directory: string;

beforeAll(async () => {
  store = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'trueup-what-if-'));
  await mkdir(join(directory, 'crm'));
  await mkdir(join(directory, 'erp'));
  await writeFile(join(directory, 'trueup.yaml'), SYNC_FILE);
  await writeFile(
    join(directory, 'crm', 'c.csv'),
    'id,mail,status,phone,kind\n1,ann@x.example,active,030 1,customer\n2,bob@x.example,blocked,,customer\n3,cat@x.example,active,030 3,lead\n',
  );
  await writeFile(join(directory, 'erp', 'e.csv'), 'id,E-mail,State,Tel\n');
  await trueup('apply', '--yes');
});
afterAll(async () => {
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

async function trueup(...args: readonly string[]): ReturnType<typeof runTrueup> {
  return runTrueup([...args, '-C', directory], { DATABASE_URL: store.url });
}

/** What the edited file would do, and that nothing anywhere has become different by asking. */
async function tried(from: string, to: string): Promise<Readonly<Record<string, unknown>>> {
  await writeFile(join(directory, 'trueup.yaml'), SYNC_FILE.replace(from, to));
  const [files, stored] = [await everything(), await rows()];
  const { output, errors } = await trueup('what-if', '--json');
  expect(errors).toBe('');
  expect(await everything()).toBe(files);
  expect(await rows()).toEqual(stored);
  const { whatIf } = JSON.parse(output) as { readonly whatIf: readonly Readonly<Record<string, unknown>>[] };
  return whatIf[0] ?? {};
}

async function everything(): Promise<string> {
  const texts = await Promise.all(
    ['crm/c.csv', 'erp/e.csv'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  return texts.join('\n');
}

async function rows(): Promise<unknown> {
  const tables = ['identities', 'links', 'writes', 'holds', 'journal', 'revisions', 'match_keys', 'streams'];
  const counted = await Promise.all(
    tables.map((table) =>
      store.pool.query<{ readonly md5: string }>(
        `select md5(string_agg(t::text, '' order by t::text)) from ${table} t`,
      ),
    ),
  );
  return counted.map(({ rows: found }) => found);
}

test('a file that was not edited would change nothing', async () => {
  expect(await tried('version: 1', 'version: 1')).toEqual({ sync: 'customers', kind: 'same' });
});

test('a field that is newly mapped tells each record that would be written, before and after', async () => {
  const result = await tried('status: State}', 'status: State, phone: Tel}');
  expect(result).toMatchObject({
    tried: 2,
    total: 2,
    changed: 1,
    admitted: ['erp.phone'],
    writes: [
      {
        side: 'erp',
        kind: 'update',
        records: 1,
        fields: { Tel: 1 },
        examples: [{ changes: [{ field: 'Tel', before: null, after: '030 1' }] }],
      },
    ],
    calls: { erp: 1 },
  });
});

test('another spelling at a side tells what could no longer be read', async () => {
  const result = await tried('status: State}', 'status: {field: State, values: {A: active, B: blocked}}}');
  expect(result).toMatchObject({
    changed: 2,
    problems: [{ side: 'erp', field: 'State', records: 2 }],
    writes: [],
  });
});

test('a condition that lets more take part tells what would be made of them', async () => {
  const result = await tried(
    'where: [{field: kind, is: customer}]',
    'where: [{field: kind, in: [customer, lead]}]',
  );
  expect(result).toMatchObject({
    changed: 0,
    joining: { crm: 1 },
    writes: [{ side: 'erp', kind: 'create', records: 1, examples: [{ recordId: null }] }],
  });
});

test('a condition that lets fewer take part tells how many', async () => {
  const result = await tried('{field: kind, is: customer}', '{field: status, is: active}');
  expect(result).toMatchObject({ changed: 1, excluded: { crm: 1 } });
});

test('a mapping that does not keep the laws is refused with its counter-example', async () => {
  await writeFile(
    join(directory, 'trueup.yaml'),
    SYNC_FILE.replace('status: State}', 'status: State, phone: {field: Tel, case: upper}}'),
  );
  const { exitCode, errors } = await trueup('what-if');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/phone/);
});

test('for people it is told in sentences', async () => {
  await writeFile(
    join(directory, 'trueup.yaml'),
    SYNC_FILE.replace('status: State}', 'status: State, phone: Tel}'),
  );
  const { output } = await trueup('what-if', '--records', '1');
  expect(output).toMatch(/customers: tried on 1 of 2; [01] would change, so about [02] of all/);
});

/** A column of a sheet is emptied in all its rows at once: by mistake, and then because it is meant. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { CommandResult } from '../../test/support/command.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields: {email: {type: email, required: true}, city: text}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, city: city}}
      sheet: {connection: sheet, collection: customers.csv, fields: {email: E-mail, city: City}}
`;

const SHEET = 'files/customers.csv';
/** More than the guard lets through whatever the share of the records. */
const ROWS = 1_001;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: { [SHEET]: sheet('Rome') },
    databases: ['crm'],
  });
  await folder.database('crm').pool.query(
    `create table contact (id bigint generated always as identity primary key, mail text not null unique, city text,
         updated_at timestamptz not null default clock_timestamp())`,
  );
  await apply();
});
afterAll(async () => folder.close());

function sheet(city: string): string {
  const rows = Array.from({ length: ROWS }, (_, n) => `${String(n + 1)},p${String(n)}@x.example,${city}\n`);
  return `id,E-mail,City\n${rows.join('')}`;
}

function apply(): Promise<CommandResult> {
  return folder.trueup('apply', '--yes');
}

async function floods(): Promise<unknown> {
  const { output } = await folder.trueup('holds', '--json');
  return (JSON.parse(output) as { readonly floods: unknown }).floods;
}

/** How many contacts have which city. */
async function cities(): Promise<unknown> {
  const { rows } = await folder
    .database('crm')
    .pool.query<{ city: string | null; count: number }>(
      'select city, count(*)::int as count from contact group by city',
    );
  return rows;
}

test('a column that was emptied by mistake is held before the first of it leaves, and put back it leaves nothing behind', async () => {
  await folder.write(SHEET, sheet(''));
  expect((await apply()).exitCode).toBe(3);
  expect(await floods()).toMatchObject([{ side: 'crm', kind: 'update', writes: ROWS }]);
  expect(await cities()).toEqual([{ city: 'Rome', count: ROWS }]);
  await folder.write(SHEET, sheet('Rome'));
  expect((await apply()).exitCode).toBe(0);
  expect(await floods()).toEqual([]);
  expect(await cities()).toEqual([{ city: 'Rome', count: ROWS }]);
});

test('a column that was emptied on purpose leaves as the very set that a person has let go', async () => {
  await folder.write(SHEET, sheet(''));
  expect((await apply()).exitCode).toBe(3);
  const [flood] = (await floods()) as readonly [{ readonly hash: string }];
  expect((await folder.trueup('holds', 'release', 'crm', 'update', 'deadbeef00')).exitCode).toBe(1);
  expect((await apply()).exitCode).toBe(3);
  expect(await cities()).toEqual([{ city: 'Rome', count: ROWS }]);
  expect((await folder.trueup('holds', 'release', 'crm', 'update', flood.hash)).exitCode).toBe(0);
  expect((await apply()).exitCode).toBe(0);
  expect(await cities()).toEqual([{ city: null, count: ROWS }]);
  expect(await folder.read(SHEET)).toBe(sheet(''));
});

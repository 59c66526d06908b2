import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { CURSORS } from '../../test/support/rest-descriptions.ts';
import { startRestSystem, type RestSystem } from '../../test/support/rest-system.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

let folder: TestFolder;
let crm: TestDatabase;
let system: RestSystem;

beforeAll(async () => {
  system = await startRestSystem();
  folder = await openTestFolder({
    syncFile: `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  people: {system: rest, description: connectors/people.yaml, base_url: "${system.origin}"}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
      note: {type: text}
    match: email
    defaults: {policy: hold}
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: full_name, note: note}}
      people: {connection: people, collection: people, fields: {email: email, name: name, note: note}}
`,
    files: { 'connectors/people.yaml': CURSORS },
    databases: ['crm'],
  });
  crm = folder.database('crm');
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    full_name text, note text, updated_at timestamptz not null default clock_timestamp())`);
});
afterAll(async () => {
  await folder.close();
  await system[Symbol.asyncDispose]();
});

async function trueup(
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const environment = { ...folder.environment, TRUEUP_NETWORK: 'loopback,plain' };
  const { exitCode, output, errors } = await runTrueup([...args, '-C', folder.directory], environment);
  return { exitCode, output: output + errors };
}

async function contacts(): Promise<readonly string[]> {
  const { rows } = await crm.pool.query<{ row: string }>(
    `select concat_ws('|', mail, full_name, note) as row from contact order by mail`,
  );
  return rows.map(({ row }) => row);
}

test('a described system and a database are brought into step, each with the edits of the other', async () => {
  await crm.pool.query(`insert into contact (mail, full_name) values ('ann@x.test', 'Ann')`);
  const bob = system.create({ email: 'bob@x.test', name: 'Bob' });
  expect(await trueup('apply', '--yes')).toMatchObject({ exitCode: 0 });
  expect(await contacts()).toEqual(['ann@x.test|Ann', 'bob@x.test|Bob']);
  expect(system.people.map(({ values }) => values['email'])).toEqual(['bob@x.test', 'ann@x.test']);

  system.edit(bob.id, { name: 'Robert' });
  await crm.pool.query(
    `update contact set note = 'calls back', updated_at = clock_timestamp() where mail = 'bob@x.test'`,
  );
  expect(await trueup('apply', '--yes')).toMatchObject({ exitCode: 0 });
  expect(await contacts()).toContain('bob@x.test|Robert|calls back');
  expect(system.people[0]?.values).toMatchObject({ name: 'Robert', note: 'calls back' });
});

test('check says what the description promises, and what is wrong in it where', async () => {
  const good = await trueup('check');
  expect(good.output).toContain(
    'people: people, changes by polling, deletes told with the changes, a stale write is refused',
  );
  expect(good.output).toMatch(/people: rest, torture score \d+ of \d+/);
  await folder.write('connectors/people.yaml', CURSORS.replace('title: People', 'titel: People'));
  const bad = await trueup('check');
  expect(bad.exitCode).not.toBe(0);
  expect(bad.output).toMatch(/people\.yaml:2:1 unknown key `titel`/);
});

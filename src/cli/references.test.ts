import { afterAll, beforeAll, expect, test } from 'vitest';

import type { TestDatabase } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

/** Contacts stand before the accounts that they belong to. */
const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  contacts:
    entity: Contact
    fields:
      email: {type: email, required: true}
      account: {type: reference, to: accounts, required: true}
    match: email
    sides:
      crm: {connection: crm, collection: contact, fields: {email: email, account: account_id}}
      erp: {connection: erp, collection: contact, fields: {email: email, account: party}}
  accounts:
    entity: Account
    fields:
      name: text
      parent: {type: reference, to: accounts}
    match: name
    sides:
      crm: {connection: crm, collection: account, fields: {name: name, parent: parent_id}, filter: "name != 'hidden'"}
      erp: {connection: erp, collection: party, fields: {name: name, parent: belongs_to}}
`;

let folder: TestFolder;
let crm: TestDatabase;
let erp: TestDatabase;

beforeAll(async () => {
  folder = await openTestFolder({ syncFile: SYNC_FILE, databases: ['crm', 'erp'] });
  [crm, erp] = [folder.database('crm'), folder.database('erp')];
  await crm.pool.query(`
    create table account (id bigint generated always as identity (start with 100) primary key, name text unique not null,
      parent_id bigint references account);
    create table contact (id uuid primary key default gen_random_uuid(), email text unique not null, account_id bigint not null references account);
    insert into account (name) values ('Acme'), ('Acme North'), ('hidden');
    update account set parent_id = 100 where name = 'Acme North';
    insert into contact (email, account_id) values ('ann@x.example', 101), ('eve@x.example', 102)`);
  await erp.pool.query(`
    create table party (code text primary key default 'P' || substr(md5(random()::text), 1, 12), name text unique not null, belongs_to text references party);
    create table contact (id int generated always as identity primary key, email text unique not null, party text not null references party);
    insert into party (code, name) values ('P7', 'Acme')`);
});
afterAll(async () => folder.close());

async function trueup(...args: readonly string[]): Promise<string> {
  const { output, errors } = await folder.trueup(...args);
  return output + errors;
}

test('foreign keys are drafted, checked, followed from database to database, and what waits says why', async () => {
  expect(await trueup('discover', 'erp', 'contact')).toContain(
    'party names records of public.party. In `fields`: party: {type: reference, to: accounts} — here: party: party',
  );
  expect(await trueup('check')).toContain(
    'accounts: parent is given in a second step where what it names does not exist yet.',
  );
  await trueup('apply', '--yes');
  const made = await erp.pool.query<{ email: string; name: string; parent: string | null }>(
    `select email, party.name, up.name as parent from contact join party on party.code = contact.party
       left join party up on up.code = party.belongs_to`,
  );
  expect(made.rows).toEqual([{ email: 'ann@x.example', name: 'Acme North', parent: 'Acme' }]);
  const found = await crm.pool.query<{ id: string }>(`select id from contact where email like 'eve%'`);
  const eve = found.rows[0]?.id ?? '';
  const why = `account of contacts crm ${eve} names accounts crm 102, which takes no part in its sync there`;
  const status = await trueup('status');
  expect(status).toContain('1 waits for another record:');
  expect(status).toContain(why);
  expect(status).toMatch(/contacts: live.*\n.*\n\s+crm\s+2\s+1\s+1\s+0/);
  expect(await trueup('trace', 'crm', eve, '--sync', 'contacts')).toContain(`waits: ${why}`);
  const ann = await crm.pool.query<{ id: string }>(`select id from contact where email like 'ann%'`);
  expect(await trueup('trace', 'crm', ann.rows[0]?.id ?? '', '--sync', 'contacts')).toMatch(
    /account +accounts \w+ \w+ +accounts \w+ \w+/,
  );
  await crm.pool.query(`update account set name = 'Found' where id = 102`);
  await trueup('apply', '--yes');
  expect(await trueup('status')).not.toContain('for another record');
  const parties = await erp.pool.query<{ name: string }>(
    `select party.name from contact join party on party.code = contact.party where email like 'eve%'`,
  );
  expect(parties.rows).toEqual([{ name: 'Found' }]);
});

/** Companies, their sites and a tree of categories between a real Tryton and PostgreSQL: many2one there, foreign keys here. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { trytonWorkbench } from './tryton-workbench.ts';

const bench = trytonWorkbench();
let crm: TestDatabase;
let store: TestDatabase;
let directory: string;

/** What refers stands before what it refers to. */
function syncFile({ url, database, user }: typeof bench.system): string {
  return `version: 1
connections:
  erp: {system: tryton, url: ${url}, database: ${database}, user: ${user}, password: "\${secret:ERP_PASSWORD}"}
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
syncs:
  sites:
    entity: Site
    fields:
      label: text
      city: text
      company: {type: reference, to: companies, required: true}
    match: label
    sides:
      erp: {connection: erp, collection: party.address, where: [{field: name, is_not: null}], fields: {label: name, city: city, company: party}}
      crm: {connection: crm, collection: site, fields: {label: label, city: city, company: company_id}}
  companies:
    entity: Company
    fields:
      name: text
    match: name
    sides:
      erp: {connection: erp, collection: party.party, where: [{field: name, is_not: null}], fields: {name: name}}
      crm: {connection: crm, collection: company, fields: {name: name}}
  categories:
    entity: Category
    fields:
      name: text
      parent: {type: reference, to: categories}
    match: name
    sides:
      erp: {connection: erp, collection: party.category, fields: {name: name, parent: parent}}
      crm: {connection: crm, collection: category, fields: {name: name, parent: parent_id}}
    guard: {changes_share_max: 1}
`;
}

beforeAll(async () => {
  [crm, store] = [await createTestDatabase(), await createTestDatabase()];
  directory = await mkdtemp(join(tmpdir(), 'trueup-tryton-references-'));
  await writeFile(join(directory, 'trueup.yaml'), syncFile(bench.system));
  await crm.pool.query(`
    create table company (id uuid primary key default gen_random_uuid(), name text unique not null);
    create table site (id bigint generated always as identity (start with 9000) primary key, label text unique not null, city text,
      company_id uuid not null references company);
    create table category (id text primary key default 'K' || substr(md5(random()::text), 1, 12), name text unique not null,
      parent_id text references category);
    insert into company (name) values ('Cedar'), ('Shared');
    insert into site (label, city, company_id) select name || ' yard', 'Oslo', id from company;
    insert into category (id, name) values ('K1', 'Trade'), ('K2', 'Wood');
    update category set parent_id = 'K1' where id = 'K2'`);
});
afterAll(async () => {
  await crm.drop();
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

async function trueup(...args: readonly string[]): Promise<string> {
  const environment = {
    DATABASE_URL: store.url,
    CRM_URL: crm.url,
    ERP_PASSWORD: bench.system.password,
    TRUEUP_NETWORK: 'private,loopback,plain',
  };
  const { output, errors } = await runTrueup([...args, '-C', directory], environment);
  return output + errors;
}

/** Every site with its company and every category with its parent, by names. */
async function inCrm(): Promise<readonly string[]> {
  const { rows } = await crm.pool.query<{ line: string }>(
    `select label || ' of ' || name as line from site join company on company.id = company_id
     union all
     select category.name || ' under ' || coalesce(up.name, 'none') from category left join category up on up.id = category.parent_id`,
  );
  return rows.map(({ line }) => line).toSorted();
}

interface Named {
  readonly name: string;
  readonly 'party.': { readonly name: string } | null;
  readonly 'parent.': { readonly name: string } | null;
}

async function read(model: string, domain: unknown, field: string): Promise<readonly Named[]> {
  const found = await bench.person(`${model}.search_read`, domain, 0, null, null, ['name', `${field}.name`]);
  return found as readonly Named[];
}

async function inErp(): Promise<readonly string[]> {
  const named = [
    ['name', '!=', null],
    ['name', '!=', ''],
  ];
  const sites = await read('party.address', named, 'party');
  const categories = await read('party.category', [], 'parent');
  return [
    ...sites.map((site) => `${site.name} of ${site['party.']?.name ?? 'none'}`),
    ...categories.map((category) => `${category.name} under ${category['parent.']?.name ?? 'none'}`),
  ].toSorted();
}

test('many2one and foreign keys name the same things on both sides, and what they refer to arrives first', async () => {
  const [north, shared] = (await bench.person('party.party.create', [
    { name: 'North', addresses: [['create', [{ name: 'North quay', city: 'Bergen' }]]] },
    { name: 'Shared' },
  ])) as readonly number[];
  expect([north, shared].every((id) => typeof id === 'number')).toBe(true);
  const [root] = (await bench.person('party.category.create', [{ name: 'Fish' }])) as readonly number[];
  await bench.person('party.category.create', [{ name: 'Cod', parent: root }]);
  expect(await trueup('discover', 'erp', 'party.category')).toContain(
    'parent names records of party.category. In `fields`: parent: {type: reference, to: categories}',
  );
  expect(await trueup('check')).toContain('trueup.yaml is good.');
  await trueup('apply', '--yes');
  const all = [
    'Cedar yard of Cedar',
    'Cod under Fish',
    'Fish under none',
    'North quay of North',
    'Shared yard of Shared',
    'Trade under none',
    'Wood under Trade',
  ];
  expect(await inCrm()).toEqual(all);
  expect(await inErp()).toEqual(all);
  await bench.person('party.category.write', [root], { name: 'Seafood' });
  await crm.pool.query(
    `update category set parent_id = (select id from category where name = 'Trade') where name = 'Fish'`,
  );
  await trueup('apply', '--yes');
  expect(await inErp()).toContain('Seafood under Trade');
  expect(await inCrm()).toEqual(await inErp());
  expect(await trueup('status')).not.toContain('for another record');
});

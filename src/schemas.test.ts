/** Changes of schemas at a real PostgreSQL and at the simulated Salesforce, met by a sync that is under way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { CommandResult } from '../test/support/command.ts';
import type { TestDatabase } from '../test/support/postgres.ts';
import { salesforceWorkbench } from '../test/support/salesforce-workbench.ts';
import { simpleDefinition } from '../test/support/sync.ts';
import { openTestFolder, type TestFolder } from '../test/support/test-folder.ts';
import type { FieldDescription, Session } from './connector/contract.ts';
import type { SideDefinition, SyncDefinition } from './engine/model.ts';
import { must } from './lib/assert.ts';
import { openInstallation } from './server.ts';
import { text } from './simulators/salesforce/fields.ts';
import { allSyncs } from './store/control.ts';
import { compareSchemas } from './syncfile/schema/compare.ts';
import { effectsOn } from './syncfile/schema/effect.ts';
import { openSync, type OpenSync } from './syncs.ts';
import { deliverAll, observeAll } from './worker/rounds.ts';
import { silentLog } from './worker/runtime.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields: {email: email, name: text, phone: text, city: text}
    match: email
    defaults: {policy: [{priority: [crm, sheet]}]}
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: full_name, phone: phone, city: city}}
      sheet: {connection: sheet, collection: customers.csv, fields: {email: E-mail, name: Name, phone: Phone, city: City}}
`;

const SHEET = 'files/customers.csv';

let folder: TestFolder;
let crm: TestDatabase;

beforeEach(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: { [SHEET]: 'id,Name,E-mail,Phone,City\n' },
    databases: ['crm'],
  });
  crm = folder.database('crm');
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    full_name varchar(80), phone text, city text, updated_at timestamptz not null default clock_timestamp())`);
  await crm.pool.query(
    `insert into contact (mail, full_name, phone, city)
     select 'p' || n || '@x.example', 'Person ' || n, '+49301234' || n, 'Town ' || n from generate_series(10, 29) n`,
  );
  await trueup('apply', '--yes');
});
afterEach(async () => folder.close());

function trueup(...args: readonly string[]): Promise<CommandResult> {
  return folder.trueup(...args);
}

/** Does with the opened sync what a worker would find. */
async function withOpenSync<T>(action: (opened: OpenSync) => Promise<T>): Promise<T> {
  const { directory, environment } = folder;
  const installation = await openInstallation({ directory, environment, log: silentLog });
  try {
    const [row] = await installation.transaction((tx) => allSyncs(tx));
    const opened = await openSync(installation, must(row, 'the sync was applied'));
    try {
      return await action(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await installation.close();
  }
}

async function round({ runtime }: OpenSync): Promise<void> {
  const { signal } = new AbortController();
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
}

/** The row of the first customer in the sheet. */
async function firstRow(): Promise<string> {
  const lines = (await folder.read(SHEET)).split('\n');
  return must(
    lines.find((line) => line.includes('p10@')),
    'the first customer is there',
  );
}

async function accountFields(session: Session): Promise<readonly FieldDescription[]> {
  return must((await session.describe(['Account']))[0], 'accounts').fields;
}

describe('PostgreSQL', () => {
  test('a renamed column stops its field alone, is told by its name, and is in step again once the file follows', async () => {
    await crm.pool.query('alter table contact rename column phone to mobile');
    await crm.pool.query(
      `update contact set city = 'Rome', mobile = '+3906', updated_at = clock_timestamp() where id = 1`,
    );
    await withOpenSync(async (opened) => {
      expect(opened.effects.map(({ gravity, fields }) => [gravity, fields])).toEqual([
        ['stopsField', ['phone']],
      ]);
      await round(opened);
    });
    expect(await firstRow()).toMatch(/\+4930123410,Rome$/);
    const told = await trueup('schema');
    expect(told.exitCode).toBe(3);
    expect(told.output).toContain('stops a field: `phone` is now called `mobile`.');
    expect((await trueup('plan')).errors).toContain('public.contact has no field `phone`');
    await folder.write('trueup.yaml', SYNC_FILE.replace('phone: phone', 'phone: mobile'));
    await trueup('apply', '--yes');
    expect(await firstRow()).toMatch(/\+3906,Rome$/);
    const after = await trueup('schema');
    expect(after.exitCode).toBe(0);
    expect(after.output).toContain('crm public.contact: nothing has changed since it was approved');
    expect((await trueup('schema', 'history', 'crm')).output).toMatch(
      /version 2, seen .*, approved .*\n.*now called `mobile`/,
    );
  });

  test('a column that was dropped and made anew is told by its values', async () => {
    await crm.pool.query('alter table contact add column mobile text');
    await crm.pool.query('update contact set mobile = phone');
    await crm.pool.query('alter table contact drop column phone');
    expect((await trueup('schema')).output).toContain(
      'Perhaps it is now called mobile: 20 of 20 records hold the same value there.',
    );
  });

  test('the match key gone stops the sync before a record is taken for another', async () => {
    await crm.pool.query('alter table contact rename column mail to mail_address');
    await expect(withOpenSync(round)).rejects.toThrow(/customers is stopped by a change at crm/);
    expect((await trueup('schema', 'accept')).exitCode).toBe(2);
  });

  test('a new column that must be filled stops creates there and nothing else', async () => {
    await crm.pool.query('alter table contact add column region text');
    await crm.pool.query(`update contact set region = 'x'`);
    await crm.pool.query('alter table contact alter column region set not null');
    await folder.write(
      SHEET,
      `${(await folder.read(SHEET)).replace('Town 11', 'Oslo')}99,New,new@x.example,,\n`,
    );
    await withOpenSync(async (opened) => {
      expect(opened.effects.map(({ gravity }) => gravity)).toEqual(['stopsCreates']);
      await round(opened);
    });
    const { rows } = await crm.pool.query<{ mail: string; city: string }>('select mail, city from contact');
    expect(rows).toHaveLength(20);
    expect(rows).toContainEqual({ mail: 'p11@x.example', city: 'Oslo' });
    await crm.pool.query('alter table contact alter column region drop not null');
    await withOpenSync(round);
    const made = await crm.pool.query(`select from contact where mail = 'new@x.example'`);
    expect(made.rowCount).toBe(1);
  });

  test('less room is told, and can be accepted', async () => {
    await crm.pool.query('alter table contact alter column full_name type varchar(20)');
    const told = await trueup('schema');
    expect(told.output).toContain('needs attention: `full_name` keeps only 20 characters now.');
    expect((await trueup('schema', 'accept')).exitCode).toBe(0);
    expect((await trueup('schema')).exitCode).toBe(0);
  });
});

test('a sync that runs notices by itself that a schema is another one', async () => {
  await withOpenSync(async (opened) => {
    expect(await opened.hasNewSchema()).toBe(false);
    await folder.edit(SHEET, 'City', 'Town');
    expect(await opened.hasNewSchema()).toBe(true);
  });
});

describe('Salesforce', () => {
  const MAPPED = { name: 'Name', phone: 'Phone', rating: 'Tier__c', number: 'Legacy_Number__c' };
  const base = simpleDefinition(['crm', 'erp']);
  const pattern = must(base.fields[0], 'a simple sync has fields');
  const definition: SyncDefinition = {
    ...base,
    fields: Object.keys(MAPPED).map((name) => ({
      ...pattern,
      name,
      ...(name === 'rating' ? { type: { kind: 'choice', options: ['Gold', 'Silver', 'Bronze'] } } : {}),
    })),
    match: [['name']],
  };
  const side: SideDefinition = {
    ...must(base.sides[0], 'a simple sync has sides'),
    collection: 'Account',
    fields: Object.entries(MAPPED).map(([field, native]) => ({
      field,
      native,
      direction: 'both',
      transforms: [],
    })),
  };

  test('a renamed field, a new one that must be filled and a new choice are told apart', async () => {
    const bench = await salesforceWorkbench(3);
    try {
      const before = await accountFields(await bench.open());
      const { setup } = bench.simulator.org;
      const choices = must(
        before.find(({ name }) => name === 'Tier__c'),
        'a restricted picklist',
      );
      setup.renameField('Account', 'Legacy_Number__c', 'Old_Number__c');
      setup.addFields('Account', [text('Region__c', 40, { nillable: false })]);
      const options = choices.type.kind === 'choice' ? choices.type.options : [];
      setup.changeField('Account', 'Tier__c', { picklist: [...options, 'Platinum'] });
      const now = await accountFields(await bench.open());
      const effects = effectsOn(definition, side, compareSchemas(before, now));
      expect(effects.map(({ gravity, says }) => [gravity, says])).toEqual(
        expect.arrayContaining([
          ['stopsField', expect.stringContaining('Perhaps it is now called Old_Number__c')],
          [
            'stopsCreates',
            expect.stringContaining('`Region__c` (text) is new, and every new record must have it'),
          ],
          ['attention', expect.stringContaining('`Tier__c` has the new option Platinum.')],
        ]),
      );
    } finally {
      await bench.close();
    }
  });
});

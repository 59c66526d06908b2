import { afterAll, beforeAll, expect, test } from 'vitest';

import type { TestDatabase } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
      city: {type: text, policy: hold}
    match: email
    defaults: {policy: [{priority: [crm, sheet]}]}
    sides:
      crm: {connection: crm, collection: public.contact, deletes: true, fields: {email: mail, name: full_name, city: city}}
      sheet: {connection: sheet, collection: customers.csv, deletes: true, fields: {email: E-mail, name: Name, city: City}}
    deletes: {mode: propagate, from: [crm]}
`;

const SHEET = 'files/customers.csv';

let folder: TestFolder;
let crm: TestDatabase;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: { [SHEET]: 'id,Name,E-mail,City\n1,Ann,ann@x.example,Rome\n2,Bob,bob@x.example,\n' },
    databases: ['crm'],
  });
  crm = folder.database('crm');
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    full_name text, city text, updated_at timestamptz not null default clock_timestamp())`);
  await crm.pool.query(`insert into contact (mail, full_name, city) values ('cat@x.example', 'Cat', 'Oslo')`);
});
afterAll(async () => folder.close());

interface Told {
  readonly exitCode: number;
  readonly json: Readonly<Record<string, unknown>>;
}

async function trueup(...args: readonly string[]): Promise<Told> {
  const { exitCode, output, errors } = await folder.trueup(...args, '--json');
  if (output === '') throw new Error(`nothing but: ${errors}`);
  return { exitCode, json: JSON.parse(output) as Told['json'] };
}

async function contacts(): Promise<readonly string[]> {
  const found = await crm.pool.query<{ row: string }>(
    `select concat_ws('|', mail, full_name, city) as row from contact order by mail`,
  );
  return found.rows.map((row) => row.row);
}

test('apply carries out the approved plan, but not what has moved since it was made', async () => {
  const planned = await trueup('plan');
  const [{ plan }] = planned.json['plans'] as readonly [
    { readonly plan: { readonly hash: string; readonly writes: number } },
  ];
  expect(plan.writes).toBe(3);
  await folder.edit(SHEET, 'Bob,bob', 'Robert,bob');
  const applied = await trueup('apply', '--plan', plan.hash.slice(0, 12));
  expect(applied.exitCode).toBe(3);
  expect(applied.json['applied']).toMatchObject([{ delivered: 2, moved: 1 }]);
  expect(await contacts()).toEqual(['ann@x.example|Ann|Rome', 'cat@x.example|Cat|Oslo']);
  const again = await trueup('apply', '--yes');
  expect(again.exitCode).toBe(0);
  expect(await contacts()).toContain('bob@x.example|Robert');
  expect(await folder.read(SHEET)).toContain('Cat,cat@x.example,Oslo');
});

test('an applied plan leaves nothing to plan', async () => {
  const { json } = await trueup('plan');
  expect(json['plans']).toMatchObject([{ plan: { writes: 0 } }]);
});

test('a plan that does not exist, or of an older revision, is refused', async () => {
  const unknown = await trueup('apply', '--plan', 'feedc0ffee00');
  expect(unknown).toMatchObject({
    exitCode: 2,
    json: { error: { message: 'customers has no plan feedc0ffee00' } },
  });
});

test('a conflict that no rule decides waits with both values, and the chosen one goes everywhere', async () => {
  await crm.pool.query(
    `update contact set city = 'Milan', updated_at = clock_timestamp() where mail = 'ann@x.example'`,
  );
  await folder.edit(SHEET, 'Rome', 'Turin');
  expect((await trueup('apply', '--yes')).exitCode).toBe(3);
  const { json, exitCode } = await trueup('holds');
  expect(exitCode).toBe(3);
  const [hold] = json['holds'] as readonly [{ readonly holdId: string }];
  expect(hold).toMatchObject({ reason: 'conflict', field: 'city', seen: { sheet: { city: 'Turin' } } });
  expect(await contacts()).toContain('ann@x.example|Ann|Milan');
  expect((await trueup('holds', 'take', hold.holdId, 'sheet')).exitCode).toBe(0);
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  expect(await contacts()).toContain('ann@x.example|Ann|Turin');
  expect((await trueup('holds')).exitCode).toBe(0);
});

test('blame names who put a value there and what it overruled; trace tells the whole journey', async () => {
  const found = await crm.pool.query<{ id: string }>(`select id from contact where mail = 'ann@x.example'`);
  const id = String(found.rows[0]?.id);
  const blamed = await trueup('blame', 'crm', id, 'city');
  expect(blamed.json).toMatchObject({ value: 'Turin', edit: { side: 'person', rule: 'person' } });
  expect(blamed.json['decisions']).toContainEqual(
    expect.objectContaining({ rule: 'person', loser: { side: 'crm', value: 'Milan' } }),
  );
  const traced = await trueup('trace', 'crm', id);
  const { journal } = traced.json['story'] as { readonly journal: readonly { readonly kind: string }[] };
  const kinds = journal.map((entry) => entry.kind);
  expect(kinds[0]).toBe('linked');
  expect(kinds).toEqual(expect.arrayContaining(['written', 'changed', 'decided']));
  const lost = await trueup('trace', 'crm', '999999');
  expect(lost).toMatchObject({
    exitCode: 3,
    json: { record: null, verdict: 'crm has no record 999999: the id is another one, or it was deleted.' },
  });
});

test('a mass delete is held as a set, and only that very set can be let go', async () => {
  await crm.pool.query(
    `insert into contact (mail, full_name) select 'm' || n || '@x.example', 'M' from generate_series(1, 20) as n`,
  );
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  await crm.pool.query(`delete from contact where full_name = 'M'`);
  expect((await trueup('apply', '--yes')).exitCode).toBe(3);
  const { json } = await trueup('holds');
  const [flood] = json['floods'] as readonly [{ readonly hash: string }];
  expect(flood).toMatchObject({ side: 'sheet', kind: 'delete', writes: 20 });
  expect((await folder.read(SHEET)).match(/m\d+@x\.example/g)).toHaveLength(20);
  expect((await trueup('holds', 'release', 'sheet', 'delete', 'deadbeef00')).exitCode).toBe(1);
  expect((await trueup('holds', 'release', 'sheet', 'delete', flood.hash)).exitCode).toBe(0);
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  expect(await folder.read(SHEET)).not.toMatch(/m\d+@x\.example/);
});

test('after a restore nothing is written before everything was read again and a plan approved', async () => {
  const recovered = await trueup('recover');
  expect(recovered.json).toEqual({ recovering: ['customers'] });
  const [sync] = (await trueup('status')).json['syncs'] as readonly { readonly mode: string }[];
  expect(sync?.mode).toBe('observe');
  const planned = await trueup('plan');
  expect(planned.json['plans']).toMatchObject([{ sync: 'customers' }]);
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  const [live] = (await trueup('status')).json['syncs'] as readonly { readonly mode: string }[];
  expect(live?.mode).toBe('live');
});

test('doctor finds nothing wrong with a sound installation', async () => {
  const { exitCode, json } = await trueup('doctor');
  expect(json['findings']).toEqual(
    expect.arrayContaining([expect.objectContaining({ what: 'row security', isGood: true })]),
  );
  expect(exitCode).toBe(0);
});

test('check tells of an account that may do much more than the syncs need, and how to narrow it down', async () => {
  const checked = await folder.trueup('check');
  expect(checked.exitCode).toBe(0);
  expect(checked.output).toMatch(
    /crm: its account may do more than these syncs need\.\n {2}superuser \(\w+\): it may /,
  );
  expect(checked.output).toContain('    grant select, insert, update, delete on public.contact to trueup;\n');
  expect(checked.output).toMatch(/^crm: postgres, torture score \d+ of \d+$/m);
  const { json } = await trueup('check');
  expect(json['rights']).toMatchObject([{ connection: 'crm', beyond: [{}], unknownBecause: null }]);
});

test('a side that was emptied waits for somebody to say that it was meant', async () => {
  expect((await trueup('holds', 'emptied', 'crm')).exitCode).not.toBe(0);
  await crm.pool.query('delete from contact');
  expect((await trueup('apply', '--yes')).exitCode).not.toBe(0);
  expect(await folder.read(SHEET)).toContain('ann@x.example');
  expect((await trueup('holds')).json['emptied']).toEqual(['crm']);
  expect(await trueup('holds', 'emptied', 'crm')).toMatchObject({ exitCode: 0, json: { emptied: 'crm' } });
  // The deletes that follow are a flood like any other.
  expect((await trueup('apply', '--yes')).exitCode).toBe(3);
  const { emptied, floods } = (await trueup('holds')).json;
  expect(emptied).toEqual([]);
  const [flood] = floods as readonly [{ readonly hash: string }];
  expect((await trueup('holds', 'release', 'sheet', 'delete', flood.hash)).exitCode).toBe(0);
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  expect(await folder.read(SHEET)).not.toContain('ann@x.example');
});

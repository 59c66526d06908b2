/** The whole of Trueup as a person runs it: commands and workers as programs, over a real ERP, a real database and a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { BAD_VAT, GOOD_VAT } from './tryton-workbench.ts';
import { startTryton, type TrytonSystem } from './tryton.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const WAIT_MS = 120_000;

let erp: TrytonSystem;
let crm: TestDatabase;
let store: TestDatabase;
let directory: string;
const workers = new Set<ChildProcess>();

beforeAll(async () => {
  erp = await startTryton(inject('postgresUrl'));
  [crm, store] = [await createTestDatabase(), await createTestDatabase()];
  directory = await mkdtemp(join(tmpdir(), 'trueup-sides-'));
  await crm.pool.query(`create table contact (
    id bigint generated always as identity primary key, mail text not null unique, full_name text not null, phone text,
    vat text, city text, updated_at timestamptz not null default clock_timestamp())`);
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'trueup.yaml'), SYNC_FILE(erp));
  await writeFile(
    sheet(),
    'id,Name,E-mail,Phone,City\n1,Cedar & Sons,sam@cedar.example,,Seattle\n2,Havn,signe@havn.example,,Aarhus\n',
  );
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await erp.stop();
  await crm.drop();
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

const SYNC_FILE = ({ url, database, user }: TrytonSystem): string => `
version: 1
connections:
  erp: {system: tryton, url: ${url}, database: ${database}, user: ${user}, password: "\${secret:ERP_PASSWORD}"}
  crm: {system: postgres, url: "\${secret:CRM_URL}", replication: logical}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text, required: true}
      phone: {type: text}
      vat: {type: text}
      city: {type: text}
    match: email
    defaults: {policy: [{priority: [erp, crm, sheet]}]}
    sides:
      erp:
        connection: erp
        collection: party.party
        deletes: true
        where: [{field: email, is_not: null}]
        fields: {email: email, name: name, phone: phone, vat: vat, city: address.city}
      crm:
        connection: crm
        collection: public.contact
        deletes: true
        fields: {email: mail, name: full_name, phone: phone, vat: vat, city: city}
      sheet:
        connection: sheet
        collection: customers.csv
        deletes: true
        fields: {email: E-mail, name: Name, phone: Phone, city: City}
    deletes: {mode: propagate, from: [crm]}
`;

function sheet(): string {
  return join(directory, 'files', 'customers.csv');
}

function program(args: readonly string[]): ChildProcess {
  const env = { ...process.env, DATABASE_URL: store.url, CRM_URL: crm.url, ERP_PASSWORD: erp.password };
  return spawn(process.execPath, [MAIN, ...args, '-C', directory], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface Ended {
  readonly exitCode: number | null;
  readonly json: unknown;
  readonly errors: string;
}

/** Runs a command to its end. */
async function trueup(...args: readonly string[]): Promise<Ended> {
  const child = program([...args, '--json']);
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (output === '')
    throw new Error(
      `trueup ${args.join(' ')} ended with ${String(exitCode)} and said nothing but: ${errors}`,
    );
  const json: unknown = JSON.parse(output);
  return { exitCode, json, errors };
}

function startWorker(): ChildProcess {
  const worker = program(['worker']);
  worker.stdout?.resume();
  worker.stderr?.resume();
  workers.add(worker);
  return worker;
}

/** A stop that was asked for must be over within ten seconds. */
const STOP_MS_MAX = 10_000;

async function end(worker: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  workers.delete(worker);
  const insist = setTimeout(() => worker.kill('SIGKILL'), STOP_MS_MAX);
  worker.once('exit', () => clearTimeout(insist));
  const ended = new Promise<number | null>((resolve) => worker.once('exit', resolve));
  worker.kill(signal);
  return ended;
}

interface Party {
  readonly id: number;
  readonly name: string;
}

/** Every party of the ERP with its e-mail address, as a person would see them: read again when one was deleted meanwhile. */
async function parties(triesMax = 3): Promise<ReadonlyMap<string, Party>> {
  try {
    return await readParties();
  } catch (error) {
    if (triesMax <= 1 || !String(error).includes("don't exist anymore")) throw error;
    return parties(triesMax - 1);
  }
}

async function readParties(): Promise<ReadonlyMap<string, Party>> {
  const found = (await erp.rpc('model.party.contact_mechanism.search_read', [
    [['type', '=', 'email']],
    0,
    5_000,
    null,
    ['value', 'party', 'party.name'],
    {},
  ])) as readonly {
    readonly value: string;
    readonly party: number;
    readonly 'party.'?: { readonly name: string };
  }[];
  const read = (await erp.rpc('model.party.party.read', [
    found.map((row) => row.party),
    ['name'],
    {},
  ])) as readonly Party[];
  const byId = new Map(read.map((party) => [party.id, party]));
  return new Map(found.map((row) => [row.value, byId.get(row.party) ?? { id: row.party, name: '' }]));
}

async function contact(email: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = await crm.pool.query<Readonly<Record<string, unknown>>>(
    'select * from contact where mail = $1',
    [email],
  );
  return found.rows[0];
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedMs > WAIT_MS) {
      const held = JSON.stringify((await trueup('holds')).json);
      throw new Error(
        `it never came to be: ${what}; ${held}; ${JSON.stringify((await trueup('status')).json)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function phoneOf(email: string): Promise<string | null> {
  const rows = (await erp.rpc('model.party.contact_mechanism.search_read', [
    [
      ['type', '=', 'phone'],
      ['party.contact_mechanisms.value', '=', email],
    ],
    0,
    10,
    null,
    ['value'],
    {},
  ])) as readonly { readonly value: string }[];
  return rows[0]?.value ?? null;
}

test('a plan comes before the first write, and writes nothing', async () => {
  await crm.pool.query(`insert into contact (mail, full_name, phone, vat, city) values
    ('ada@brightmill.example', 'Brightmill', null, '${GOOD_VAT}', 'London'),
    ('bad@vat.example', 'Bad Vat', null, '${BAD_VAT}', 'Gent'),
    ('signe@havn.example', 'Havn', null, null, 'Aarhus')`);
  const refused = await trueup('apply');
  expect(refused).toMatchObject({
    exitCode: 2,
    json: { error: { message: 'a plan comes before the first write' } },
  });
  const planned = await trueup('plan');
  expect(planned).toMatchObject({ exitCode: 0 });
  expect((await parties()).size).toBe(0);
  expect(await readFile(sheet(), 'utf8')).not.toContain('brightmill');
});

test("a record that the ERP refuses waits with the ERP's own sentence, and all others are delivered", async () => {
  const applied = await trueup('apply', '--yes');
  expect(applied).toMatchObject({ exitCode: 3 });
  const known = await parties();
  expect([...known.keys()].toSorted()).toEqual([
    'ada@brightmill.example',
    'sam@cedar.example',
    'signe@havn.example',
  ]);
  const text = await readFile(sheet(), 'utf8');
  for (const email of ['ada@brightmill.example', 'bad@vat.example', 'sam@cedar.example'])
    expect(text).toContain(email);
  expect(await contact('sam@cedar.example')).toMatchObject({ full_name: 'Cedar & Sons', city: 'Seattle' });
  const status = await trueup('status');
  const [sync] = (
    status.json as { readonly syncs: readonly { readonly dead: readonly { readonly failure: unknown }[] }[] }
  ).syncs;
  expect(sync?.dead).toMatchObject([{ side: 'erp', kind: 'create', failure: { code: 'tryton.validation' } }]);
  expect(JSON.stringify(sync?.dead)).toContain('European VAT Number');
});

test('edits on all three sides at once converge; different fields of one record both survive; a conflict keeps its loser', async () => {
  const ada = (await parties()).get('ada@brightmill.example');
  await crm.pool.query(
    `update contact set phone = '+44 20 7946 0001', updated_at = clock_timestamp() where mail = 'ada@brightmill.example'`,
  );
  await erp.rpc('model.party.party.write', [[ada?.id], { name: 'Brightmill Textiles' }, {}]);
  await writeFile(sheet(), (await readFile(sheet(), 'utf8')).replace('Seattle', 'Tacoma'));
  // Only now: whoever saves a sheet that was opened before the worker wrote to it takes that out of it again.
  const worker = startWorker();
  await until('the phone in the ERP', async () => (await phoneOf('ada@brightmill.example')) !== null);
  await until(
    'the name in the CRM',
    async () => (await contact('ada@brightmill.example'))?.['full_name'] === 'Brightmill Textiles',
  );
  await until('the city in the CRM', async () => (await contact('sam@cedar.example'))?.['city'] === 'Tacoma');
  await until('all of it in the sheet', async () =>
    (await readFile(sheet(), 'utf8')).includes('Brightmill Textiles'),
  );
  expect(await end(worker, 'SIGTERM')).toBe(0);

  const signe = (await parties()).get('signe@havn.example');
  await crm.pool.query(
    `update contact set full_name = 'Havn A/S', updated_at = clock_timestamp() where mail = 'signe@havn.example'`,
  );
  await erp.rpc('model.party.party.write', [[signe?.id], { name: 'Havn Logistik' }, {}]);
  const again = startWorker();
  await until(
    'the ERP wins by its rank',
    async () => (await contact('signe@havn.example'))?.['full_name'] === 'Havn Logistik',
  );
  const { json } = await trueup('trace', 'crm', String((await contact('signe@havn.example'))?.['id']));
  const decisions = (json as { readonly story: { readonly decisions: readonly unknown[] } }).story.decisions;
  const sides = [
    { side: 'erp', value: 'Havn Logistik' },
    { side: 'crm', value: 'Havn A/S' },
  ];
  expect(decisions).toContainEqual(
    expect.objectContaining({ field: 'name', rule: 'priority', winner: sides[0], loser: sides[1] }),
  );
  expect(await end(again, 'SIGTERM')).toBe(0);
});

test('correcting what the ERP refused delivers it', async () => {
  const worker = startWorker();
  await crm.pool.query(
    `update contact set vat = 'BE0428759497', updated_at = clock_timestamp() where mail = 'bad@vat.example'`,
  );
  await until('the corrected party', async () => (await parties()).has('bad@vat.example'));
  expect(await end(worker, 'SIGTERM')).toBe(0);
});

test('a delete is passed on with evidence, and what is only missing from a broken file is not deleted', async () => {
  const worker = startWorker();
  await crm.pool.query(`delete from contact where mail = 'bad@vat.example'`);
  await until('the delete in the ERP', async () => !(await parties()).has('bad@vat.example'));
  await until(
    'the delete in the sheet',
    async () => !(await readFile(sheet(), 'utf8')).includes('bad@vat.example'),
  );
  const whole = await readFile(sheet(), 'utf8');
  await writeFile(sheet(), '');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect((await parties()).size).toBe(3);
  expect((await crm.pool.query('select from contact')).rowCount).toBe(3);
  await writeFile(sheet(), whole);
  expect(await end(worker, 'SIGTERM')).toBe(0);
});

test('killing the worker in the middle leaves nothing lost and nothing doubled, and the counts balance', async () => {
  const count = 150;
  let worker = startWorker();
  await crm.pool.query(
    `insert into contact (mail, full_name, city) select 'bulk' || n || '@x.example', 'Bulk ' || n, 'Oslo' from generate_series(1, $1) as n`,
    [count],
  );
  for (let kill = 0; kill < 3; kill += 1) {
    await until('some parties more', async () => (await parties()).size > 3 + kill * 30);
    await end(worker, 'SIGKILL');
    worker = startWorker();
  }
  await until('all parties', async () => (await parties()).size === 3 + count);
  const inSync = async (): Promise<boolean> => {
    const { json } = await trueup('status');
    const [sync] = (json as { readonly syncs: readonly { readonly sides: readonly Counts[] }[] }).syncs;
    return (
      sync?.sides.every(
        (side) => side.records === side.inSync + side.excluded && side.records - side.excluded === 3 + count,
      ) === true
    );
  };
  await until('everything in sync', inSync);
  const names = (await erp.rpc('model.party.party.search_read', [
    [['name', 'like', 'Bulk %']],
    0,
    5_000,
    null,
    ['name'],
    {},
  ])) as readonly Party[];
  expect(names).toHaveLength(count);
  expect(new Set(names.map((party) => party.name)).size).toBe(count);
  const lines = (await readFile(sheet(), 'utf8')).split('\n').filter((line) => line.includes('bulk'));
  expect(lines).toHaveLength(count);
  expect(await end(worker, 'SIGTERM')).toBe(0);
}, 400_000);

interface Counts {
  readonly records: number;
  readonly inSync: number;
  readonly excluded: number;
}

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { TestDatabase } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import type { Repair } from '../diagnose/reconcile/repair.ts';
import type { Report } from '../diagnose/reconcile/report.ts';
import { openInstallation } from '../server.ts';
import { allSyncs } from '../store/control.ts';
import { vitalsOf } from '../store/vitals.ts';
import { silentLog } from '../worker/runtime.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
      city: {type: text, policy: hold}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, deletes: true, filter: 'name != "Internal"', fields: {email: mail, name: name, city: city}}
      erp: {connection: erp, collection: public.contact, deletes: true, fields: {email: mail, name: name, city: city}}
`;
const TABLE = `create table contact (id bigint generated always as identity primary key, mail text not null, name text, city text,
  updated_at timestamptz not null default clock_timestamp())`;
/** More than a page of a read, so that the comparison goes on over several. */
const RECORDS = 2_500;
/** What no feed by `updated_at` can notice. */
const UNNOTICED = `'2001-01-01'`;

let folder: TestFolder;
let crm: TestDatabase;
let erp: TestDatabase;

beforeAll(async () => {
  folder = await openTestFolder({ syncFile: SYNC_FILE, databases: ['crm', 'erp'] });
  [crm, erp] = [folder.database('crm'), folder.database('erp')];
  for (const side of [crm, erp]) await side.pool.query(TABLE);
  await crm.pool.query(
    `insert into contact (mail, name, city) select 'p' || n || '@x.example', 'Name ' || n, 'Rome' from generate_series(1, $1) as n`,
    [RECORDS],
  );
  await crm.pool.query(`insert into contact (mail, name) values ('internal@x.example', 'Internal')`);
  await folder.trueup('apply', '--yes');
});
afterAll(() => folder.close());

interface Told {
  readonly exitCode: number;
  readonly report: Report & { readonly repair: Repair | null; readonly past: readonly unknown[] };
}

async function reconcile(...args: readonly string[]): Promise<Told> {
  const { exitCode, output, errors } = await folder.trueup('reconcile', 'customers', '--json', ...args);
  if (output === '') throw new Error(`nothing but: ${errors}`);
  return { exitCode, report: JSON.parse(output) as Told['report'] };
}

/** Every listed difference as `side mail: class explanation fields`. */
async function told({ findings }: Report): Promise<readonly string[]> {
  const mails = new Map<string, string>();
  for (const [side, database] of [
    ['crm', crm],
    ['erp', erp],
  ] as const) {
    const { rows } = await database.pool.query<{ id: string; mail: string }>('select id, mail from contact');
    for (const { id, mail } of rows) mails.set(`${side} ${id}`, mail.replace('@x.example', ''));
  }
  return findings
    .map(({ side, recordId, difference }) => {
      const fields = difference.kind === 'differs' ? difference.fields.map(({ field }) => field) : [];
      const whose = recordId === null ? 'nothing' : (mails.get(`${side} ${recordId}`) ?? 'deleted');
      return [side, whose, difference.kind, difference.explanation ?? 'DRIFT', ...fields].join(' ');
    })
    .toSorted();
}

test('two sides that are in step have no drift, and a record that takes no part is named as such', async () => {
  const { exitCode, report } = await reconcile();
  expect(exitCode).toBe(0);
  expect(report.sides).toMatchObject([
    { side: 'crm', seen: RECORDS + 1, same: RECORDS, drift: 0 },
    { side: 'erp', seen: RECORDS, same: RECORDS, drift: 0, classes: [] },
  ]);
  expect(await told(report)).toEqual(['crm internal extra excluded']);
});

test('a sample says of how many records it was drawn and how many of the others can differ', async () => {
  const { report } = await reconcile('--side', 'crm', '--sample', '500');
  expect(report.sides).toMatchObject([
    { side: 'crm', seen: 500, same: 500, drift: 0, sample: { of: RECORDS, drawn: 500, othersAtMost: 14 } },
  ]);
  const { output } = await folder.trueup('reconcile', '--side', 'crm', '--sample', '500');
  expect(output).toContain('with 95 % confidence fewer than 0.6 % of all do, at most 14 of the others');
  const refused = await folder.trueup('reconcile', '--sample', '7');
  expect(refused).toMatchObject({ exitCode: 2 });
});

const PLANTED = [
  'crm internal extra excluded',
  'crm p1 differs DRIFT name',
  'crm p2 differs changedSince name',
  'crm stranger extra DRIFT',
  'erp deleted missing DRIFT',
  'erp nothing missing writePending',
  'erp p4 duplicate DRIFT',
  'erp p5 differs held city',
  'erp p6 differs writePending name',
];

test('differences of every class are found exactly, and nothing else', async () => {
  await crm.pool.query(
    `update contact set city = 'Oslo', updated_at = clock_timestamp() where mail = 'p5@x.example'`,
  );
  await erp.pool.query(
    `update contact set city = 'Bonn', updated_at = clock_timestamp() where mail = 'p5@x.example'`,
  );
  await crm.pool.query(
    `update contact set name = 'Changed', updated_at = clock_timestamp() where mail = 'p6@x.example'`,
  );
  await crm.pool.query(`insert into contact (mail, name) values ('fresh@x.example', 'Fresh')`);
  await folder.trueup('plan');
  await crm.pool.query(
    `update contact set name = 'Other', updated_at = ${UNNOTICED} where mail = 'p1@x.example'`,
  );
  await crm.pool.query(
    `update contact set name = 'New', updated_at = clock_timestamp() where mail = 'p2@x.example'`,
  );
  await crm.pool.query(
    `insert into contact (mail, name, updated_at) values ('stranger@x.example', 'S', ${UNNOTICED})`,
  );
  await erp.pool.query(`delete from contact where mail = 'p3@x.example'`);
  await erp.pool.query(
    `insert into contact (mail, name, updated_at) values ('p4@x.example', '=1+1', ${UNNOTICED})`,
  );
  const { exitCode, report } = await reconcile();
  expect(await told(report)).toEqual(PLANTED);
  expect(exitCode).toBe(1);
  expect(report.past).toHaveLength(4);
});

test('the watch hears of the drift of each side', async () => {
  const { directory, environment } = folder;
  const installation = await openInstallation({ directory, environment, log: silentLog });
  try {
    const last = await installation.transaction(async (tx) => {
      const [sync] = await allSyncs(tx);
      return (await vitalsOf(tx, sync?.syncKey ?? '')).reconciliations;
    });
    expect(last.map(({ side, drift }) => [side, drift])).toEqual([
      ['crm', 2],
      ['erp', 2],
    ]);
  } finally {
    await installation.close();
  }
});

test('the report as a table runs no formula, and as a page it needs nothing else', async () => {
  await crm.pool.query(
    `update contact set name = '=HYPERLINK("<b>")', updated_at = ${UNNOTICED} where mail = 'p1@x.example'`,
  );
  for (const format of ['csv', 'html']) {
    const { exitCode, output } = await folder.trueup(
      'reconcile',
      '--side',
      'crm',
      '--format',
      format,
      '--out',
      `report.${format}`,
    );
    expect(exitCode).toBe(1);
    expect(output).toContain('Drift: 2 differences');
  }
  const table = await folder.read('report.csv');
  expect(table).toContain(`name,"'=HYPERLINK(""<b>"")",Name 1\r\n`);
  const page = await folder.read('report.html');
  expect(page).toContain('=HYPERLINK(&quot;&lt;b&gt;&quot;)');
  expect(page).not.toMatch(/<b>|<script|src=|href=/);
});

test('a report never replaces a file, and a side or a format that is not there is named', async () => {
  for (const [args, says] of [
    [['--format', 'csv', '--out', 'report.csv'], 'is already there'],
    [['--format', 'pdf'], 'there is no format pdf'],
    [['--side', 'shop'], 'customers has no side shop'],
  ] as const) {
    const { exitCode, errors } = await folder.trueup('reconcile', ...args);
    expect(exitCode).toBe(2);
    expect(errors).toContain(says);
  }
});

test('repair plans what mends the drift and writes nothing; approved as a whole, it mends it', async () => {
  // What nobody owes any more by an open write, as after a restore of the store.
  await lose(
    `delete from writes where identity_id = (select identity_id from identities where golden ->> 'email' = 'fresh@x.example')`,
  );
  const { report } = await reconcile('--repair');
  expect(await told(report)).toEqual(
    PLANTED.map((line) =>
      line === 'erp nothing missing writePending' ? 'erp nothing missing DRIFT' : line,
    ).toSorted(),
  );
  expect(report.repair).toMatchObject({ questions: 2, takenIn: 0, plan: { writes: 3 } });
  expect(
    report.repair?.groups
      .map(({ side, kind, because, count }) => `${String(count)} ${kind} ${side} ${because}`)
      .toSorted(),
  ).toEqual(['1 create erp extra', '1 create erp missing', '1 update erp differs']);
  expect(await mailsAt(erp, 'fresh', 'stranger')).toBe(0);
  const swept = await sweeps();
  const applied = await folder.trueup('apply', '--plan', report.repair?.plan.hash ?? '');
  expect(applied.errors).toBe('');
  // Its records were looked up once more, and no side was read for them.
  expect(await sweeps()).toBe(swept);
  expect(await mailsAt(erp, 'fresh', 'stranger')).toBe(2);
  const after = await reconcile();
  expect(after.report.sides.map(({ drift }) => drift)).toEqual([0, 0]);
});

async function sweeps(): Promise<number> {
  const { rowCount } = await folder.store.pool.query(`select from runs where kind = 'sweep'`);
  return rowCount ?? 0;
}

async function lose(statement: string): Promise<void> {
  await folder.store.pool.query(statement);
}

async function mailsAt(database: TestDatabase, ...names: readonly string[]): Promise<number> {
  const { rowCount } = await database.pool.query('select from contact where mail = any($1)', [
    names.map((name) => `${name}@x.example`),
  ]);
  return rowCount ?? 0;
}

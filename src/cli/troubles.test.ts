/** What the person on call types, from the first look to the mended record, against a sync with one thing broken. */
import { userInfo } from 'node:os';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  sheet: {system: files, directory: ./files}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: full_name}}
      sheet: {connection: sheet, collection: customers.csv, fields: {email: E-mail, name: Name}}
`;
const SHEET = 'files/customers.csv';
const CODE = 'postgres.check_violation';

let folder: TestFolder;
let crm: TestDatabase;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: FILE,
    files: { [SHEET]: 'id,Name,E-mail\n1,Ann,ann@x.example\n2,Bob,bob@x.example\n' },
    databases: ['crm'],
  });
  crm = folder.database('crm');
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    full_name text, updated_at timestamptz not null default clock_timestamp(), constraint no_bob check (full_name <> 'Bob'))`);
  await trueup('apply', '--yes');
});
afterAll(async () => folder.close());

function trueup(...args: readonly string[]): Promise<CommandResult> {
  return folder.trueup(...args);
}

async function told(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { output, errors } = await trueup(...args, '--json');
  if (output === '') throw new Error(`nothing but: ${errors}`);
  return JSON.parse(output) as Readonly<Record<string, unknown>>;
}

async function names(): Promise<readonly string[]> {
  const { rows } = await crm.pool.query<{ full_name: string }>('select full_name from contact order by 1');
  return rows.map((row) => row.full_name);
}

test('problems tells the cause with its side and what to do, and show names a record to look at', async () => {
  const { exitCode, output } = await trueup('problems');
  expect(exitCode).toBe(3);
  expect(output).toMatch(/^[0-9a-f]{12} {2}postgres\.check_violation to crm in customers.*: 1 record,/);
  expect(await names()).toEqual(['Ann']);
  const { problems } = await told('problems', '--code', CODE);
  const [problem] = problems as readonly [{ readonly problemId: string; readonly advice: string }];
  expect(problem).toMatchObject({ code: CODE, side: 'crm', direction: 'out', records: 1, state: 'open' });
  const shown = await trueup('problems', 'show', problem.problemId.slice(0, 6));
  expect(shown.exitCode).toBe(3);
  expect(shown.output).toContain(problem.advice);
  expect((await trueup('problems', '--side', 'sheet')).output).toBe('No problem is known.\n');
});

test('whoever looks after a problem is told with it, and nobody is a person', async () => {
  const { problems } = await told('problems');
  const [{ problemId }] = problems as readonly [{ readonly problemId: string }];
  await trueup('problems', 'own', problemId, 'Ann');
  expect((await trueup('problems')).output).toContain(', looked after by Ann\n');
  expect(await told('problems', 'own', problemId, 'nobody')).toEqual({ problem: problemId, owner: null });
  expect((await trueup('problems')).output).not.toContain('looked after');
});

test('what a command is asked for that there is not is refused with what there is', async () => {
  const refused = await Promise.all([
    trueup('problems', 'show', 'feedc0ffee00'),
    trueup('problems', 'burn'),
    trueup('deadletters', 'replay'),
    trueup('deadletters', 'show', 'feedc0ffee00'),
    trueup('deadletters', 'list', '--state', 'lost'),
    trueup('diagnose', 'slowness'),
    trueup('alerts', 'add', 'ops', 'pigeon'),
  ]);
  expect(refused.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2, 2, 2, 2, 2]);
  expect(refused.map(({ errors }) => errors.split('\n')[0])).toEqual([
    expect.stringContaining('no problem begins with feedc0ffee00'),
    expect.stringContaining('problems has no burn'),
    expect.stringContaining('which letters?'),
    expect.stringContaining('no letter begins with feedc0ffee00'),
    expect.stringContaining('there is no state lost'),
    expect.stringContaining('there is no symptom slowness'),
    expect.stringContaining('there is no kind pigeon'),
  ]);
});

test('diagnose walks from what is seen to the cause, and answers only the symptom that was asked', async () => {
  const all = await trueup('diagnose');
  expect(all.exitCode).toBe(3);
  expect(all.output).toContain(CODE);
  expect(all.output).toMatch(/whose fault: the values of the records\n +what to do: .+\n +next: trueup /);
  expect(all.output).toMatch(/Not seen:\n +customers: .*crm.* were never reconciled/);
  const { syncs } = await told('diagnose', 'missing');
  const [{ sync, findings }] = syncs as readonly [
    { readonly sync: string; readonly findings: readonly { readonly symptoms: readonly string[] }[] },
  ];
  expect(sync).toBe('customers');
  expect(findings.map(({ symptoms }) => symptoms.includes('missing'))).toEqual([true]);
  const { output } = await trueup('diagnose', 'missing');
  expect(output).toContain('Records are missing:');
  expect(output).not.toContain('The systems disagree');
});

test('alerts are raised by a look, told once, and listed until they are over', async () => {
  expect((await trueup('alerts')).output).toContain('No alert is raised.');
  const looked = await trueup('alerts', 'look');
  expect([looked.exitCode, looked.output]).toEqual([3, '1 raised, 0 recovered.\n']);
  expect((await trueup('alerts', 'look')).output).toBe('0 raised, 0 recovered.\n');
  const listed = await trueup('alerts');
  expect(listed.exitCode).toBe(3);
  expect(listed.output).toMatch(/customers\/crm {2}1 record does not go to crm/);
  expect(listed.output).toContain('Nobody is told: trueup alerts add NAME KIND');
});

test('deadletters lists the record with its failure, and replayed once its cause is gone it is delivered once', async () => {
  const listed = await trueup('deadletters');
  expect(listed.exitCode).toBe(3);
  expect(listed.output).toMatch(/^1 waiting at crm: postgres\.check_violation\n/);
  const { letters } = await told('deadletters', 'list', '--code', CODE);
  const [letter] = letters as readonly [{ readonly letterId: string }];
  const shown = await trueup('deadletters', 'show', letter.letterId.slice(0, 12));
  expect(shown.output).toContain('name = Bob');
  await crm.pool.query('alter table contact drop constraint no_bob');
  const replayed = await trueup('deadletters', 'replay', letter.letterId);
  expect([replayed.exitCode, replayed.output]).toEqual([
    0,
    '1 letter tries again. A running worker delivers them; or run: trueup apply\n',
  ]);
  expect((await trueup('apply', '--yes')).exitCode).toBe(0);
  expect(await names()).toEqual(['Ann', 'Bob']);
  expect(await folder.read(SHEET)).toContain('Bob,bob@x.example');
  expect((await trueup('deadletters')).output).toBe('There are no such letters.\n');
  expect(await told('deadletters', 'replay', '--all')).toEqual({ replayed: 0 });
});

test('once it is mended nothing is a problem, a symptom or an alert any more', async () => {
  const looked = await trueup('alerts', 'look');
  expect([looked.exitCode, looked.output]).toEqual([0, '0 raised, 1 recovered.\n']);
  const [problems, diagnosed, alerts] = [
    await trueup('problems'),
    await trueup('diagnose', 'missing'),
    await trueup('alerts'),
  ];
  expect([problems.exitCode, diagnosed.exitCode, alerts.exitCode]).toEqual([0, 0, 0]);
  const { problems: all } = await told('problems', '--all');
  expect(all).toMatchObject([{ code: CODE, state: 'resolved' }]);
  expect((await trueup('problems', '--all')).output).toMatch(
    / {2}from \S+ \S+ to \S+ \S+: resolved after \d+/,
  );
});

test('measures tells what failed, how long it took and what it cost, beside the week before', async () => {
  const { problems } = await told('problems', '--all');
  const [{ problemId }] = problems as readonly [{ readonly problemId: string }];
  const spent = await trueup('problems', 'spent', problemId, '25m');
  expect([spent.exitCode, spent.output]).toEqual([0, '25 min are counted for you.\n']);
  const { periods } = await told('measures');
  expect((periods as readonly object[]).at(-1)).toMatchObject({
    resolved: 1,
    touched: 1,
    manualMsPerProblem: 25 * 60_000,
  });
  const { exitCode, output } = await trueup('measures', '--per', 'day');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^failure rate +[\d.]+% \(day before: –\)\n/);
  expect(output).toMatch(/\nmanual minutes +25\.0 \(day before: –\)\n/);
  const wrong = [
    await trueup('measures', '--per', 'year'),
    await trueup('problems', 'spent', problemId, 'long'),
    await trueup('problems', 'spent', problemId, '60h'),
  ];
  expect(wrong.map((result) => result.exitCode)).toEqual([2, 2, 2]);
});

test('whatever changes something at the command line is in the audit trail, under the name of who did it', async () => {
  const { entries } = await told('audit');
  const deeds = entries as readonly { readonly action: string; readonly by: string }[];
  expect(new Set(deeds.map(({ action }) => action))).toEqual(
    new Set([
      'connection.saved',
      'letters.replayed',
      'plan.approved',
      'plan.sealed',
      'problem.owned',
      'problem.timeSaid',
      'syncFile.taken',
    ]),
  );
  expect(new Set(deeds.map(({ by }) => by))).toEqual(new Set([userInfo().username]));
  expect((await trueup('audit', 'verify')).exitCode).toBe(0);
});

test('a password that is refused is told with its connection, and where to give another', async () => {
  const wrong = new URL(crm.url);
  wrong.password = 'wrong';
  for (const command of ['check', 'plan', 'apply']) {
    const { exitCode, errors } = await runTrueup([command, '-C', folder.directory], {
      ...folder.environment,
      CRM_URL: wrong.href,
    });
    expect(exitCode).toBe(2);
    expect(errors).toMatch(/^error: connection crm: /);
    expect(errors).toContain('Give it again: trueup connect crm');
    expect(errors).not.toContain(wrong.password);
  }
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { must } from '../lib/assert.ts';
import { serve, type Serving } from '../serve.ts';
import { openInstallation, type Installation } from '../server.ts';
import { allSyncs } from '../store/control.ts';
import { expectationsOf } from '../store/vitals.ts';
import { silentLog } from '../worker/runtime.ts';
import { filesWork } from './serve-dictionary.ts';

const FILE = `version: 1
connections:
  list: {system: files, directory: ./data}
syncs:
  people:
    entity: Person
    fields: {email: {type: email, required: true}, name: {type: text}}
    match: email
    sides:
      left: {connection: list, collection: a.csv, fields: {email: Email, name: Name}}
      right: {connection: list, collection: b.csv, fields: {email: Email, name: Name}}
`;

let raw: TestDatabase;
let folder: string;
let installation: Installation;
let serving: Serving;
let token: string;
let approver: string;
let admin: string;

beforeAll(async () => {
  raw = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'trueup-remote-'));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'a.csv'), 'id,Email,Name\n1,ann@example.com,Ann\n');
  await writeFile(join(folder, 'data', 'b.csv'), 'id,Email,Name\n');
  await writeFile(join(folder, 'trueup.yaml'), FILE);
  const environment = { DATABASE_URL: raw.url };
  await runTrueup(['apply', '--yes', '-C', folder], environment);
  installation = await openInstallation({ directory: folder, environment, log: silentLog });
  serving = await serve(installation, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    files: filesWork,
  });
  const tokens = await firstTokens();
  [token, approver, admin] = [tokens.viewer, tokens.approver, tokens.admin];
});
afterAll(async () => {
  await serving.close();
  await installation.close();
  await raw.drop();
  await rm(folder, { recursive: true });
});

async function firstTokens(): Promise<Readonly<Record<'viewer' | 'approver' | 'admin', string>>> {
  const headers = { 'content-type': 'application/json' };
  const person = {
    email: 'ada@example.com',
    name: 'Ada',
    password: 'correct horse battery',
    token: serving.setUpToken,
  };
  const signedIn = await fetch(`${serving.url}/api/v1/set-up`, {
    method: 'POST',
    headers,
    body: JSON.stringify(person),
  });
  const { csrfToken } = (await signedIn.json()) as { readonly csrfToken: string };
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const make = async (scope: string): Promise<string> => {
    const made = await fetch(`${serving.url}/api/v1/tokens`, {
      method: 'POST',
      headers: { ...headers, cookie, 'x-trueup-csrf': csrfToken },
      body: JSON.stringify({ name: scope, scopes: [scope] }),
    });
    return ((await made.json()) as { readonly token: string }).token;
  };
  return { viewer: await make('viewer'), approver: await make('approver'), admin: await make('admin') };
}

function remote(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = { TRUEUP_TOKEN: token },
): Promise<CommandResult> {
  return runTrueup([...words, '--server', serving.url], environment);
}

test('a server elsewhere tells how it stands, with nothing but its address and a token', async () => {
  const { exitCode, output } = await remote(['status']);
  expect(exitCode).toBe(0);
  expect(output).toMatch(/people: live, revision 1/);
  expect(output).toMatch(/left +1 +1 +0 +0 +0 +0/);
});

test('a record is traced and its values are explained from afar', async () => {
  const traced = await remote(['trace', 'left', '1']);
  expect([traced.exitCode, traced.output]).toEqual([0, expect.stringContaining('ann@example.com')]);
  const blamed = await remote(['blame', 'left', '1', 'name']);
  expect(blamed.output).toMatch(/name = Ann\n {2}put there at left/);
  const json = await remote(['holds', '--json']);
  expect(JSON.parse(json.output)).toEqual({ items: [], next: null });
});

test('the trail of what people did is verified on the machine, also against a head that was kept', async () => {
  const environment = { DATABASE_URL: raw.url };
  const verified = await runTrueup(['audit', 'verify', '-C', folder], environment);
  expect([verified.exitCode, verified.output]).toEqual([0, expect.stringContaining('9 entries')]);
  const longer = await runTrueup(
    ['audit', 'verify', '--head', `11:${'0'.repeat(64)}`, '-C', folder],
    environment,
  );
  expect([longer.exitCode, longer.output]).toEqual([3, expect.stringContaining('broken at entry 10')]);
});

test('what is held is decided from afar, by the beginning of its id', async () => {
  for (const [file, name] of [
    ['a.csv', 'Anna'],
    ['b.csv', 'Anne'],
  ] as const) {
    const path = join(folder, 'data', file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(',Ann\n', `,${name}\n`));
  }
  await runTrueup(['plan', '-C', folder], { DATABASE_URL: raw.url });
  const { output } = await remote(['holds', '--json']);
  const [hold] =
    (JSON.parse(output) as { readonly [list: string]: readonly { readonly id: string }[] })['items'] ?? [];
  const id = hold?.id ?? '';
  const may = { TRUEUP_TOKEN: approver };
  const refused = await remote(['holds', 'take', id.slice(0, 30), 'left']);
  expect([refused.exitCode, refused.errors]).toEqual([1, expect.stringContaining('needs the role approver')]);
  const decided = await remote(['holds', 'take', id.slice(0, 30), 'left'], may);
  expect([decided.exitCode, decided.output]).toEqual([0, expect.stringContaining('Decided.')]);
  expect((await remote(['holds'])).output).toBe('Nothing is held.\n');
  const over = await remote(['holds', 'take', id, 'left'], may);
  expect([over.exitCode, over.errors]).toEqual([2, expect.stringContaining('no open hold begins with')]);
});

test('a plan is made, looked at and let go from afar, and a record is tested', async () => {
  const may = { TRUEUP_TOKEN: approver };
  await installation.transaction((tx) => tx.execute(`update syncs set mode = 'observe'`));
  const path = join(folder, 'data', 'a.csv');
  await writeFile(path, `${await readFile(path, 'utf8')}2,bob@example.com,Bob\n`);
  const planned = await remote(['plan'], may);
  expect(planned.output).toContain('1 create at right');
  expect(planned.output).toContain('name = Bob');
  const hash = /--plan ([0-9a-f]{12})/.exec(planned.output)?.[1] ?? '';
  const other = await remote(['apply', '--plan', '0123'], may);
  expect([other.exitCode, other.errors]).toEqual([2, expect.stringContaining('has another hash')]);
  const applied = await remote(['apply', '--plan', hash], may);
  expect([applied.exitCode, applied.output]).toEqual([0, expect.stringMatching(/go out now/)]);
  const tested = await remote(['test-record', 'left', '2'], may);
  expect([tested.exitCode, tested.output]).toEqual([
    0,
    expect.stringContaining('Nothing of the sync keeps it back'),
  ]);
});

test('a doing command from afar says what it needs, and does nothing where nothing is meant', async () => {
  const may = { TRUEUP_TOKEN: approver };
  for (const [words, complaint] of [
    [['problems', 'fix', 'ffff'], 'no problem begins with ffff'],
    [['deadletters', 'replay', 'ffff'], 'no letter begins with ffff'],
    [['deadletters', 'discard', '--all'], '--reason is missing'],
    [['deadletters', 'replay', '--all', '--rate', '0.5'], '--rate takes a whole number from 1 to 10000'],
    [['match', 'confirm', 'ffff'], 'no open suggestion begins with ffff'],
    [['match', 'unmerge', 'ffff'], 'no merge begins with ffff'],
    [['holds', 'release', 'right', 'create', '00'], 'no held set begins with 00'],
    [['holds', 'keep'], 'HOLD is missing'],
  ] as const) {
    const { exitCode, errors } = await remote(words, may);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining(complaint)]);
  }
  expect((await remote(['holds', 'emptied', 'left'], may)).errors).toContain(
    'no sweep has found left emptied',
  );
  const all = await remote(['deadletters', 'replay', '--all'], may);
  expect(all.output).toContain('0 letters try again');
  expect((await remote(['deadletters'])).output).toBe('There are no such letters.\n');
});

test('sides are reconciled from afar, the report is shown or put into a file, and drift can be planned away', async () => {
  const may = { TRUEUP_TOKEN: approver };
  const refused = await remote(['reconcile']);
  expect([refused.exitCode, refused.errors]).toEqual([1, expect.stringContaining('needs the role operator')]);
  const shown = await remote(['reconcile', 'people', '--side', 'left', '--sample', '100'], may);
  expect(shown.exitCode).toBe(0);
  expect(shown.output).toMatch(/^people:\n {2}left: \d records?, \d the same, 0 drift\n/);
  expect(shown.output).not.toContain('right:');
  expect(shown.output).toContain('It runs by itself with `reconcile: {every: week}` in the sync file.');
  const path = join(folder, 'report.csv');
  const written = await remote(['reconcile', '--format', 'csv', '--out', path, '--repair'], may);
  expect([written.exitCode, written.output]).toEqual([0, expect.stringContaining(`Wrote ${path}.`)]);
  expect(written.output).toContain('To mend the drift:');
  expect(await readFile(path, 'utf8')).toMatch(/^side,record,identity,/);
  const told = await remote(['reconcile', '--repair', '--json'], may);
  expect(JSON.parse(told.output)).toMatchObject({
    sync: 'people',
    repair: { plan: { writes: 1, isCurrent: true }, groups: [{ side: 'right', kind: 'create', count: 1 }] },
  });
  const unrepaired = await remote(['reconcile', '--json'], may);
  expect(JSON.parse(unrepaired.output)).toMatchObject({ sync: 'people', repair: null });
  const again = await remote(['reconcile', '--out', path], may);
  expect([again.exitCode, again.errors]).toEqual([2, expect.stringContaining('is already there')]);
  for (const [flags, complaint] of [
    [['--side', 'moon'], 'there is no side of people "moon" here'],
    [['--sample', '5'], 'query.sample: '],
    [['--format', 'pdf'], 'there is no format pdf'],
  ] as const)
    expect((await remote(['reconcile', ...flags], may)).errors).toContain(complaint);
});

test('who is told, what is expected of a side and where metrics go is said from afar, and secrets stay there', async () => {
  const may = { TRUEUP_TOKEN: admin, SLACK_URL: 'https://hooks.slack.com/services/xyzzy' };
  const url = 'https://otlp.example.com/v1/metrics';
  expect((await remote(['alerts'])).output).toContain('Nobody is told');
  const add = ['alerts', 'add', 'ops', 'slack', '--secret-from', 'SLACK_URL', '--severity', 'critical'];
  const refused = await remote(add, { ...may, TRUEUP_TOKEN: approver });
  expect([refused.exitCode, refused.errors]).toEqual([1, expect.stringContaining('needs the role admin')]);
  const without = await remote(add.slice(0, 4), may);
  expect([without.exitCode, without.errors]).toEqual([1, expect.stringContaining('settings: ')]);
  expect((await remote(add, may)).output).toContain('ops is told from now on.');
  const listed = await remote(['alerts']);
  expect(listed.output).toContain('channel ops (slack, critical): last told');
  expect(listed.output).not.toContain('xyzzy');
  const expected = await remote(['alerts', 'expect', 'left', '--fresh', '10m'], may);
  expect(expected.output).toMatch(/^left is expected to be fresh within 10 min/);
  const { syncKey } = must((await installation.transaction(allSyncs))[0], 'there is one sync');
  expect(await installation.transaction((tx) => expectationsOf(tx, syncKey))).toEqual([
    { side: 'left', freshWithinMs: 600_000, changesWithinMs: null },
  ]);
  expect((await remote(['alerts', 'expect', 'moon'], may)).errors).toContain('there is no side of people');
  expect((await remote(['alerts', 'look'], may)).output).toMatch(/^\d raised, \d recovered\.\n$/);
  expect((await remote(['alerts', 'test', 'nobody'], may)).errors).toContain(
    'there is no channel "nobody" here',
  );
  expect((await remote(['alerts', 'remove', 'ops'], may)).output).toBe('ops is told no more.\n');
  expect((await remote(['collectors', 'add', 'metrics', '--url', url], may)).exitCode).toBe(0);
  expect((await remote(['collectors'])).output).toContain(`metrics  ${url}: last sent`);
  expect((await remote(['collectors', 'remove', 'metrics'], may)).exitCode).toBe(0);
  expect((await remote(['collectors'])).output).toContain('The metrics are sent nowhere');
});

test('what the server refuses, and what cannot be asked of it, is told with what to do', async () => {
  const wrong = await remote(['status'], { TRUEUP_TOKEN: `trueup_1_${'x'.repeat(43)}` });
  expect([wrong.exitCode, wrong.errors]).toEqual([
    1,
    expect.stringContaining('this token opens nothing here'),
  ]);
  const none = await remote(['status'], {});
  expect([none.exitCode, none.errors]).toEqual([2, expect.stringContaining('TRUEUP_TOKEN is not set')]);
  const local = await remote(['backup']);
  expect([local.exitCode, local.errors]).toEqual([
    2,
    expect.stringContaining('does not do that with --server'),
  ]);
  const plain = await runTrueup(['status', '--server', 'http://trueup.example'], { TRUEUP_TOKEN: token });
  expect([plain.exitCode, plain.errors]).toEqual([2, expect.stringContaining('must be an https address')]);
  const missing = await remote(['trace', 'left', '99']);
  expect([missing.exitCode, missing.errors]).toEqual([
    1,
    expect.stringContaining('there is no record of left'),
  ]);
});

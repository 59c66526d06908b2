import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { serve, type Serving } from '../serve.ts';
import { openInstallation, type Installation } from '../server.ts';
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
  token = await firstToken();
});
afterAll(async () => {
  await serving.close();
  await installation.close();
  await raw.drop();
  await rm(folder, { recursive: true });
});

async function firstToken(): Promise<string> {
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
  const made = await fetch(`${serving.url}/api/v1/tokens`, {
    method: 'POST',
    headers: { ...headers, cookie, 'x-trueup-csrf': csrfToken },
    body: JSON.stringify({ name: 'script', scopes: ['viewer'] }),
  });
  return ((await made.json()) as { readonly token: string }).token;
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
  expect([verified.exitCode, verified.output]).toEqual([0, expect.stringContaining('7 entries')]);
  const longer = await runTrueup(
    ['audit', 'verify', '--head', `9:${'0'.repeat(64)}`, '-C', folder],
    environment,
  );
  expect([longer.exitCode, longer.output]).toEqual([3, expect.stringContaining('broken at entry 8')]);
});

test('what the server refuses, and what cannot be asked of it, is told with what to do', async () => {
  const wrong = await remote(['status'], { TRUEUP_TOKEN: `trueup_1_${'x'.repeat(43)}` });
  expect([wrong.exitCode, wrong.errors]).toEqual([
    1,
    expect.stringContaining('this token opens nothing here'),
  ]);
  const none = await remote(['status'], {});
  expect([none.exitCode, none.errors]).toEqual([2, expect.stringContaining('TRUEUP_TOKEN is not set')]);
  const write = await remote(['apply']);
  expect([write.exitCode, write.errors]).toEqual([
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

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../test/support/salesforce-workbench.ts';
import { must } from '../lib/assert.ts';
import { freePort } from '../store/embedded/server.ts';

let bench: SalesforceWorkbench;
let store: TestDatabase;
let directory: string;
let port: number;

beforeEach(async () => {
  [bench, store, port] = [await salesforceWorkbench(), await createTestDatabase(), await freePort()];
  const { sessions, credentials } = bench.simulator;
  const app = must(sessions.app(credentials.clientId), 'the org has an app');
  // A public client: it has no secret, and proves itself with PKCE.
  sessions.register({
    ...app,
    clientSecret: null,
    redirectUris: [callback()],
    scopes: ['api', 'refresh_token'],
    rotatesRefreshTokens: true,
  });
  directory = await mkdtemp(join(tmpdir(), 'trueup-connect-'));
  await writeFile(join(directory, 'trueup.yaml'), syncFile(bench.settings));
});
afterEach(async () => {
  await bench.close();
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

const callback = (): string => `http://localhost:${String(port)}/callback`;

function syncFile({ login_url, client_id }: Readonly<Record<string, string>>): string {
  return `version: 1
connections:
  crm: {system: salesforce, login_url: "${login_url ?? ''}", client_id: "${client_id ?? ''}", sign_in: person, objects: Account}
  sheet: {system: files, directory: .}
syncs:
  customers:
    entity: Customer
    fields: {name: {type: text}}
    match: name
    sides:
      crm: {connection: crm, collection: Account, fields: {name: Name}}
      sheet: {connection: sheet, collection: customers.csv, fields: {name: Name}}
`;
}

interface Connected extends CommandResult {
  /** What was shown to be opened. */
  readonly asked: readonly string[];
}

/** Runs `connect crm` beside a person who opens every address that is shown. */
async function connect(...more: readonly string[]): Promise<Connected> {
  const asked: string[] = [];
  const visits: Promise<unknown>[] = [];
  const result = await runTrueup(
    ['connect', 'crm', '--port', String(port), '-C', directory, ...more],
    { DATABASE_URL: store.url, TRUEUP_NETWORK: 'loopback,plain' },
    (text) => {
      for (const [url] of text.matchAll(/http:\S+authorize\S+/g)) {
        asked.push(url);
        visits.push(fetch(url).then((response) => response.text()));
      }
    },
  );
  await Promise.all(visits);
  return { ...result, asked };
}

function connectWith(words: string): Promise<CommandResult> {
  return runTrueup(['connect', 'crm', '-C', directory], { DATABASE_URL: store.url, TRUEUP_NETWORK: words });
}

async function stateOf(): Promise<string> {
  const found = await store.pool.query<{ said: string }>(
    `select concat_ws(': ', state, state_reason) as said from connections where name = 'crm'`,
  );
  return found.rows[0]?.said ?? '';
}

test('a person authorises a connection once, and the tokens are kept sealed for the next time', async () => {
  const first = await connect();
  expect(first.errors).toContain('sign in to Salesforce');
  expect(first.output).toBe(
    'crm: authorised by Salesforce, the tokens are stored sealed\ncrm: connected to Salesforce, 1 collection\n',
  );
  expect(first.exitCode).toBe(0);
  const [url = ''] = first.asked;
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
    redirect_uri: callback(),
    code_challenge_method: 'S256',
  });
  expect(await stateOf()).toBe('connected');
  const again = await connect();
  expect(again).toMatchObject({
    exitCode: 0,
    asked: [],
    output: 'crm: connected to Salesforce, 1 collection\n',
  });
  const dump = await store.pool.query<{ row: string }>(`select encode(sealed, 'escape') as row from tokens`);
  expect(dump.rows).toHaveLength(1);
  expect(dump.rows[0]?.row).not.toMatch(/instance_url|access/);
});

test('when the authorisation has ended, or another one is wanted, a person is asked again', async () => {
  const asksOnce = { exitCode: 0, asked: [expect.stringContaining('/services/oauth2/authorize')] };
  await connect();
  bench.simulator.sessions.revokeRefreshTokens();
  bench.simulator.sessions.expireAll();
  expect(await connect()).toMatchObject(asksOnce);
  expect(await connect()).toMatchObject({ exitCode: 0, asked: [] });
  expect(await connect('--again')).toMatchObject(asksOnce);
});

test('a person who says no leaves a connection that says what it waits for', async () => {
  bench.simulator.oauth.consent = { kind: 'deny' };
  const refused = await connect();
  expect(refused.exitCode).toBe(1);
  expect(refused.errors).toContain(
    'crm: waits for a person to authorise it: consent was not given (access_denied)',
  );
  expect(refused.errors).toContain('trueup connect crm');
  expect(await stateOf()).toBe('reauthorise: consent was not given (access_denied)');
});

test('a port that is in use is told before anybody is asked', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(port, '127.0.0.1', resolve);
  });
  const { exitCode, errors, asked } = await connect();
  other.close();
  expect([exitCode, asked]).toEqual([2, []]);
  expect(errors).toContain(`port ${String(port)} of this machine is in use`);
});

test('what TRUEUP_NETWORK does not allow is not reached, and a word it does not know is refused', async () => {
  await connect();
  const before = bench.requests();
  expect((await connectWith('private')).exitCode).toBe(2);
  expect(await stateOf()).toMatch(/^misconfigured: /);
  expect(bench.requests()).toBe(before);
  expect((await connectWith('everything')).errors).toContain(
    'TRUEUP_NETWORK takes private, loopback and plain, with commas, and not everything',
  );
});

test('status says how a connection stands, and how much of the day’s requests the org has used', async () => {
  await connect();
  bench.simulator.limits.spend(50_000);
  await connect();
  const working = await status();
  expect(working).toMatch(/^connection crm \(salesforce\): working$/m);
  expect(working).toMatch(/^ {2}limit daily: 50,\d{3} of 100,000 used \(50 %\)$/m);
  bench.simulator.oauth.consent = { kind: 'deny' };
  await connect('--again');
  expect(await status()).toMatch(
    /^connection crm \(salesforce\): needs reauthorisation since [-\d]+ [:\d]+ UTC, for \d+ (?:ms|s) — consent was not given/m,
  );
});

async function status(): Promise<string> {
  return (await runTrueup(['status', '-C', directory], { DATABASE_URL: store.url })).output;
}

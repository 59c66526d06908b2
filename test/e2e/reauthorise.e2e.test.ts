/** A token is revoked at the system: from the alert to everything being in step again, in the browser. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '../../src/lib/assert.ts';
import { runTrueup } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../support/salesforce-workbench.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { startServer, type Server } from './support/stage.ts';

/** Where `trueup connect` is sent back to. */
const CONNECT_PORT = 4_610;

let browser: Browser;
let bench: SalesforceWorkbench;
let store: TestDatabase;
let directory: string;
let server: Server;

beforeAll(async () => {
  [browser, bench, store] = await Promise.all([launchBrowser(), salesforceWorkbench(), createTestDatabase()]);
  directory = await mkdtemp(join(tmpdir(), 'trueup-reauthorise-'));
  await writeFile(join(directory, 'trueup.yaml'), syncFile(bench.settings));
  await writeFile(join(directory, 'accounts.csv'), 'id,Name,Phone\n1,Acme,+49 30 1\n');
  const environment = { DATABASE_URL: store.url, USER: 'e2e', TRUEUP_NETWORK: 'loopback,plain' };
  letBack(`http://localhost:${String(CONNECT_PORT)}/callback`);
  await firstSync(environment);
  server = await startServer(directory, environment);
  letBack(`http://localhost:${new URL(server.origin).port}/oauth/callback`);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await bench.close();
  await store.drop();
  await rm(directory, { recursive: true, force: true });
});

function syncFile({ login_url, client_id }: Readonly<Record<string, string>>): string {
  return `version: 1
connections:
  crm: {system: salesforce, login_url: "${login_url ?? ''}", client_id: "${client_id ?? ''}", sign_in: person, objects: Account, poll_seconds: 1, overlap_seconds: 5}
  sheet: {system: files, directory: .}
syncs:
  accounts:
    entity: Account
    fields: {name: {type: text}, phone: {type: text}}
    match: name
    sides:
      crm: {connection: crm, collection: Account, fields: {name: Name, phone: Phone}}
      sheet: {connection: sheet, collection: accounts.csv, fields: {name: Name, phone: Phone}}
`;
}

/** Registers the only address to which the org sends browsers back. The app has no secret, and proves itself with PKCE. */
function letBack(redirectUri: string): void {
  const { sessions, credentials } = bench.simulator;
  const app = must(sessions.app(credentials.clientId), 'the org has an app');
  sessions.register({ ...app, clientSecret: null, redirectUris: [redirectUri], rotatesRefreshTokens: true });
}

async function firstSync(environment: Readonly<Record<string, string>>): Promise<void> {
  const visits: Promise<unknown>[] = [];
  const connected = await runTrueup(['connect', 'crm', '-C', directory], environment, (text) => {
    for (const [url] of text.matchAll(/http:\S+authorize\S+/g))
      visits.push(fetch(url).then((response) => response.text()));
  });
  await Promise.all(visits);
  expect(connected.errors).toContain('sign in to Salesforce');
  const applied = await runTrueup(['apply', '--yes', '-C', directory], environment);
  if (applied.exitCode === 1 || applied.exitCode === 2) throw new Error(applied.errors);
}

test('token revoked, alert, reauthorise, caught up: what was edited meanwhile on both sides arrives', async () => {
  const { org, sessions, oauth } = bench.simulator;
  const { page, troubles } = await openPage(browser, { origin: server.origin });
  await setUp(page, server);
  await page.getByText('Everything is in step').waitFor();

  sessions.revokeRefreshTokens();
  sessions.expireAll();
  const acme = must(
    org.records('Account').find(({ Name }) => Name === 'Acme'),
    'the first sync wrote it',
  );
  org.person('Ada').edit(String(acme['Id']), { Phone: '+49 30 2' });
  org.person('Ada').create('Account', { Name: 'Borealis' });
  // Replaced as a whole, as office programs save: half a file would be read as a side that has lost its records.
  await writeFile(join(directory, 'saving.csv'), 'id,Name,Phone\n1,Acme,+49 30 1\n2,Cumulus,+49 30 3\n');
  await rename(join(directory, 'saving.csv'), join(directory, 'accounts.csv'));

  await page.getByText(/The connection crm \(Salesforce\) must be authorised again/).waitFor();
  await page.getByRole('link', { name: 'Alerts' }).click();
  await page.getByRole('button', { name: 'Look now' }).click();
  const alert = page.getByRole('listitem').filter({ hasText: 'Salesforce' }).first();
  await alert.waitFor({ timeout: 90_000 });
  // Its advice says where to go.
  await alert.getByRole('link', { name: 'Connections' }).click();
  await page.getByText(/Press “Authorise again”/).waitFor();

  // Somebody says no first, which changes nothing.
  oauth.consent = { kind: 'deny' };
  await page.getByRole('button', { name: 'Authorise again' }).click();
  await page.getByText(/crm is not authorised: consent was not given/).waitFor();
  await page.getByRole('button', { name: 'Back to crm' }).click();
  oauth.consent = { kind: 'allow', username: bench.simulator.credentials.username };
  await page.getByRole('button', { name: 'Authorise again' }).click();
  await page.getByText('crm is authorised').waitFor();
  await page.waitForURL(`${server.origin}/connections/crm`);

  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByText('Everything is in step').waitFor();
  await expect
    .poll(() => readFile(join(directory, 'accounts.csv'), 'utf8'))
    .toMatch(/Acme,\+49 30 2[\s\S]*Borealis/);
  await expect
    .poll(() => org.records('Account').map(({ Name }) => Name))
    .toEqual(expect.arrayContaining(['Acme', 'Borealis', 'Cumulus']));
  await page.getByRole('link', { name: 'Alerts' }).click();
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByText(/Nothing is wrong enough/).waitFor({ timeout: 90_000 });
  expect(troubles).toEqual([]);
});

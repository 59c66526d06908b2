/** A stored secret is good for the place that it was given for: whoever may edit connections cannot have it sent elsewhere. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { sendJson, startWebServer, type WebServer } from '../../test/support/web-server.ts';
import type { SyncFileWork } from '../api/host.ts';
import { openConnection } from '../connections.ts';
import { Secret } from '../lib/secret.ts';
import { openInstallation, type Installation } from '../server.ts';
import { saveConnection, type ConnectionRow } from '../store/control.ts';
import { giveSecret } from '../store/secret-uses.ts';
import { silentLog } from '../worker/runtime.ts';
import { syncFileWork } from './serve-file.ts';

const signal = new AbortController().signal;
const PASSWORD = 'canary-password-of-the-erp';
const IN_ENVIRONMENT = 'canary-of-the-environment';

let folder: TestFolder;
let installation: Installation;
let work: SyncFileWork;
let erp: WebServer;
let thief: WebServer;

beforeEach(async () => {
  folder = await openTestFolder({
    files: { 'data/b.csv': 'id,Name\n' },
    environment: { HANDED_OVER: IN_ENVIRONMENT },
  });
  [erp, thief] = [await startWebServer(refuse), await startWebServer(refuse)];
  installation = await openInstallation({ ...folder, log: silentLog });
  work = syncFileWork(installation);
});
afterEach(async () => {
  await installation.close();
  await erp[Symbol.asyncDispose]();
  await thief[Symbol.asyncDispose]();
  await folder.close();
});

const refuse: Parameters<typeof startWebServer>[0] = (_, response) => sendJson(response, 403, {});

interface Described {
  readonly url?: string;
  readonly user?: string;
  readonly language?: string;
  readonly secret?: string;
  readonly name?: string;
}

function fileWith({
  url,
  user = 'trueup',
  language = 'en',
  secret = 'ERP_PASSWORD',
  name = 'erp',
}: Described): string {
  return `version: 1
connections:
  ${name}: {system: tryton, url: "${url ?? erp.origin}", database: d, user: ${user}, language: ${language}, password: "\${secret:${secret}}"}
  b: {system: files, directory: ./data}
syncs:
  people:
    entity: Person
    fields: {name: {type: text}}
    match: name
    sides:
      left: {connection: ${name}, collection: party.party, fields: {name: name}}
      right: {connection: b, collection: b.csv, fields: {name: Name}}
`;
}

async function give(by: string): Promise<void> {
  const secret = new Secret(PASSWORD);
  await installation.transaction((tx) =>
    giveSecret(tx, installation.sealer, installation.workspaceNo, { name: 'ERP_PASSWORD', secret, by }),
  );
}

/** What a check from afar says; the connection itself fails, for neither server is what it looks like. */
async function check(described: Described, by: string): Promise<string> {
  const errors = await work
    .check(fileWith(described), by, signal)
    .catch((error: unknown) => [{ message: String(error) }]);
  return errors.map(({ message }) => message).join('; ');
}

const wasSentTo = ({ arrived }: WebServer): boolean =>
  arrived.some(({ body, headers }) => `${body.toString()} ${headers.authorization ?? ''}`.includes(PASSWORD));
const REFUSED = /may not have the secret ERP_PASSWORD, which was given for another place/;

/** Lets the time pass in which whoever gave a secret may still describe the connection. */
async function later(): Promise<void> {
  await folder.store.pool.query("update secrets set open_until = now() - interval '1 second'");
}

test('a secret goes to the connection that it was given for, and to no other address, user or name', async () => {
  await give('ada');
  await check({}, 'ada');
  expect(wasSentTo(erp)).toBe(true);
  await later();
  for (const change of [
    { url: thief.origin },
    { user: 'other' },
    { name: 'copy' },
    { url: `${erp.origin}/x` },
  ])
    expect([change, await check(change, 'ada')]).toEqual([change, expect.stringMatching(REFUSED)]);
  expect(await work.take(fileWith({ url: thief.origin }), 'ada', signal)).toMatchObject([
    { path: 'connections.erp' },
  ]);
  expect(thief.arrived).toEqual([]);
  // What only tunes the connection may be changed.
  expect(await check({ language: 'de' }, 'ada')).not.toMatch(REFUSED);
});

test('whoever gives it again, and only they, can have it sent to another place', async () => {
  await give('ada');
  await check({}, 'ada');
  await give('ada');
  expect(await check({ url: thief.origin }, 'eve')).toMatch(REFUSED);
  expect(wasSentTo(thief)).toBe(false);
  await check({ url: thief.origin }, 'ada');
  expect(wasSentTo(thief)).toBe(true);
});

test('a stored connection that leads elsewhere stands still instead of sending the secret there', async () => {
  const settings = { database: 'd', user: 'trueup', password: { secretName: 'ERP_PASSWORD' } };
  const connection = (url: string): ConnectionRow => ({
    name: 'erp',
    system: 'tryton',
    settings: { ...settings, url },
  });
  await installation.transaction((tx) =>
    saveConnection(tx, installation.workspaceNo, connection(erp.origin)),
  );
  await give('ada');
  await installation.transaction((tx) =>
    saveConnection(tx, installation.workspaceNo, connection(thief.origin)),
  );
  await expect(openConnection(installation, connection(thief.origin))).rejects.toMatchObject({
    failure: { kind: 'config', code: 'trueup.secret_elsewhere' },
  });
  expect(thief.arrived).toEqual([]);
  await give('ada');
  await openConnection(installation, connection(thief.origin)).catch(() => undefined);
  expect(wasSentTo(thief)).toBe(true);
});

test('what the environment of the server holds is sent nowhere by a file from afar', async () => {
  for (const secret of ['HANDED_OVER', 'DATABASE_URL']) {
    const said = await check({ url: thief.origin, secret }, 'ada');
    expect(said).toMatch(/may not have the secret/);
  }
  // Not even under the cover of a stored secret of the same name.
  await installation.transaction((tx) =>
    giveSecret(tx, installation.sealer, installation.workspaceNo, {
      name: 'HANDED_OVER',
      secret: new Secret('mine'),
      by: 'ada',
    }),
  );
  await check({ url: thief.origin, secret: 'HANDED_OVER' }, 'ada');
  expect(JSON.stringify(thief.arrived.map(({ body }) => body.toString()))).not.toContain(IN_ENVIRONMENT);
});

test('on the machine itself, a secret that strayed is asked for again, and one of its environment goes where its file says', async () => {
  const environment = { DATABASE_URL: folder.store.url };
  await folder.write('trueup.yaml', fileWith({}));
  const connect = (more: Readonly<Record<string, string>> = {}): ReturnType<typeof runTrueup> =>
    runTrueup(['connect', 'erp', '-C', folder.directory], { ...environment, ...more });
  expect((await connect()).errors).toContain('secrets are missing: ERP_PASSWORD');
  await give('ada');
  await connect();
  expect(wasSentTo(erp)).toBe(true);
  await later();
  await folder.write('trueup.yaml', fileWith({ url: thief.origin }));
  const checked = await runTrueup(['check', '-C', folder.directory], environment);
  expect([checked.exitCode, checked.errors]).toEqual([2, expect.stringContaining('give the secret again')]);
  expect((await connect()).errors).toContain('secrets are missing: ERP_PASSWORD');
  expect(thief.arrived).toEqual([]);
  await connect({ ERP_PASSWORD: PASSWORD });
  expect(wasSentTo(thief)).toBe(true);
});

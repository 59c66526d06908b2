/** The key of the installation is changed while two machines keep a sync running and renew the tokens that it needs. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../test/support/command.ts';
import type { TestDatabase } from '../test/support/postgres.ts';
import { CURSORS } from '../test/support/rest-descriptions.ts';
import { startRestSystem, type RestSystem } from '../test/support/rest-system.ts';
import { ShiftedClock } from '../test/support/shifted-clock.ts';
import { openTestFolder, type TestFolder } from '../test/support/test-folder.ts';
import { until } from '../test/support/until.ts';
import { sendJson, startWebServer, type WebServer } from '../test/support/web-server.ts';
import { runFleet } from './fleet.ts';
import { Secret } from './lib/secret.ts';
import { openInstallation } from './server.ts';
import { giveSecret } from './store/secret-uses.ts';
import { silentLog, type Log } from './worker/runtime.ts';

const [OLD = '', NEW = ''] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString('base64'));
const SECRETS = { CLIENT_SECRET: 'of-the-client', FIRST_TOKEN: 'refresh-0' };
/** Longer than any token lives. */
const AGED_MS = 2 * 3_600_000;

/** A token endpoint where each refresh token is good once: whoever loses the answer to it is locked out. */
const endpoint = { good: SECRETS.FIRST_TOKEN, granted: 0, refused: 0, held: Promise.resolve() };

/** What the machines complained of. */
const complaints: string[] = [];
const log: Log = {
  ...silentLog,
  warn: (fields, message) => complaints.push(`${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => complaints.push(`${message} ${JSON.stringify(fields)}`),
};
const clock = new ShiftedClock();

let folder: TestFolder;
let crm: TestDatabase;
let system: RestSystem;
let server: WebServer;

beforeAll(async () => {
  system = await startRestSystem();
  system.guarded = true;
  server = await startWebServer(async ({ body }, response) => {
    const given = new URLSearchParams(body.toString());
    if (
      given.get('refresh_token') !== endpoint.good ||
      given.get('client_secret') !== SECRETS.CLIENT_SECRET
    ) {
      endpoint.refused += 1;
      sendJson(response, 400, { error: 'invalid_grant' });
      return;
    }
    endpoint.granted += 1;
    endpoint.good = `refresh-${String(endpoint.granted)}`;
    const access = `access-${String(endpoint.granted)}`;
    system.tokens.clear();
    system.tokens.add(access);
    await endpoint.held;
    const answer = { access_token: access, refresh_token: endpoint.good, expires_in: 3_600 };
    sendJson(response, 200, { ...answer, token_type: 'Bearer' });
  });
  const auth = `{kind: authorization_code, authorization_url: "${server.origin}/authorize", token_url: "${server.origin}/token"}`;
  folder = await openTestFolder({
    syncFile: `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  people: {system: rest, description: people.yaml, base_url: "${system.origin}", client_id: trueup,
    client_secret: "\${secret:CLIENT_SECRET}", refresh_token: "\${secret:FIRST_TOKEN}"}
syncs:
  customers:
    entity: Customer
    fields: {email: {type: email, required: true}, name: text, note: text}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: name, note: note}}
      people: {connection: people, collection: people, fields: {email: email, name: name, note: note}}
`,
    files: { 'people.yaml': CURSORS.replace('auth: {kind: none}', `auth: ${auth}`) },
    databases: ['crm'],
    environment: SECRETS,
  });
  crm = folder.database('crm');
  await crm.pool
    .query(`create table contact (id bigint generated always as identity primary key, mail text not null unique,
    name text, note text, updated_at timestamptz not null default clock_timestamp())`);
  await crm.pool.query(`insert into contact (mail, name) values ('ann@x.example', 'Ann')`);
  await applyWithSealedSecrets();
});
afterAll(async () => {
  for (const machine of machines) await machine.stop();
  await server[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
  await folder.close();
});

/** The environment of a machine: what connections need is in the store, sealed. */
function environmentWith(keys: string): Readonly<Record<string, string>> {
  return { DATABASE_URL: folder.store.url, TRUEUP_KEY: keys, TRUEUP_NETWORK: 'loopback,plain' };
}

function trueup(
  environment: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<CommandResult> {
  return runTrueup([...words, '-C', folder.directory], environment);
}

/** The sync is live, and all that its connections need lies sealed under the old key. */
async function applyWithSealedSecrets(): Promise<void> {
  const applied = await trueup({ ...folder.environment, ...environmentWith(OLD) }, 'apply', '--yes');
  expect(applied).toMatchObject({ exitCode: 0, errors: '' });
  const { directory } = folder;
  const installation = await openInstallation({ directory, environment: environmentWith(OLD), log });
  const { sealer, workspaceNo } = installation;
  for (const [name, text] of Object.entries({ ...SECRETS, CRM_URL: crm.url }))
    await installation.transaction((tx) =>
      giveSecret(tx, sealer, workspaceNo, { name, secret: new Secret(text), by: 'ada' }),
    );
  await installation.close();
}

interface Machine {
  stop(): Promise<void>;
}

const machines = new Set<Machine>();

async function start(keys: string): Promise<Machine> {
  const { directory } = folder;
  const opened = await openInstallation({ directory, environment: environmentWith(keys), log });
  const stop = new AbortController();
  const fleet = runFleet({ ...opened, clock }, stop.signal);
  const machine: Machine = {
    stop: async () => {
      machines.delete(machine);
      stop.abort();
      await fleet;
      await opened.close();
    },
  };
  machines.add(machine);
  return machine;
}

/** How many secrets the command has sealed anew. */
async function reseal(): Promise<number> {
  const done = await trueup(environmentWith(`${NEW},${OLD}`), 'reseal', '--json');
  expect(done).toMatchObject({ exitCode: 0, errors: '' });
  return (JSON.parse(done.output) as { readonly sealedAnew: number }).sealedAnew;
}

async function numberOf(select: string): Promise<number> {
  const { rows } = await folder.store.pool.query<{ number: number }>(`select (${select})::int as number`);
  return rows[0]?.number ?? 0;
}

const versionOfTokens = (): Promise<number> => numberOf('select version from tokens');

/** The tokens grow old, and somebody renews them; `meanwhile` is while the endpoint has not answered yet. */
async function renewTokens(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  const [granted, version] = [endpoint.granted, await versionOfTokens()];
  const { promise, resolve } = Promise.withResolvers<void>();
  endpoint.held = promise;
  clock.shift(AGED_MS);
  await until(
    () => endpoint.granted > granted,
    () => complaints.join(),
  );
  await meanwhile();
  resolve();
  await until(
    async () => (await versionOfTokens()) > version,
    () => complaints.join(),
  );
}

/** What is edited at either side arrives at the other. */
async function carriesOver(word: string): Promise<void> {
  const [ann] = system.people;
  await crm.pool.query(`update contact set name = $1, updated_at = clock_timestamp()`, [`Ann ${word}`]);
  system.edit(ann?.id ?? '', { note: word });
  const wanted = [
    { name: `Ann ${word}`, note: word },
    { name: `Ann ${word}`, note: word },
  ];
  const shown = async (): Promise<unknown> => {
    const { rows } = await crm.pool.query<{ name: string; note: string }>('select name, note from contact');
    const { name, note } = system.people[0]?.values ?? {};
    return [...rows, { name, note }];
  };
  await expect.poll(shown, { timeout: 30_000 }).toEqual(wanted);
}

test('a key is changed machine by machine while tokens are renewed, and nothing is ever without the key that it needs', async () => {
  let [one, other] = [await start(OLD), await start(OLD)];
  await carriesOver('before');
  // The new key behind the old one, everywhere.
  await one.stop();
  one = await start(`${OLD},${NEW}`);
  await other.stop();
  other = await start(`${OLD},${NEW}`);
  await carriesOver('with the new key');
  // First on one machine; each opens what the other has sealed, and renews the tokens while the other is away.
  await one.stop();
  one = await start(`${NEW},${OLD}`);
  await other.stop();
  await carriesOver('by the one');
  await renewTokens();
  other = await start(`${OLD},${NEW}`);
  await one.stop();
  await carriesOver('by the other');
  await renewTokens();
  one = await start(`${NEW},${OLD}`);
  await carriesOver('by both');
  // The secrets, and the tokens that are being renewed just then.
  await renewTokens(async () => expect(await reseal()).toBe(4));
  await carriesOver('sealed anew');
  // First everywhere.
  await other.stop();
  other = await start(`${NEW},${OLD}`);
  await renewTokens(reseal);
  await reseal();
  expect(await reseal()).toBe(0);
  const sealed = 'select key_version from secrets union all select key_version from tokens';
  expect(await numberOf(`select count(*) from (${sealed}) as sealed`)).toBe(4);
  expect(await numberOf(`select count(distinct key_version) from (${sealed}) as sealed`)).toBe(1);
  // The old key goes.
  await one.stop();
  one = await start(NEW);
  await other.stop();
  other = await start(NEW);
  await renewTokens();
  await carriesOver('after');
  await one.stop();
  await other.stop();
  expect(endpoint.refused).toBe(0);
  expect(complaints).toEqual([]);
});

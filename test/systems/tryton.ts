/** Boots a real Tryton ERP (from Debian) over a database made from the fixture: about two seconds. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import pg from 'pg';

import { freePort } from '../../src/store/embedded/server.ts';
import { requireDebianPackages } from './support/packages.ts';
import { startProgram, waitForPort, type Program } from './support/program.ts';

const PACKAGES = [
  'tryton-server',
  'tryton-modules-party',
  'tryton-modules-currency',
  'python3-psycopg2',
  'python3-phonenumbers',
];
const FIXTURE = join(import.meta.dirname, 'fixtures', 'tryton.sql.gz');
const USER = 'admin';
const PASSWORD = 'admin-pw';

/** What `call` answers when Tryton does not know the session (any more). */
const NO_SESSION = Symbol('no session');

export interface TrytonSystem {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Calls Tryton as a person with a session of their own, behind the connector's back. Fails on a Tryton error. */
  rpc(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Runs SQL in Tryton's database, for what no person can do: old dates, broken rows. */
  sql(statement: string): Promise<readonly unknown[]>;
  /** Ends the server, keeping its port and database. */
  shutDown(): Promise<void>;
  startUp(): Promise<void>;
  /** Refuses every connection to the database until `true`, as when its server is down. */
  setDatabaseReachable(reachable: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** `postgresUrl` is the superuser's connection string to the database `postgres` of a server that may be used. */
export async function startTryton(postgresUrl: string): Promise<TrytonSystem> {
  await requireDebianPackages('Tryton', PACKAGES);
  const database = `tryton_${randomBytes(6).toString('hex')}`;
  await withClient(postgresUrl, (client) => client.query(`create database ${database} template template0`));
  const databaseUrl = postgresUrl.replace(/\/postgres$/, `/${database}`);
  const fixture = gunzipSync(await readFile(FIXTURE)).toString('utf8');
  await withClient(databaseUrl, (client) => client.query(fixture));

  const directory = await mkdtemp(join(tmpdir(), 'trueup-tryton-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const config = join(directory, 'trytond.conf');
  const uri = postgresUrl.replace(/\/postgres$/, '/');
  await writeFile(config, `[web]\nlisten = 127.0.0.1:${String(port)}\n[database]\nuri = ${uri}\n`, {
    mode: 0o600,
  });
  const start = async (): Promise<Program> => {
    const program = await startProgram({ command: '/usr/bin/trytond', args: ['-c', config], directory });
    await waitForPort(port, program);
    return program;
  };
  let program = await start();
  const address = `${url}/${database}/`;
  let authorization: string | null = null;

  return {
    url,
    database,
    user: USER,
    password: PASSWORD,
    rpc: async (method, params) => {
      authorization ??= await signIn(address);
      const answer = await call(address, method, params, authorization);
      if (answer !== NO_SESSION) return answer;
      authorization = await signIn(address);
      return call(address, method, params, authorization);
    },
    sql: (statement) =>
      withClient(databaseUrl, async (client) => {
        const { rows } = await client.query<Record<string, unknown>>(statement);
        return rows;
      }),
    shutDown: () => program.stop(),
    startUp: async () => {
      program = await start();
    },
    setDatabaseReachable: (reachable) =>
      withClient(postgresUrl, async (client) => {
        await client.query(`alter database ${database} allow_connections ${String(reachable)}`);
        if (reachable) return;
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          database,
        ]);
      }),
    stop: async () => {
      await program.stop();
      await withClient(postgresUrl, (client) => client.query(`drop database ${database} with (force)`));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The value of the header Authorization for a session of the person, at the address of the database. */
export async function signIn(address: string): Promise<string> {
  const answer = await call(address, 'common.db.login', [USER, { password: PASSWORD }, 'en'], null);
  if (!Array.isArray(answer)) throw new Error('Tryton gave no session');
  const [userId, token] = answer as readonly unknown[];
  return `Session ${Buffer.from(`${USER}:${String(userId)}:${String(token)}`).toString('base64')}`;
}

async function call(
  address: string,
  method: string,
  params: readonly unknown[],
  authorization: string | null,
): Promise<unknown> {
  const headers = {
    'content-type': 'application/json',
    ...(authorization === null ? {} : { authorization }),
  };
  const response = await fetch(address, {
    method: 'POST',
    headers,
    body: JSON.stringify({ id: 0, method, params }),
  });
  const text = await response.text();
  if (response.status === 401 && authorization !== null) return NO_SESSION;
  if (!response.ok) throw new Error(`${method} answered ${String(response.status)}: ${text}`);
  const answer = JSON.parse(text) as { readonly result?: unknown; readonly error?: unknown };
  if (answer.error !== undefined) throw new Error(`${method} failed: ${JSON.stringify(answer.error)}`);
  return answer.result;
}

async function withClient<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

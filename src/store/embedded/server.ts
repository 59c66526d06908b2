/**
 * A real PostgreSQL that belongs to one folder: made on first use, shared by every Trueup process of that folder, stopped
 * by the last one that leaves. It outlives a killed process, so nothing that was committed can be lost with it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import pg from 'pg';

import { systemRandom, type Random } from '../../lib/random.ts';
import { ownerFor, reachableBinaries, reachableDirectory, type Owner } from './reachable.ts';

const START_WAIT_S = 60;
const LOCK_WAIT_MS = 60_000;
const LOCK_RETRY_MS = 50;
const PORT_FIRST = 20_000;
const PORTS = 10_000;
const PORT_TRIES_MAX = 50;

export interface EmbeddedPostgres {
  /** Connection string of the superuser to the database `postgres`. Holds a password: never log it. */
  readonly url: string;
  readonly directory: string;
  /** Stops the server when no other process is connected. */
  release(): Promise<void>;
  /** Stops the server whatever is connected. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly directory: string;
  /** Further server settings, `name=value`; they take effect when the server is made and stay with it. */
  readonly settings?: readonly string[];
}

/** Starts the folder's server, or joins the one that runs. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = await reachableDirectory(options.directory);
  const binaries = await reachableBinaries();
  const owner = await ownerFor();
  await mkdir(directory, { recursive: true });
  if (owner !== null) await chown(directory, owner.uid, owner.gid);
  return withLock(join(directory, 'start.lock'), async () => {
    const dataDirectory = join(directory, 'data');
    const passwordFile = join(directory, 'password');
    if (!existsSync(join(dataDirectory, 'PG_VERSION'))) {
      await initialise(
        binaries.initdb,
        directory,
        dataDirectory,
        passwordFile,
        options.settings ?? [],
        owner,
      );
    }
    const password = (await readFile(passwordFile, 'utf8')).trim();
    const running = await runningPort(dataDirectory, password);
    const port = running ?? (await usualPort(join(directory, 'port')));
    if (running === null) await startServer(binaries.pgCtl, directory, dataDirectory, port, owner);
    const url = urlOf(port, password);
    const stop = (): Promise<void> =>
      run(binaries.pgCtl, ['stop', '-D', dataDirectory, '-m', 'fast', '-w', '-s'], owner, directory);
    return { url, directory, stop, release: () => stopWhenAlone(url, stop) };
  });
}

function urlOf(port: number, password: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${String(port)}/postgres`;
}

async function initialise(
  initdb: string,
  directory: string,
  dataDirectory: string,
  passwordFile: string,
  settings: readonly string[],
  owner: Owner | null,
): Promise<void> {
  await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  if (owner !== null) await chown(passwordFile, owner.uid, owner.gid);
  const flags = [
    '--set=shared_buffers=256MB',
    '--set=max_wal_size=2GB',
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
  ];
  const given = settings.map((setting) => `--set=${setting}`);
  await run(
    initdb,
    [`--pgdata=${dataDirectory}`, ...flags, ...given, '--locale=C', '--no-sync'],
    owner,
    directory,
  );
}

async function startServer(
  pgCtl: string,
  directory: string,
  dataDirectory: string,
  port: number,
  owner: Owner | null,
): Promise<void> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${String(port)}`,
    'unix_socket_directories=',
    'max_connections=200',
    'idle_in_transaction_session_timeout=60s',
  ];
  const flags = settings.map((setting) => `-c ${setting}`).join(' ');
  const log = join(directory, 'server.log');
  const start = [
    'start',
    '-D',
    dataDirectory,
    '-l',
    log,
    '-w',
    '-t',
    String(START_WAIT_S),
    '-s',
    '-o',
    flags,
  ];
  await run(pgCtl, start, owner, directory);
}

/** The port of the server that runs on this data folder, or null. A stale pid file of a killed server counts as none. */
async function runningPort(dataDirectory: string, password: string): Promise<number | null> {
  const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => null);
  const [pid, , , port] = (pidFile ?? '').split('\n').map((line) => line.trim());
  if (pid === undefined || pid === '' || port === undefined || !existsSync(`/proc/${pid}`)) return null;
  const client = new pg.Client({ connectionString: urlOf(Number(port), password) });
  try {
    await client.connect();
    return Number(port);
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function stopWhenAlone(url: string, stop: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const others = await client.query<{ count: string }>(
    `select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  await client.end();
  if (others.rows[0]?.count === '0') await stop();
}

/**
 * A port of 127.0.0.1 on which nobody listens, from below those that machines hand out by themselves: between this and the time it
 * is listened on, and while its owner is down, no connection of anybody else comes to have it.
 */
export async function freePort(random: Random = systemRandom): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries += 1) {
    const port = PORT_FIRST + Math.floor(random.fraction() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** The port the server had last time, if it is still free: addresses that people noted stay good. */
async function usualPort(file: string): Promise<number> {
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port = last > 0 && (await isFree(last)) ? last : await freePort();
  await writeFile(file, String(port));
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** One process at a time makes or starts the server; a lock left by a killed process is taken over. */
async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += LOCK_RETRY_MS) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = (await readFile(path, 'utf8').catch(() => '')).trim();
      if (holder !== '' && !existsSync(`/proc/${holder}`)) await rm(path, { force: true });
      else if (waitedMs >= LOCK_WAIT_MS)
        throw new Error(`${path} is held by process ${holder}; is it hanging?`, { cause: error });
      else await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

function run(command: string, args: readonly string[], owner: Owner | null, cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const identity = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const child = spawn(command, args, {
      ...identity,
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('exit', (code) => {
      // The server inherits our pipes through pg_ctl; holding them open would keep this process alive.
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${String(code)}: ${output.trim()}`));
    });
  });
}

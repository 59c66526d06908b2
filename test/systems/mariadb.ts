/** Boots a real MariaDB (from Debian) with an empty data folder of its own: about two seconds. */
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { createPool, type Pool } from 'mysql2/promise';

import { freePort } from '../../src/store/embedded/server.ts';
import { requireDebianPackages } from './support/packages.ts';
import { runProgram, startProgram, waitForPort, type Program } from './support/program.ts';

/** The account that Debian's package makes for the server, which refuses to run as root. */
const SERVER_USER = 'mysql';

export interface MariadbSystem {
  readonly port: number;
  /** Somebody else in the system: a connection as its superuser, behind the connector's back. */
  readonly pool: Pool;
  /** A new, empty database that `user` may do everything in. */
  createDatabase(name: string): Promise<void>;
  readonly user: string;
  readonly password: string;
  /** Ends the server, keeping its port and its data. */
  shutDown(): Promise<void>;
  startUp(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMariadb(): Promise<MariadbSystem> {
  await requireDebianPackages('MariaDB', ['mariadb-server']);
  const directory = await mkdtemp(join(tmpdir(), 'trueup-mariadb-'));
  const owner = userInfo().uid === 0 ? await serverOwner() : null;
  if (owner !== null) await chown(directory, owner.uid, owner.gid);
  const asOwner = owner === null ? {} : { owner };
  const datadir = `--datadir=${join(directory, 'data')}`;
  await runProgram({
    command: '/usr/bin/mariadb-install-db',
    args: [
      '--no-defaults',
      datadir,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
    directory,
    ...asOwner,
  });
  const port = await freePort();
  const start = async (): Promise<Program> => {
    const program = await startProgram({
      command: '/usr/sbin/mariadbd',
      args: ['--no-defaults', datadir, ...serverOptions(directory, port)],
      directory,
      ...asOwner,
    });
    await waitForPort(port, program);
    return program;
  };
  let program = await start();
  const [user, password] = ['trueup', 'trueup-pw'];
  const pool = createPool({
    host: '127.0.0.1',
    port,
    user: 'root',
    connectionLimit: 4,
    dateStrings: true,
    timezone: 'Z',
  });
  await pool.query(`create user ${user}@'%' identified by '${password}'`);

  return {
    port,
    pool,
    user,
    password,
    createDatabase: async (name) => {
      await pool.query(`create database ${name} character set utf8mb4 collate utf8mb4_general_ci`);
      await pool.query(`grant all on ${name}.* to ${user}@'%'`);
    },
    shutDown: () => program.stop(),
    startUp: async () => {
      program = await start();
    },
    stop: async () => {
      await pool.end();
      await program.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Tests may lose their data to a power cut; they may not wait for the disk. */
function serverOptions(directory: string, port: number): readonly string[] {
  return [
    `--socket=${join(directory, 'socket')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${String(port)}`,
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=64M',
    '--innodb-flush-log-at-trx-commit=0',
    '--performance-schema=OFF',
    '--max-allowed-packet=4M',
  ];
}

async function serverOwner(): Promise<{ readonly uid: number; readonly gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((entry) => entry.startsWith(`${SERVER_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error(`there is no user ${SERVER_USER}; is mariadb-server installed completely?`);
  return { uid: Number(uid), gid: Number(gid) };
}

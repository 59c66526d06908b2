/**
 * Makes fixtures/tryton.sql.gz: a Tryton 6.0 database with the modules party, country and currency, the user `admin` and two
 * countries, as SQL that any PostgreSQL ≥ 15 takes. Initialising one takes minutes, loading it a second. Needs root and
 * Debian's PostgreSQL 15 (whose pg_dump refuses newer servers); run it only to change the fixture:
 *   node test/systems/support/make-tryton-fixture.ts
 */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { ownerFor } from '../../../src/store/embedded/reachable.ts';
import { freePort } from '../../../src/store/embedded/server.ts';
import { requireDebianPackages } from './packages.ts';
import { runProgram, startProgram, waitForPort } from './program.ts';

const POSTGRES_BIN = '/usr/lib/postgresql/15/bin';
const DUMP_BYTES_MAX = 64 * 1024 * 1024;
const COUNTRIES = `
  insert into country_country (name, code, code3, active, create_uid, create_date)
    values ('Germany', 'DE', 'DEU', true, 1, now()), ('Belgium', 'BE', 'BEL', true, 1, now());
  insert into country_subdivision (country, code, name, type, active, create_uid, create_date)
    select id, 'DE-BE', 'Berlin', 'state', true, 1, now() from country_country where code = 'DE';
  insert into country_subdivision (country, code, name, type, active, create_uid, create_date)
    select id, 'DE-HH', 'Hamburg', 'state', true, 1, now() from country_country where code = 'DE';`;

await requireDebianPackages('Tryton fixture', [
  'postgresql-15',
  'tryton-server',
  'tryton-modules-party',
  'tryton-modules-currency',
  'python3-psycopg2',
]);
const directory = await mkdtemp(join(tmpdir(), 'trueup-fixture-'));
const owner = await ownerFor();
if (owner !== null) await chown(directory, owner.uid, owner.gid);
const asOwner = owner === null ? {} : { owner };
const data = join(directory, 'data');
const port = await freePort();
const address = ['--host=127.0.0.1', `--port=${String(port)}`, '--username=postgres'];

await runProgram({
  command: `${POSTGRES_BIN}/initdb`,
  args: [
    '--pgdata',
    data,
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ],
  directory,
  ...asOwner,
});
const postgres = await startProgram({
  command: `${POSTGRES_BIN}/postgres`,
  args: [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    directory,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'fsync=off',
  ],
  directory,
  ...asOwner,
});
try {
  await waitForPort(port, postgres);
  const sql = (statement: string, database: string): Promise<void> =>
    runProgram({
      command: `${POSTGRES_BIN}/psql`,
      args: [...address, '-d', database, '-qc', statement],
      directory,
    });
  await sql('create database tryton template template0', 'postgres');
  const config = join(directory, 'trytond.conf');
  // Logging in must be quick, not safe: tests do it a hundred times.
  const passlib = join(directory, 'passlib.ini');
  await writeFile(passlib, '[passlib]\nschemes = bcrypt\nbcrypt__default_rounds = 4\n');
  const uri = `postgresql://postgres@127.0.0.1:${String(port)}/`;
  await writeFile(config, `[database]\nuri = ${uri}\n[password]\npasslib = ${passlib}\n`);
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'admin-pw\n');
  const init = ['-c', config, '-d', 'tryton'];
  await runProgram({
    command: '/usr/bin/trytond-admin',
    args: [...init, '--all', '--email', 'admin@example.test'],
    directory,
    environment: { TRYTONPASSFILE: passwordFile },
  });
  await runProgram({
    command: '/usr/bin/trytond-admin',
    args: [...init, '-u', 'party', 'currency', '--activate-dependencies'],
    directory,
  });
  await sql(COUNTRIES, 'tryton');
  const dump = await promisify(execFile)(
    `${POSTGRES_BIN}/pg_dump`,
    [...address, '--no-owner', '--no-privileges', '--inserts', '--rows-per-insert=500', 'tryton'],
    { maxBuffer: DUMP_BYTES_MAX },
  );
  // These two are commands of psql, not SQL.
  const statements = dump.stdout.split('\n').filter((line) => !/^\\(?:un)?restrict /.test(line));
  const file = join(import.meta.dirname, '..', 'fixtures', 'tryton.sql.gz');
  await writeFile(file, gzipSync(statements.join('\n'), { level: 9 }));
  process.stdout.write(`${file}: ${String((await readFile(file)).length)} bytes\n`);
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

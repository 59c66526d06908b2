/** Brings a database to this version: numbered SQL files, forward only, each once, safe to run from many places at once. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

import pg from 'pg';

const FOLDER = new URL('./migrations/', import.meta.url);
const POSTGRES_VERSION_MIN = 150_000;
/** Any number that nothing else locks; only one migration runs at a time. */
const ADVISORY_LOCK = 7_283_541;

export interface Migrated {
  readonly isSuperuser: boolean;
}

export async function migrate(url: string): Promise<Migrated> {
  const client = new pg.Client({ connectionString: url, application_name: 'trueup-migrate' });
  // A connection that is cut between two statements fails the next one; without a listener it would end the program.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await refuseOldPostgres(client);
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(
      `create table if not exists migrations (
         number int primary key, name text not null, hash text not null, at timestamptz not null default clock_timestamp())`,
    );
    await runMissing(client);
    await ensureJournalMonths(client);
    const role = await client.query<{ super: boolean }>(
      'select rolsuper as super from pg_roles where rolname = current_user',
    );
    return { isSuperuser: role.rows[0]?.super === true };
  } finally {
    await client.end();
  }
}

async function refuseOldPostgres(client: pg.Client): Promise<void> {
  const found = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`,
  );
  const version = Number(found.rows[0]?.version ?? 0);
  if (version < POSTGRES_VERSION_MIN) {
    throw new Error(
      `the store needs PostgreSQL 15 or later, this is version ${String(Math.floor(version / 10_000))}`,
    );
  }
}

async function runMissing(client: pg.Client): Promise<void> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).toSorted();
  const done = await client.query<{ number: number; hash: string }>('select number, hash from migrations');
  const hashes = new Map(done.rows.map((row) => [row.number, row.hash]));
  const newest = Math.max(0, ...hashes.keys());
  if (newest > files.length) {
    throw new Error(
      `the database was migrated to version ${String(newest)} by a newer Trueup; this one knows ${String(files.length)}`,
    );
  }
  for (const name of files) {
    const number = Number(name.slice(0, 4));
    const statements = await readFile(new URL(name, FOLDER), 'utf8');
    const hash = createHash('sha256').update(statements).digest('hex');
    const known = hashes.get(number);
    if (known !== undefined && known !== hash)
      throw new Error(`migration ${name} was changed after it had run on this database`);
    if (known === undefined) await runOne(client, number, name, statements, hash);
  }
}

async function runOne(
  client: pg.Client,
  number: number,
  name: string,
  statements: string,
  hash: string,
): Promise<void> {
  await client.query('begin');
  try {
    await client.query(statements);
    await client.query('insert into migrations (number, name, hash) values ($1, $2, $3)', [
      number,
      name,
      hash,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
}

const MONTHS_AHEAD = 3;

/**
 * Journal partitions from the month of `since`, the last one if not said, to some that are still to come. Needs the right to
 * create tables, so it is not the workers' task.
 */
export async function ensureJournalMonths(client: pg.Client, since: string | null = null): Promise<void> {
  const months = await client.query<{ name: string; starts: string; ends: string }>(
    `select 'journal_' || to_char(month, 'YYYY_MM') as name, month::date::text as starts, (month + interval '1 month')::date::text as ends
       from generate_series(date_trunc('month', coalesce($2::timestamptz, now() - interval '1 month') at time zone 'UTC'),
                            date_trunc('month', now() at time zone 'UTC') + make_interval(months => $1), interval '1 month') as month
      where to_regclass('journal_' || to_char(month, 'YYYY_MM')) is null`,
    [MONTHS_AHEAD, since],
  );
  for (const { name, starts, ends } of months.rows) {
    await client.query(
      `create table ${name} partition of journal for values from ('${starts} 00:00+00') to ('${ends} 00:00+00');
       alter table ${name} enable row level security;
       alter table ${name} force row level security;`,
    );
  }
}

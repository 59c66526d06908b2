import { randomBytes } from 'node:crypto';

import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  drop(): Promise<void>;
}

/** A new, empty database in the test run's PostgreSQL (wal_level=logical). Drop it in `afterAll`. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl');
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(adminUrl, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const url = adminUrl.replace(/\/postgres$/, `/${name}`);
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      await onServer(adminUrl, allClosed(name));
      await onServer(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

/** One hash over all rows of each table: equal where nothing in them has become different. */
export function rowHashes({ pool }: TestDatabase, tables: readonly string[]): Promise<readonly unknown[]> {
  return Promise.all(
    tables.map(async (table) => {
      const { rows } = await pool.query(
        `select md5(string_agg(t::text, '' order by t::text)) from ${table} t`,
      );
      return rows as unknown;
    }),
  );
}

/**
 * A pool says that it has ended before its last sockets are closed; cut off then, they would fail the test that is over. Within
 * one statement the server shows the same activity again and again, unless it is told to look anew.
 */
function allClosed(name: string): string {
  return `do $$ begin for look in 1..1500 loop exit when not exists (select from pg_stat_activity where datname = '${name}'); perform pg_sleep(0.02), pg_stat_clear_snapshot(); end loop; end $$`;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** One MariaDB with one database, and what tests of the MySQL connector do with it. */
import { randomBytes } from 'node:crypto';

import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';

import type {
  ChangePage,
  Cursor,
  Lookup,
  Session,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { mysql } from '../../src/connectors/mysql/index.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import { connectorContext } from '../support/connector-context.ts';
import { startMariadb, type MariadbSystem } from './mariadb.ts';

export const DATABASE = 'shop';

/** A table as applications make them: numbered, with a unique address and a stamp. */
export const CUSTOMER = `id int auto_increment primary key, email varchar(190) not null unique, name text,
  updated_at timestamp not null default current_timestamp on update current_timestamp, key (updated_at)`;

export interface Workbench {
  readonly system: MariadbSystem;
  /** A session as the connector's user; settings replace the usual ones, and a `url` all of them. */
  open(settings?: Readonly<Record<string, string>>): Promise<Session>;
  /** Runs SQL as somebody else, in the same database. */
  sql(statement: string): Promise<readonly RowDataPacket[]>;
  /** Makes a table with these columns; its name. */
  tableWith(columns: string, options?: string): Promise<string>;
  withSession<T>(
    work: (session: Session) => Promise<T>,
    settings?: Readonly<Record<string, string>>,
  ): Promise<T>;
}

/** A workbench for the tests of one file: started before the first of them, stopped after the last. */
export function mysqlWorkbench(): Workbench {
  let started: MariadbSystem | null = null;
  beforeAll(async () => {
    started = await startMariadb();
    await started.createDatabase(DATABASE);
  });
  afterAll(() => started?.stop());
  const system = (): MariadbSystem => must(started, 'tests run after the system was started');
  const context = connectorContext();
  const open: Workbench['open'] = (settings = {}) => {
    const { port, user, password } = system();
    const usual = { host: '127.0.0.1', port: String(port), database: DATABASE, user, password };
    return mysql.open(settings['url'] === undefined ? { ...usual, ...settings } : settings, context);
  };
  const sql: Workbench['sql'] = async (statement) => {
    const connection = await system().pool.getConnection();
    try {
      await connection.query(`use ${DATABASE}`);
      const [rows] = await connection.query<RowDataPacket[]>(statement);
      return rows;
    } finally {
      connection.release();
    }
  };
  return {
    get system() {
      return system();
    },
    open,
    sql,
    tableWith: async (columns, options = '') => {
      const name = `t_${randomBytes(5).toString('hex')}`;
      await sql(`create table ${name} (${columns}) ${options}`);
      return name;
    },
    withSession: async (work, settings) => {
      const session = await open(settings);
      try {
        return await work(session);
      } finally {
        await session.close();
      }
    },
  };
}

export type Wanted = readonly [
  kind: WriteRequest['kind'],
  id: string | null,
  fields?: Readonly<Record<string, NativeValue>>,
  ifVersion?: string,
];

export function requestsOf(wanted: readonly Wanted[]): readonly WriteRequest[] {
  return wanted.map(([kind, recordId, fields = {}, ifVersion = null], index) => ({
    key: `k${String(index)}`,
    kind,
    recordId,
    ifVersion,
    fields: new Map(Object.entries(fields)),
  }));
}

export function outcomesOf(results: readonly WriteResult[]): readonly string[] {
  return results.map((result) =>
    result.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : result.kind,
  );
}

export function fieldsOf(lookup: Lookup | undefined): unknown {
  return lookup?.kind === 'found' ? Object.fromEntries(lookup.record.fields) : lookup?.kind;
}

export async function failureOf(act: Promise<unknown>): Promise<Failure> {
  const error: unknown = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

export async function changesSince(
  session: Session,
  collection: string,
  since: Cursor | null,
  pageRecordsMax = 100,
): Promise<readonly ChangePage[]> {
  const pages: ChangePage[] = [];
  const { signal } = new AbortController();
  for await (const page of session.readChanges({
    collection,
    fields: [],
    since,
    follow: false,
    pageRecordsMax,
    signal,
  }))
    pages.push(page);
  return pages;
}

/** An empty PostgreSQL database with a session of the connector, and what tests of it do with both. */
import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';

import type {
  ChangePage,
  ChangesRequest,
  ConnectorContext,
  Cursor,
  Session,
} from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { postgres } from '../../src/connectors/postgres/index.ts';
import { must } from '../../src/lib/assert.ts';
import { connectorContext } from './connector-context.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

type Settings = Readonly<Record<string, string>>;

export interface PostgresWorkbench {
  readonly url: string;
  /** Somebody else in the database, as its superuser. */
  readonly pool: pg.Pool;
  readonly session: Session;
  /** A further session; its settings replace the usual ones, and a `host` all of them. */
  open(settings?: Settings, context?: Partial<ConnectorContext>): Promise<Session>;
}

/** A workbench for the tests of one file: made before the first of them, taken down after the last. */
export function postgresWorkbench(
  connectionKey: string,
  usual: Settings = {},
  prepare: (pool: pg.Pool) => Promise<void> = () => Promise.resolve(),
): PostgresWorkbench {
  let database: TestDatabase | null = null;
  let session: Session | null = null;
  const made = (): TestDatabase => must(database, 'tests run after the database was made');
  const open: PostgresWorkbench['open'] = (settings = {}, context = {}) =>
    postgres.open(
      settings['host'] === undefined ? { url: made().url, ...usual, ...settings } : settings,
      connectorContext({ connectionKey, ...context }),
    );
  beforeAll(async () => {
    database = await createTestDatabase();
    await prepare(database.pool);
    session = await open();
  });
  afterAll(async () => {
    await session?.close();
    await database?.drop();
  });
  return {
    get url() {
      return made().url;
    },
    get pool() {
      return made().pool;
    },
    get session() {
      return must(session, 'tests run after the session was opened');
    },
    open,
  };
}

/** The changes of a collection since a position, to the end unless `rest` says otherwise. */
export function changesOf(
  session: Session,
  collection: string,
  since: Cursor,
  rest: Partial<ChangesRequest> = {},
): AsyncIterable<ChangePage> {
  const { signal } = new AbortController();
  const request = { collection, fields: [], since, follow: false, pageRecordsMax: 100, signal };
  return session.readChanges({ ...request, ...rest });
}

/** The failure that the promise is rejected with; anything else is an error of the test. */
export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error: unknown = await action.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

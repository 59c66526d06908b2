/** One database as a small pool of connections, whose statements give rows as arrays of text unless told otherwise. */
import pg from 'pg';

import type { NativeValue } from '../../engine/value.ts';
import { assert } from '../../lib/assert.ts';
import { asConnectorFailure, isConnectionLost } from './failures.ts';

const CONNECTIONS_MAX = 4;
const CONNECT_MS_MAX = 10_000;
const IDLE_MS_MAX = 30_000;
/** The server gives up on a statement after this long; what it is doing then is undone. */
export const STATEMENT_MS_MAX = 60_000;
/** Waiting for one locked record must not hold up a whole batch for long. */
export const LOCK_MS_MAX = 2_000;
/** We give up on an answer only after the server must have given up on the statement. */
const ANSWER_MS_MAX = STATEMENT_MS_MAX + 10_000;

/**
 * Values travel as text, so the session fixes how they are spelled. TimeZone is left alone on purpose: triggers that fill
 * a timestamp without zone from now() must write in our sessions what they write in everybody else's.
 */
export const SPELLING = [
  `set datestyle = 'ISO'`,
  `set intervalstyle = 'iso_8601'`,
  `set bytea_output = 'hex'`,
  `set extra_float_digits = 1`,
  `set client_encoding = 'UTF8'`,
].join('; ');

const PREPARE_SESSION = [
  SPELLING,
  `set statement_timeout = ${String(STATEMENT_MS_MAX)}`,
  `set lock_timeout = ${String(LOCK_MS_MAX)}`,
].join('; ');

export type Row = readonly NativeValue[];
/** Parses a value's text; chosen once per result column, called once per value. */
export type Parse = (text: string) => NativeValue;

export interface Statement {
  readonly text: string;
  readonly values?: readonly (string | number | null)[];
  /** The parser for a type by its oid; text as it is where left out. */
  readonly parserOf?: (typeOid: number) => Parse;
}

export type Client = pg.PoolClient;

/** Connections whose session is set up. */
const prepared = new WeakSet<Client>();

export interface Database {
  readonly connection: pg.ClientConfig & { readonly user: string };
  /** Runs one statement. Throws ConnectorFailure; when the signal aborts, at once and whatever the statement does. */
  query(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** Lends one connection. Errors of `work` pass through as they are; a lost connection is not used again. */
  withClient<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

export function createDatabase(connection: Database['connection']): Database {
  const bounded = { ...connection, connectionTimeoutMillis: CONNECT_MS_MAX, keepAlive: true };
  const pool = new pg.Pool({
    ...bounded,
    query_timeout: ANSWER_MS_MAX,
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS_MAX,
  });
  // A connection that breaks while nobody uses it is replaced by the pool; there is nobody to tell.
  pool.on('error', () => undefined);
  // One that breaks between its opening and the moment it is lent has no listener yet, and would end the program; whoever
  // gets it learns of it by the first statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const withClient: Database['withClient'] = (work, signal) => lend(pool, work, signal);
  return {
    connection: bounded,
    withClient,
    query: async (statement, signal) => {
      try {
        return await withClient((client) => runOn(client, statement), signal);
      } catch (error) {
        throw asConnectorFailure(error);
      }
    },
    close: () => pool.end(),
  };
}

/** Runs one statement on a lent connection; throws what the driver throws. */
export async function runOn(client: Client, statement: Statement): Promise<readonly Row[]> {
  const { text, values, parserOf = asText } = statement;
  const result = await client.query<NativeValue[]>({
    text,
    rowMode: 'array',
    types: { getTypeParser: parserOf },
    ...(values === undefined ? {} : { values: [...values] }),
  });
  return result.rows;
}

function asText(): Parse {
  return (text) => text;
}

/** A value that was selected as text and cannot be null. */
export function textIn(cell: NativeValue | undefined): string {
  assert(typeof cell === 'string', 'the statement selects this column as text');
  return cell;
}

async function lend<T>(
  pool: pg.Pool,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await connected(pool, signal);
  let broken = false;
  const onBroken = (): void => {
    broken = true;
  };
  // Ending a connection whose statement still runs destroys it, which fails the statement here at once.
  const onAbort = (): void => {
    broken = true;
    client.end().catch(onBroken);
  };
  client.on('error', onBroken);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (!prepared.has(client)) await client.query(PREPARE_SESSION);
    prepared.add(client);
    return await work(client);
  } catch (error) {
    broken ||= isConnectionLost(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    client.off('error', onBroken);
    client.release(broken);
  }
}

/** A connection, or an error as soon as the signal aborts; one that arrives later goes back to the pool. */
async function connected(pool: pg.Pool, signal: AbortSignal | undefined): Promise<Client> {
  if (signal === undefined) return pool.connect();
  signal.throwIfAborted();
  const arriving = pool.connect();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(new Error('the read was aborted'));
    arriving.then(
      (late) => {
        late.release();
      },
      () => undefined,
    );
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([arriving, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

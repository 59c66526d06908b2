/** One database as a small pool of connections that all speak alike: UTC, strict, utf8mb4, one statement at a time. */
import { createPool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

import type { Clock } from '../../lib/clock.ts';
import { asThrown, isConnectionLost, isDeadlock, refuse } from './failures.ts';
import type { Settings } from './settings.ts';

/** One value as the driver hands it over: numbers that fit, text for the rest, bytes for what is not text. */
export type Cell = string | number | Buffer | null;
export type Cells = readonly Cell[];

export interface Written {
  readonly affectedRows: number;
  /** The first of the numbers that the server gave out. */
  readonly firstId: string;
}

/** Statements inside one transaction. What they throw is the driver's own error, for telling row faults apart. */
export interface Transaction {
  read(sql: string): Promise<readonly Cells[]>;
  write(sql: string): Promise<Written>;
  /** Lets `work` run in the server's own time zone, in which its clock fills columns that have none. */
  inServerZone<T>(work: () => Promise<T>): Promise<T>;
}

export interface Client {
  /** Runs one statement; throws ConnectorFailure, at once when the signal aborts. */
  read(sql: string, signal?: AbortSignal): Promise<readonly Cells[]>;
  /**
   * Runs `work` in one transaction. Throws ConnectorFailure when nothing happened; answers `unknown` when the commit was
   * sent and its answer never came: the one moment at which nobody can tell.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<Outcome<T>>;
  close(): Promise<void>;
}

export type Outcome<T> =
  | { readonly kind: 'committed'; readonly value: T }
  | { readonly kind: 'unknown'; readonly value: T };

const CONNECTIONS_MAX = 4;
const CONNECT_MS_MAX = 10_000;
const IDLE_MS_MAX = 30_000;
/** We give up on a statement after this long and cut its connection; the server then undoes its transaction. */
export const ANSWER_MS_MAX = 60_000;
const LOCK_SECONDS_MAX = 3;
/** A deadlock is nobody's fault; the loser begins again. */
const DEADLOCK_TRIES_MAX = 4;
const DEADLOCK_PAUSE_MS = 50;

/**
 * What the rest of the connector relies on. Without NO_BACKSLASH_ESCAPES and ANSI_QUOTES, which would turn our escaping of
 * literals into a hole; strict, so that no value is cut to fit; and rows, not gaps, locked.
 */
const PREPARE_SESSION = [
  `sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'`,
  `time_zone = '+00:00'`,
  `innodb_lock_wait_timeout = ${String(LOCK_SECONDS_MAX)}`,
  `autocommit = 1`,
].join(', ');

export function createClient(address: Settings['address'], clock: Clock): Client {
  const pool = createPool({
    ...address,
    charset: 'utf8mb4',
    connectionLimit: CONNECTIONS_MAX,
    maxIdle: CONNECTIONS_MAX,
    idleTimeout: IDLE_MS_MAX,
    connectTimeout: CONNECT_MS_MAX,
    enableKeepAlive: true,
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    multipleStatements: false,
    // The driver would otherwise compile a parser from column names, and let the server ask for files of ours.
    disableEval: true,
    flags: ['-LOCAL_FILES'],
  });
  const prepared = new WeakSet<object>();
  const lend = async <T>(
    work: (connection: PoolConnection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const connection = await pool.getConnection();
    let broken = false;
    const cut = (): void => {
      broken = true;
      connection.destroy();
    };
    try {
      // The pool lends wrappers; what is prepared is the connection within.
      if (!prepared.has(connection.connection)) await prepare(connection);
      prepared.add(connection.connection);
      return await untilAborted(work(connection), cut, signal);
    } catch (error) {
      broken ||= isConnectionLost(error);
      throw error;
    } finally {
      if (broken) connection.destroy();
      else connection.release();
    }
  };
  return {
    read: (sql, signal) => readOnce(lend, sql, signal),
    transaction: (work) => transact(lend, clock, work),
    close: () => pool.end(),
  };
}

/** Null when the signal aborted: the reader then ends where it is. */
export async function readUntilAborted(
  client: Client,
  sql: string,
  signal: AbortSignal,
): Promise<readonly Cells[] | null> {
  try {
    return await client.read(sql, signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

type Lend = <T>(work: (connection: PoolConnection) => Promise<T>, signal?: AbortSignal) => Promise<T>;

async function prepare(connection: PoolConnection): Promise<void> {
  await connection.query(`set session ${PREPARE_SESSION}`);
  await connection.query('set session transaction isolation level read committed');
}

/** A connection that died while it lay in the pool shows only when it is used: a read may simply be asked again. */
async function readOnce(lend: Lend, sql: string, signal: AbortSignal | undefined): Promise<readonly Cells[]> {
  const read = (): Promise<readonly Cells[]> => lend((connection) => rowsOf(connection, sql), signal);
  try {
    return await read().catch((error: unknown) => {
      if (!isConnectionLost(error) || signal?.aborted === true) throw error;
      return read();
    });
  } catch (error) {
    throw asThrown(error);
  }
}

async function transact<T>(
  lend: Lend,
  clock: Clock,
  work: (transaction: Transaction) => Promise<T>,
): Promise<Outcome<T>> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await lend((connection) => transactOn(connection, work));
    } catch (error) {
      if (!isDeadlock(error) || tried >= DEADLOCK_TRIES_MAX) throw asThrown(error);
      await clock.sleep(DEADLOCK_PAUSE_MS * tried);
    }
  }
}

async function transactOn<T>(
  connection: PoolConnection,
  work: (transaction: Transaction) => Promise<T>,
): Promise<Outcome<T>> {
  await connection.query('begin');
  let value: T;
  try {
    value = await work({
      read: (sql) => rowsOf(connection, sql),
      write: (sql) => writeOn(connection, sql),
      inServerZone: (inner) => inServerZone(connection, inner),
    });
  } catch (error) {
    // Until the commit is sent nothing has happened; a connection that cannot even roll back is cut, which does the same.
    if (!isConnectionLost(error)) await connection.query('rollback');
    throw error;
  }
  try {
    await connection.query({ sql: 'commit', timeout: ANSWER_MS_MAX });
    return { kind: 'committed', value };
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    connection.destroy();
    return { kind: 'unknown', value };
  }
}

async function rowsOf(connection: PoolConnection, sql: string): Promise<readonly Cells[]> {
  const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: ANSWER_MS_MAX });
  return rows as unknown as readonly Cells[];
}

async function inServerZone<T>(connection: PoolConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('set time_zone = @@global.time_zone');
  try {
    return await work();
  } finally {
    await connection.query(`set time_zone = '+00:00'`);
  }
}

async function writeOn(connection: PoolConnection, sql: string): Promise<Written> {
  const [header] = await connection.query<ResultSetHeader>({ sql, timeout: ANSWER_MS_MAX });
  return { affectedRows: header.affectedRows, firstId: String(header.insertId) };
}

/** Ends at the abort whatever the statement does; `cut` sees to it that nobody else gets its answer. */
async function untilAborted<T>(
  work: Promise<T>,
  cut: () => void,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    cut();
    aborted.reject(refuse('transient', 'aborted', 'the read was aborted'));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

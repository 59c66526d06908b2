/** Connections to the store, and the one way to run a transaction: under a workspace, with the store's clock, retried. */
import pg from 'pg';

import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';

const TRIES_MAX = 10;
const RETRY_BASE_MS = 5;
const RETRY_CAP_MS = 500;
const STATEMENT_TIMEOUT_MS = 300_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const QUERY_CANCELED = '57014';
/** What a process reads that has stood still in a transaction for longer than the store lets it. */
const IDLE_IN_TRANSACTION_TIMEOUT = '25P03';

/** Two transactions met; this one changed nothing and can simply run again. */
export class Collision extends Error {
  override readonly name = 'Collision';
}

/** Conditions of the store itself, by SQLSTATE class: connection, resources, operator, system. Never a record's fault. */
const OUTAGE_CLASSES = new Set(['08', '53', '57', '58']);
const OUTAGE_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** A standby was reached, which takes no writes, or none yet: it may be about to take over. */
class StandbyReached extends Error {
  override readonly name = 'StandbyReached';
}

/** The store has another history than the one that this process knows: it looks into that before anything else. */
class OtherTimeline extends Error {
  override readonly name = 'OtherTimeline';
}

/** The store has another history than the one that the work was begun in: nothing of it may be stored. */
export class WentBack extends Error {
  override readonly name = 'WentBack';
}

/** The store could not be reached or could not work: waiting helps, and no record is to blame. */
export function isStoreOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StandbyReached || error instanceof WentBack) return true;
  if (error instanceof pg.DatabaseError)
    return error.code === IDLE_IN_TRANSACTION_TIMEOUT || OUTAGE_CLASSES.has(error.code?.slice(0, 2) ?? '');
  return ('syscall' in error && 'code' in error) || OUTAGE_MESSAGES.test(error.message);
}

/** A statement took longer than it was allowed to. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
}

/** The lease under which the work was done has passed to someone else: nothing of it may be stored. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** When, and in which history of the store, a transaction began. */
interface Moment {
  /** The store's clock: milliseconds since 1970, with microseconds behind the point. */
  readonly nowMs: number;
  /** PostgreSQL's: another one begins when a standby takes over, and when a backup is rolled forward. See lineage.ts. */
  readonly timeline: string;
}

/** An open transaction. */
export interface Tx extends Moment {
  query<Row extends pg.QueryResultRow>(
    statement: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** How many rows a statement touched. */
  execute(statement: string, values?: readonly unknown[]): Promise<number>;
}

export interface Database {
  /** Runs `action` in a READ COMMITTED transaction that sees only the workspace's rows. It may run more than once. */
  transaction<T>(workspaceNo: number, action: (tx: Tx) => Promise<T>): Promise<T>;
  /** The store's clock, milliseconds since 1970. */
  nowMs(): Promise<number>;
  /** Another pool on the same store: whoever uses it cannot take the connections of those who use this one. */
  apart(bounds: PoolBounds): Database;
  /** The connection string, for the parts that bring their own pool. Holds a password. */
  readonly url: string;
  close(): Promise<void>;
}

/** What the users of one pool may take. */
export interface PoolBounds {
  readonly connectionsMax: number;
  /** How long anybody waits for a connection; for ever when not said. */
  readonly waitMsMax?: number;
  readonly statementMsMax?: number;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** The history of the store that all pools of the process have last seen. */
export interface Lineage {
  readonly timeline: string;
  /** Another one was met: what follows from that is done when this is. */
  follow(): Promise<void>;
}

/** `isSuperuser`: the pool steps down to the role that row security holds for. */
export function openPool(
  options: DatabaseOptions,
  lineage: Lineage,
  isSuperuser: boolean,
  bounds: PoolBounds,
): Database {
  const settings = [
    `statement_timeout=${String(bounds.statementMsMax ?? STATEMENT_TIMEOUT_MS)}`,
    `idle_in_transaction_session_timeout=${String(IDLE_IN_TRANSACTION_TIMEOUT_MS)}`,
    'timezone=UTC',
    'jit=off',
    // Every statement of ours names its rows by key arrays and joins a thousand rows with a thousand. A planner that
    // believes in one row (its statistics are always older than a bulk load) would compare them a million times.
    'enable_nestloop=off',
    // For the same reason: the queue is read in the order of its index, not collected and sorted.
    'enable_bitmapscan=off',
    // And what is found by a thousand keys is in memory mostly: at the price of a disk that turns, the whole of a table with fewer
    // than some 50,000 rows would be read for it instead.
    'random_page_cost=1.1',
    ...(isSuperuser ? ['role=trueup_app'] : []),
  ];
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'trueup',
    options: settings.map((setting) => `-c ${setting}`).join(' '),
    max: bounds.connectionsMax,
    ...(bounds.waitMsMax === undefined ? {} : { connectionTimeoutMillis: bounds.waitMsMax }),
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the program.
  pool.on('error', ignore);
  // So would one that is cut while it is lent out, between two statements or before the first: the pool listens only to
  // the others. Whoever has borrowed it learns of it by the next statement, which fails.
  pool.on('connect', (client) => client.on('error', ignore));
  return {
    url: options.url,
    apart: (other) => openPool(options, lineage, isSuperuser, other),
    transaction: (workspaceNo, action) =>
      retried(options, lineage, () => runOnce(pool, lineage, workspaceNo, action)),
    nowMs: async () => {
      const result = await pool.query<{ now_ms: number }>(
        'select extract(epoch from clock_timestamp())::float8 * 1000 as now_ms',
      );
      return result.rows[0]?.now_ms ?? 0;
    },
    close: () => pool.end(),
  };
}

async function runOnce<T>(
  pool: pg.Pool,
  lineage: Lineage,
  workspaceNo: number,
  action: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const moment = await begin(client, workspaceNo);
    if (moment.timeline !== lineage.timeline) throw new OtherTimeline();
    const result = await action(transactionOn(client, moment));
    await client.query('commit');
    return result;
  } catch (error) {
    // Another connection may lead to the one that has taken over.
    if (error instanceof StandbyReached) broken = error;
    await client.query('rollback').catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed');
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

const ignore = (): void => undefined;

/** One round trip: the transaction, its workspace (only as long as the transaction) and the moment. */
async function begin(client: pg.PoolClient, workspaceNo: number): Promise<Moment> {
  const results: unknown = await client.query(
    `begin;
     select set_config('trueup.workspace', '${String(Math.trunc(workspaceNo))}', true), ${MOMENT}`,
  );
  const [, selected] = results as readonly pg.QueryResult<MomentRow>[];
  return momentIn(selected?.rows[0]);
}

/** What `momentIn` reads. The name of the file that is written to begins with the timeline; a standby writes none. */
export const MOMENT = `
  extract(epoch from clock_timestamp())::float8 * 1000 as now_ms,
  case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline`;

export interface MomentRow {
  readonly now_ms: number;
  readonly timeline: string | null;
}

/** Throws an outage at a standby. */
export function momentIn(row: MomentRow | undefined): Moment {
  if (row === undefined || row.timeline === null)
    throw new StandbyReached('the store is a standby, and takes no writes');
  return { nowMs: row.now_ms, timeline: row.timeline };
}

/** A transaction that is open on a connection, from then on as the statements of the store take it. */
export function transactionOn(client: pg.ClientBase, moment: Moment): Tx {
  return {
    ...moment,
    query: async <Row extends pg.QueryResultRow>(statement: string, values?: readonly unknown[]) => {
      const result = await client.query<Row>(statement, values === undefined ? undefined : [...values]);
      return result.rows;
    },
    execute: async (statement, values) => {
      const result = await client.query(statement, values === undefined ? undefined : [...values]);
      return result.rowCount ?? 0;
    },
  };
}

/** The same transaction, in which every statement ends within what is then left of the time, or throws what `isTooSlow` knows. */
export function withinTime(tx: Tx, leftMs: () => number): Tx {
  const limit = (): Promise<number> =>
    tx.execute(`select set_config('statement_timeout', $1, true)`, [
      String(Math.max(1, Math.ceil(leftMs()))),
    ]);
  const { nowMs, timeline } = tx;
  return {
    nowMs,
    timeline,
    query: async <Row extends pg.QueryResultRow>(statement: string, values?: readonly unknown[]) => {
      await limit();
      return tx.query<Row>(statement, values);
    },
    execute: async (statement, values) => {
      await limit();
      return tx.execute(statement, values);
    },
  };
}

async function retried<T>(options: DatabaseOptions, lineage: Lineage, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= TRIES_MAX || !(error instanceof OtherTimeline || isCollision(error))) throw error;
      if (error instanceof OtherTimeline) {
        await lineage.follow();
        continue;
      }
      await options.clock.sleep(backoffMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS, options.random));
    }
  }
}

function isCollision(error: unknown): boolean {
  if (error instanceof Collision) return true;
  return (
    error instanceof pg.DatabaseError &&
    (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK_DETECTED)
  );
}

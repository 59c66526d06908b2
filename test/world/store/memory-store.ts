/**
 * The store of a sync in memory, which may have others beside it, with the transactions of the real one: READ COMMITTED with row locks, statement by
 * statement. differential.test.ts keeps it equal to src/store on PostgreSQL. It draws on nothing from outside: with the
 * same clock, chance, ids and schedule the same happens again.
 */
import type { Clock } from '../../../src/lib/clock.ts';
import type { Ids } from '../../../src/lib/ids.ts';
import type { Random } from '../../../src/lib/random.ts';
import { connection, type Connection } from './connection.ts';
import { digest } from './digest.ts';
import type { LockHolder } from './lock-holder.ts';
import { createTables, type Tables } from './rows.ts';
import { CONNECTION_LOST } from './sql-error.ts';
import { newStreams } from './streams.ts';
import type { GivenScope } from './sync-transaction.ts';
import type { Change, Transaction } from './transaction.ts';

export interface ConnectionOptions {
  readonly ids: Ids;
  /**
   * Awaited before every statement, and so at the start of every call that has anything to do; it decides who goes on, and
   * rejects to break the connection there; null lets on at once. The point is the call's name, with the statement's where the call has several
   * (`lockBundles`, `lockBundles/links`, `save/links`); besides there are `begin`, `commit` (before anything is durable),
   * `committed` (after), `nowMs`, and `…/woken` for a statement that has waited for a lock.
   */
  readonly pause: (point: string) => Promise<void> | null;
  /** Told when a statement begins to wait for another transaction; it is heard of again at `…/woken`. */
  readonly onBlocked: (point: string) => void;
  /** What the connection's transactions are bound to; by default what the store says at each one's beginning. */
  readonly scope: GivenScope;
}

export interface MemoryStoreOptions extends Partial<ConnectionOptions> {
  readonly sides: readonly string[];
  /** What the sync is called by references to it. */
  readonly name?: string;
  /** The tables of the installation's syncs by name, to which this one's are added; by default it is alone. */
  readonly syncs?: Map<string, Tables>;
  /** Tells the store's time, and waits between the tries of a transaction. */
  readonly clock: Clock;
  /** Spreads those waits. */
  readonly random: Random;
  readonly ids: Ids;
  /** Told of every transaction that has been committed, at once, and when it began: nothing else has happened since. */
  readonly onCommitted?: (changes: readonly Change[], beganMs: number) => void;
}

/** The committed rows of every table. */
export type Dump = {
  readonly [
    Name in keyof Tables as Tables[Name] extends { rows(): unknown } ? Name : never
  ]: Tables[Name] extends {
    rows(): infer Rows;
  }
    ? Rows
    : never;
};

/** All that was committed at one instant. */
export interface Snapshot {
  readonly restore: readonly (() => void)[];
}

export interface MemoryStore extends Connection {
  /** Another connection, to be paused and broken by itself. */
  connect(options?: Partial<ConnectionOptions>): Connection;
  readonly tables: Tables;
  dump(): Dump;
  snapshot(): Snapshot;
  /** Puts a backup in the place of everything. Open transactions lose their connection. */
  restore(snapshot: Snapshot): void;
  /** Of every row that was ever committed, in order: two runs with the same hash went the same way. */
  hash(): number;
  commits(): number;
  /** What PostgreSQL would have refused, retries not helping, so far: every one is a bug of the engine. */
  refusals(): readonly string[];
}

/** Changed rows are hashed when somebody asks, which hardly anybody does, or when there are this many. */
const UNHASHED_MAX = 65_536;
const HASH_START = 0x811c_9dc5 | 0;

/** A store with the sync's first revision: nothing is known, nothing is approved, every stream is due. */
export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const { clock, random, name = 'sync', syncs = new Map<string, Tables>() } = options;
  const tables = createTables();
  syncs.set(name, tables);
  const advisory = new Map<string, LockHolder>();
  const open = new Set<Transaction>();
  const refusals: string[] = [];
  let unhashed: unknown[] = [];
  let hash = HASH_START;
  let commits = 0;
  const hashAll = (): number => {
    for (const value of unhashed) hash = digest(hash, value);
    unhashed = [];
    return hash;
  };
  const connect = (given: Partial<ConnectionOptions> = {}): Connection => {
    const { ids, pause, onBlocked, scope } = { ...options, ...given };
    return connection({
      tables,
      name,
      syncs,
      advisory,
      clock,
      random,
      ids,
      scope: scope ?? {},
      clockMs: () => clock.nowMs(),
      pause: pause ?? (() => null),
      onBlocked: onBlocked ?? (() => undefined),
      onRefused: (error) => refusals.push(`${error.code ?? ''} ${error.message}`),
      onChanged: (table, key, row) => {
        unhashed.push(table, key, row);
        if (unhashed.length >= UNHASHED_MAX) hashAll();
      },
      onBegun: (tx) => open.add(tx),
      onEnded: (tx, isCommitted) => {
        open.delete(tx);
        if (!isCommitted) return;
        commits += 1;
        options.onCommitted?.(tx.changes, tx.nowMs);
      },
    });
  };
  begin(tables, options.sides);
  return {
    ...connect(),
    connect,
    tables,
    dump: () => dumpOf(tables),
    snapshot: () => ({ restore: stored(tables).map((table) => table.keep()) }),
    restore: (snapshot) => {
      for (const tx of open) tx.break(CONNECTION_LOST);
      for (const restore of snapshot.restore) restore();
      unhashed.push('restored');
    },
    hash: hashAll,
    commits: () => commits,
    refusals: () => refusals,
  };
}

function begin(tables: Tables, sides: readonly string[]): void {
  tables.scope.put({ revision: 1, approvedUntilMs: null });
  for (const stream of sides.flatMap(newStreams)) tables.streams.put(stream);
}

function stored(tables: Tables) {
  return Object.values(tables).filter((table) => 'keep' in table);
}

function dumpOf(tables: Tables): Dump {
  return {
    scope: tables.scope.rows(),
    plans: tables.plans.rows(),
    streams: tables.streams.rows(),
    hints: tables.hints.rows(),
    identities: tables.identities.rows(),
    links: tables.links.rows(),
    matchKeys: tables.matchKeys.rows(),
    unlinkedKeys: tables.unlinkedKeys.rows(),
    writes: tables.writes.rows(),
    attempts: tables.attempts.rows(),
    holds: tables.holds.rows(),
    waits: tables.waits.rows(),
    guardWindows: tables.guardWindows.rows(),
    runs: tables.runs.rows(),
    sightings: tables.sightings.rows(),
    decisions: tables.decisions.rows(),
    journal: tables.journal.rows(),
  };
}

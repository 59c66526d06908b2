/**
 * Which part of a table's change column has to be read, so that no change is ever skipped.
 *
 * Reading `updated_at > last` loses records: a transaction stamps its rows when it begins or writes, but they become
 * visible only when it commits. One that stamped 12:00:00 and commits at 12:00:05 is not there when the poll of 12:00:03
 * reads up to 12:00:03, and is too old for every poll after it.
 *
 * So each poll also notes which transactions are running, each with a *bound*: a moment that it began after. What such a
 * transaction stamps is not older than its bound. A later poll reads from the moment of the poll before it, or, when
 * noted transactions have ended in between, from the oldest of their bounds. A transaction that still runs costs
 * nothing until it ends. No id of a transaction will do in place of the list: a transaction has none before its first write,
 * while now() is its beginning; but every one of them, however idle, holds the lock on its own virtual id, and pg_locks
 * shows that to every user. The lock is given up only after the commit has become visible.
 */
import { z } from 'zod';

import { textIn, type Database } from './database.ts';

/** Microseconds since 1970, as the database counts them. */
type Micros = number;

const MICROS_PER_HOUR = 3_600_000_000;

/** A place in the feed: everything stamped and visible before `at` was read, but for what the live ones still hide. */
export type Horizon = {
  readonly at: Micros;
  /** Running transactions and the bound of each. */
  readonly live: readonly (readonly [transaction: string, bound: Micros])[];
};

export const HorizonSchema = z.object({
  at: z.number().int(),
  live: z.array(z.tuple([z.string(), z.number().int()]).readonly()).readonly(),
});

const NOW = `select (extract(epoch from clock_timestamp()) * 1000000)::int8`;

/** Other databases of the server cannot change our tables; pg_stat_activity shows every user who is where. */
const RUNNING = `
select l.virtualtransaction, (extract(epoch from a.xact_start) * 1000000)::int8
from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'virtualxid' and l.virtualxid = l.virtualtransaction and l.mode = 'ExclusiveLock' and l.granted
  and a.datid = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()`;

/** Prepared transactions (two-phase commit) have given up their virtual id and still hide what they wrote. */
const PREPARED = `select 'prepared ' || transaction::text from pg_prepared_xacts where database = current_database()`;

interface Sight {
  readonly at: Micros;
  /** Running transactions, with their beginning where this user may see it. */
  readonly running: ReadonlyMap<string, Micros | null>;
  readonly prepared: readonly string[];
}

/** The order matters: whoever is missing from the list either began after `at` or ended before what is read next. */
async function look(database: Database, signal: AbortSignal): Promise<Sight> {
  const [now] = await database.query({ text: NOW }, signal);
  const running = await database.query({ text: RUNNING }, signal);
  const prepared = await database.query({ text: PREPARED }, signal);
  return {
    at: Number(now?.[0]),
    running: new Map(running.map(([name, since]) => [textIn(name), since === null ? null : Number(since)])),
    prepared: prepared.map(([name]) => textIn(name)),
  };
}

/**
 * The present position. When a running transaction began is shown only to privileged users (pg_read_all_stats); others
 * take it that none has been running for more than an hour.
 */
export async function presentHorizon(database: Database, signal: AbortSignal): Promise<Horizon> {
  const { at, running, prepared } = await look(database, signal);
  const unknown = at - MICROS_PER_HOUR;
  return {
    at,
    live: [
      ...[...running].map(([name, since]) => [name, since ?? unknown] as const),
      ...prepared.map((name) => [name, unknown] as const),
    ],
  };
}

export type Advance = {
  /** Rows stamped from here on must be read now. */
  readonly from: Micros;
  /** The position once they have been read. */
  readonly next: Horizon;
};

export async function advance(database: Database, last: Horizon, signal: AbortSignal): Promise<Advance> {
  return advanced(last, await look(database, signal));
}

export function advanced(last: Horizon, { at, running, prepared }: Sight): Advance {
  const bounds = new Map(last.live);
  const known = new Set([...running.keys(), ...prepared]);
  const ended = last.live.filter(([name]) => !known.has(name)).map(([, bound]) => bound);
  const from = Math.min(last.at, ...ended);
  return {
    from,
    next: {
      at,
      live: [
        // Not seen at the last poll, so it began after that.
        ...[...running.keys()].map((name) => [name, bounds.get(name) ?? last.at] as const),
        // It may be one of those that seem to have ended.
        ...prepared.map((name) => [name, bounds.get(name) ?? from] as const),
      ],
    },
  };
}

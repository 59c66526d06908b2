import type { Clock } from '../../lib/clock.ts';
import type { Client } from './client.ts';
import { isChangedTable, refuse } from './failures.ts';
import type { Settings } from './settings.ts';
import { readTables, unknownCollection, type Table } from './table.ts';

/** Knows the tables of one database; asks again before long, and at once when a table turns out to have changed. */
export interface Catalog {
  all(): Promise<readonly Table[]>;
  /** Fails for an unknown table. */
  table(collection: string): Promise<Table>;
  /** The table, with what is needed to tell its records apart. */
  keyed(collection: string): Promise<Table>;
  /** Runs `work` with the table; once more when the table changed since it was looked at. */
  withTable<T>(collection: string, work: (table: Table) => Promise<T>): Promise<T>;
}

const KNOWN_FOR_MS = 10_000;

interface Known {
  readonly table: Table;
  readonly untilMs: number;
}

export function createCatalog(client: Client, settings: Settings, clock: Clock): Catalog {
  const known = new Map<string, Known>();
  const { database } = settings.address;

  const table = async (collection: string): Promise<Table> => {
    const remembered = known.get(collection);
    if (remembered !== undefined && clock.monotonicMs() < remembered.untilMs) return remembered.table;
    const [found] = await readTables(client, database, [collection], settings.datetimeIsUtc);
    if (found === undefined) throw await unknownCollection(client, database, collection);
    known.set(collection, { table: found, untilMs: clock.monotonicMs() + KNOWN_FOR_MS });
    return found;
  };
  const keyed = async (collection: string): Promise<Table> => {
    const found = await table(collection);
    if (found.key.length === 0) throw noKey(collection);
    return found;
  };
  return {
    all: () => readTables(client, database, null, settings.datetimeIsUtc),
    table,
    keyed,
    withTable: async (collection, work) => {
      try {
        return await work(await keyed(collection));
      } catch (error) {
        if (!isChangedTable(error) || !known.delete(collection)) throw error;
        return work(await keyed(collection));
      }
    },
  };
}

function noKey(collection: string): Error {
  return refuse('config', 'no_key', `${collection} has no primary key, and no unique key without nulls`, {
    advice: 'Add a primary key to the table: without one its records cannot be told apart.',
  });
}

import type { ConnectorContext, Session } from '../../connector/contract.ts';
import { createCatalog } from './catalog.ts';
import { runOn, type Database } from './database.ts';
import { descriptionOf, type Access } from './describe.ts';
import { bucketDigests, recordDigests } from './digests.ts';
import { asConnectorFailure, refuse } from './failures.ts';
import { findRecords, getRecords, type Run } from './lookup.ts';
import { pollChanges } from './poll.ts';
import { replicateChanges } from './replication.ts';
import { rightsBeyond } from './rights.ts';
import type { Settings } from './settings.ts';
import { readAll } from './snapshot.ts';
import { writeRecords } from './write.ts';

export function createSession(
  database: Database,
  settings: Settings,
  access: Access,
  context: ConnectorContext,
): Session {
  const { clock, random, connectionKey } = context;
  const catalog = createCatalog(database, settings, clock);
  const closing = new AbortController();
  // What only looks need not be waited for.
  const run: Run = (statement) => database.withClient((client) => runOn(client, statement), closing.signal);
  return {
    describe: async (names) => {
      const tables = await catalog.tables(names);
      return tables.map((table) => descriptionOf(table, access));
    },
    readAll: (request) =>
      untilAborted(request, closing.signal, async function* (bound) {
        yield* readAll(database, await catalog.table(request.collection), bound);
      }),
    readChanges: (request) =>
      untilAborted(request, closing.signal, async function* (bound) {
        const table = await catalog.table(request.collection);
        if (access.replication) {
          yield* replicateChanges({ database, table, clock, connectionKey, request: bound });
          return;
        }
        const column = table.cursorColumn;
        if (column === null || access.isStandby) throw noFeed(table.name, access);
        yield* pollChanges({
          database,
          table,
          column,
          clock,
          timeZone: settings.cursorTimeZone,
          request: bound,
        });
      }),
    get: (collection, ids, fields) =>
      failing(async () => getRecords(run, await catalog.table(collection), ids, fields)),
    find: (collection, field, values, fields, recordsMax) =>
      failing(async () =>
        findRecords(run, await catalog.table(collection), { field, values, recordsMax }, fields),
      ),
    write: (collection, requests) =>
      failing(async () =>
        writeRecords(database, { table: await catalog.table(collection), clock, random }, requests),
      ),
    digests: {
      buckets: (request) =>
        failing(async () => bucketDigests(database, await catalog.table(request.collection), request)),
      records: (request, buckets, recordsMax) =>
        failing(async () =>
          recordDigests(database, await catalog.table(request.collection), request, buckets, recordsMax),
        ),
    },
    excessiveRights: (uses) => failing(() => rightsBeyond(database, settings.replication, uses)),
    close: async () => {
      closing.abort();
      await database.close();
    },
  };
}

async function failing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asConnectorFailure(error);
  }
}

/** Reads until the caller or the session's end aborts it, and then ends without an error. */
async function* untilAborted<Request extends { readonly signal: AbortSignal }, Page>(
  request: Request,
  closing: AbortSignal,
  read: (bound: Request) => AsyncIterable<Page>,
): AsyncGenerator<Page> {
  const signal = AbortSignal.any([request.signal, closing]);
  try {
    if (!signal.aborted) yield* read({ ...request, signal });
  } catch (error) {
    if (!signal.aborted) throw asConnectorFailure(error);
  }
}

function noFeed(name: string, { isStandby }: Access): Error {
  return isStandby
    ? refuse(
        'config',
        'no_feed',
        'This server is a standby: it shows no changes reliably.',
        'Connect to the primary server.',
      )
    : refuse(
        'config',
        'no_feed',
        `The table ${name} has no column that says when a record was last changed.`,
        'Add such a column (updated_at), name it in `cursor_column`, or set `replication: logical`.',
      );
}

import type { ConnectorContext, Session } from '../../connector/contract.ts';
import { createCatalog } from './catalog.ts';
import { createClient } from './client.ts';
import { describeTable } from './describe.ts';
import { readChanges } from './feed.ts';
import { readLimits, type WriteLimits } from './limits.ts';
import { findRecords, getRecords, readAll, type Source } from './read.ts';
import { rightsBeyond } from './rights.ts';
import type { Settings } from './settings.ts';
import { writeRecords } from './write.ts';

/** Connects, and asks what has to be known about the server before anything is written. */
export async function openSession(settings: Settings, context: ConnectorContext): Promise<Session> {
  const client = createClient(settings.address, context.clock);
  try {
    const limits = await readLimits(client);
    const catalog = createCatalog(client, settings, context.clock);
    return createSession({ client, catalog, cursorColumn: settings.cursorColumn }, settings, limits, context);
  } catch (error) {
    await client.close();
    throw error;
  }
}

function createSession(
  source: Source,
  settings: Settings,
  limits: WriteLimits,
  context: ConnectorContext,
): Session {
  const { client, catalog, cursorColumn } = source;
  return {
    describe: async (collections) => {
      const tables =
        collections === undefined
          ? await catalog.all()
          : await Promise.all(collections.map((name) => catalog.table(name)));
      return tables.map((table) => describeTable(table, cursorColumn));
    },
    readAll: (request) => readAll(source, request),
    readChanges: (request) => readChanges(source, context.clock, settings.lookbackSeconds, request),
    get: (collection, ids, fields) => getRecords(source, collection, ids, fields),
    find: (collection, field, values, fields, recordsMax) =>
      findRecords(source, { collection, field, values, fields, recordsMax }),
    write: (collection, requests) => writeRecords(source, limits, collection, requests),
    excessiveRights: (uses) => rightsBeyond(client, settings.address.database, uses),
    close: () => client.close(),
  };
}

import type { ConnectorContext, Session } from '../../connector/contract.ts';
import { ToldRecords } from '../../connector/notices.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Deployment } from './account.ts';
import type { SalesforceApi } from './api.ts';
import { Catalog } from './catalog.ts';
import { readChanges } from './changes.ts';
import { describeObject } from './describe.ts';
import { errorLogIn } from './error-log.ts';
import { Events } from './events.ts';
import { refuse } from './failures.ts';
import { lookUp } from './look.ts';
import type { SalesforceField } from './object.ts';
import { publishAll } from './publish.ts';
import { readWhole } from './read-by-job.ts';
import { findByValue, type Selection } from './read.ts';
import { rightsBeyond } from './rights.ts';
import type { Settings } from './settings.ts';
import { takeUpAll, writeAll } from './write.ts';

const SECOND_MS = 1_000;

export function salesforceSession(
  api: SalesforceApi,
  settings: Settings,
  context: ConnectorContext,
  deployment: Deployment,
): Session {
  const catalog = new Catalog(api, settings.objects);
  const readFields = new Map<string, readonly SalesforceField[]>();
  const events = new Events(api, settings, context, deployment);
  const select = async (collection: string, names: readonly string[]): Promise<Selection> => {
    const object = await catalog.object(collection);
    if (object.isEvent) throw refuse('told_only', `${collection} is an event: nothing of it can be read.`);
    const fields = await catalog.fields(collection, names);
    readFields.set(collection, fields);
    return { object, fields };
  };
  return {
    describe: async (collections) => {
      const names = collections ?? (await catalog.names());
      const objects = await Promise.all(names.map((name) => catalog.object(name)));
      return objects.map((object) => describeObject(object, settings));
    },
    readAll: (request) =>
      untilAborted(request.signal, async function* pages() {
        const selection = await select(request.collection, request.fields);
        yield* readWhole(api, selection, request, settings.bulkReadFrom);
      }),
    readChanges: (request) =>
      untilAborted(request.signal, async function* pages() {
        const selection = await select(request.collection, request.fields);
        const overlapMs = settings.overlapSeconds * SECOND_MS;
        yield* readChanges(
          { api, selection, overlapMs, request, told: new ToldRecords() },
          events.paceOf(request),
        );
      }),
    get: async (collection, ids, fields) =>
      lookUp(api, await select(collection, fields), ids, settings.viewAll),
    find: async (collection, field, values, fields, recordsMax) => {
      const [by] = await catalog.fields(collection, [field]);
      const selection = await select(collection, fields);
      return by === undefined ? [] : findByValue(api, selection, by, values, recordsMax);
    },
    write: async (collection, requests, begun) => {
      await catalog.fields(collection, [...new Set(requests.flatMap(({ fields }) => [...fields.keys()]))]);
      const object = await catalog.object(collection);
      if (object.isEvent) {
        const { source, userId } = api.account;
        const publishing = { pubSub: events.client(), source, userId, nowMs: context.clock.nowMs() };
        return publishAll({ ...publishing, event: object, signal: api.closed }, requests);
      }
      const writing = { api, object, settings, random: context.random, begun: begun ?? null };
      return writeAll({ ...writing, readFields: readFields.get(collection) ?? null }, requests);
    },
    takeUp: async (collection, token, requests, ageMs) =>
      takeUpAll(api, await catalog.object(collection), token, requests, ageMs),
    ...(settings.errorLog === null ? {} : { errorLog: errorLogIn(api, catalog, settings.errorLog) }),
    excessiveRights: (uses) => rightsBeyond(api, catalog, uses),
    close: async () => {
      events.close();
      await api.close();
    },
  };
}

/** An aborted read ends quietly: whoever aborted it knows, and what it yielded stands. */
async function* untilAborted<T>(signal: AbortSignal, pages: () => AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* pages();
  } catch (error) {
    if (!signal.aborted) throw error;
    failureFrom(error);
  }
}

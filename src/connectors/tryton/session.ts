import type { Session } from '../../connector/contract.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Clock } from '../../lib/clock.ts';
import { Catalog } from './catalog.ts';
import { ChangeFeed } from './changes.ts';
import type { TrytonClient } from './client.ts';
import type { Collection } from './collection.ts';
import { findByValue, lookUp, readAll } from './read.ts';
import { rightsBeyond } from './rights.ts';
import { withinCall } from './write-limit.ts';
import { writeAll } from './write.ts';

export interface SessionOptions {
  readonly clock: Clock;
  readonly overlapMs: number;
}

export function trytonSession(client: TrytonClient, options: SessionOptions): Session {
  const catalog = new Catalog(client);
  /** What readers ask for, per collection: an answer to a write tells them this. */
  const readFields = new Map<string, readonly string[]>();
  const select = async (collection: string, fields: readonly string[]): Promise<Collection> => {
    const known = await catalog.collection(collection, fields);
    readFields.set(collection, fields);
    return known;
  };
  return {
    describe: (collections) => catalog.describe(collections),
    readAll: (request) =>
      untilAborted(request.signal, async function* pages() {
        yield* readAll(client, await select(request.collection, request.fields), request);
      }),
    readChanges: (request) =>
      untilAborted(request.signal, async function* pages() {
        const collection = await select(request.collection, request.fields);
        yield* new ChangeFeed(client, collection, request, options).pages();
      }),
    get: async (collection, ids, fields) => lookUp(client, await select(collection, fields), ids, fields),
    find: async (collection, field, values, fields, recordsMax) => {
      const found = await catalog.collection(collection, [...fields, field]);
      return findByValue(client, found, field, values, fields, recordsMax);
    },
    write: async (collection, requests) => {
      const asking = withinCall(client, options.clock);
      const written = requests.flatMap((request) => [...request.fields.keys()]);
      const fields = [...new Set([...written, ...(readFields.get(collection) ?? [])])];
      return writeAll(asking, await catalog.collection(collection, fields), requests, fields);
    },
    excessiveRights: (uses) => rightsBeyond(client, uses),
    close: () => client.close(),
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

import type { ConnectorContext, Session } from '../../connector/contract.ts';
import type { Purpose } from '../../connector/http/request.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { nearestNames } from '../../lib/nearest.ts';
import type { RestApi } from './api.ts';
import { readChanges } from './changes.ts';
import { collectionOf, describeCollection, type Collection } from './collection.ts';
import type { Description } from './description/shape.ts';
import { refuse } from './failures.ts';
import type { Field } from './fields.ts';
import { findByValue, readAll } from './read.ts';
import { lookUp, type Look } from './single.ts';
import { writeAll } from './write.ts';

const NEAREST = 3;

/** `told`: the collections of which the system tells by itself. */
export function restSession(
  api: RestApi,
  description: Description,
  told: ReadonlySet<string>,
  { clock }: ConnectorContext,
): Session {
  const collections = new Map(
    Object.entries(description.collections).map(([name, shape]) => [
      name,
      collectionOf(name, shape, description, told.has(name)),
    ]),
  );
  const look = (name: string, fields: readonly string[], purpose: Purpose, signal: AbortSignal): Look => {
    const collection = named(collections, name);
    return { api, collection, fields: fieldsOf(collection, fields), purpose, signal };
  };
  return {
    describe: async (names) =>
      (names ?? [...collections.keys()]).map((name) => describeCollection(named(collections, name))),
    readAll: (request) =>
      untilAborted(request.signal, () =>
        readAll(look(request.collection, request.fields, 'sweep', request.signal), request),
      ),
    readChanges: (request) =>
      untilAborted(request.signal, () =>
        readChanges(look(request.collection, request.fields, 'capture', request.signal), request, clock),
      ),
    get: async (name, ids, fields) => await lookUp(look(name, fields, 'resolve', api.closed), ids),
    find: async (name, field, values, fields, recordsMax) => {
      const found = look(name, fields, 'resolve', api.closed);
      fieldsOf(found.collection, [field]);
      return await findByValue(found, field, values, recordsMax);
    },
    write: async (name, requests) => await writeAll({ api, collection: named(collections, name) }, requests),
    close: () => api.close(),
  };
}

function named(collections: ReadonlyMap<string, Collection>, name: string): Collection {
  const collection = collections.get(name);
  if (collection !== undefined) return collection;
  const near = nearestNames(name, collections.keys(), NEAREST).join(', ');
  throw refuse('unknown_collection', `There is no collection ${name}. The nearest are: ${near}`);
}

function fieldsOf(collection: Collection, names: readonly string[]): readonly Field[] {
  return names.map((name) => {
    const field = collection.fields.get(name);
    if (field !== undefined) return field;
    const near = nearestNames(name, collection.fields.keys(), NEAREST).join(', ');
    throw refuse('unknown_field', `${collection.name} has no field ${name}. The nearest are: ${near}`, name);
  });
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

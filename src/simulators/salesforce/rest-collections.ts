/** Routes for up to 200 records at once. The answer is 200 even if every record failed; each has its own result. */
import type { HttpAnswer } from '../http-server.ts';
import { collectionError, jsonAnswer } from './answer.ts';
import { bodyOf, contextOf, isObject, objectOf, objectsIn, textsIn, type Call, type Route } from './call.ts';
import { malformedId, notFound, SalesforceError } from './failure.ts';
import { parseId } from './ids.ts';
import type { Input } from './input.ts';
import { jsonRecord } from './render.ts';
import type { SObject } from './schema.ts';
import { resolvePath } from './soql-path.ts';
import { isLookedUpBy } from './store.ts';
import type { Transaction } from './transaction.ts';
import { idIn, upsertOne, type Saved } from './upsert.ts';
import type { Writer } from './writer.ts';

const RECORDS_MAX = 200;
const RETRIEVED_MAX = 2_000;
const CHUNKS_MAX = 10;

export const collectionRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/composite\/sobjects$/, run: create },
  { method: 'PATCH', path: /^\/composite\/sobjects$/, run: update },
  { method: 'DELETE', path: /^\/composite\/sobjects$/, run: remove },
  { method: 'PATCH', path: /^\/composite\/sobjects\/(\w+)\/(\w+)$/, run: upsert },
  { method: 'POST', path: /^\/composite\/sobjects\/(\w+)$/, run: retrieve },
  { method: 'GET', path: /^\/composite\/sobjects\/(\w+)$/, run: retrieve },
];

type Step = (transaction: Transaction, writer: Writer) => Saved;

function create(call: Call): HttpAnswer {
  return each(call, recordsOf(call), (input) => {
    const object = typeOf(call, input);
    return (transaction, writer) => ({ id: writer.create(transaction, object, input) });
  });
}

function update(call: Call): HttpAnswer {
  return each(call, recordsOf(call), ({ id: lower, Id: upper, ...input }) => {
    const object = typeOf(call, input);
    return (transaction, writer) => {
      const id = idIn(upper ?? lower, object);
      writer.update(transaction, id, input);
      return { id };
    };
  });
}

function remove(call: Call): HttpAnswer {
  const ids = (call.request.query.get('ids') ?? '').split(',').filter((id) => id !== '');
  if (ids.length > RECORDS_MAX) throw tooMany();
  const allOrNone = call.request.query.get('allOrNone') === 'true';
  const steps = ids.map((given): Step => (transaction, writer) => {
    const id = parseId(given);
    if (id === null) throw malformedId('bad id', given);
    writer.delete(transaction, id);
    return { id };
  });
  return jsonAnswer(200, run(call, steps, allOrNone));
}

function upsert(call: Call): HttpAnswer {
  const object = objectOf(call);
  const field = call.viewer.field(object, call.params[1] ?? '');
  if (field === null || !(field.name === 'Id' || isLookedUpBy(field))) {
    throw notFound(
      `Provided external ID field does not exist or is not accessible: ${String(call.params[1])}`,
    );
  }
  const records = recordsOf(call);
  const keys = records.map((input) => keyText(input[field.name]));
  return each(call, records, (input, index) => {
    const key = keys[index] ?? '';
    const isTwice = key !== '' && keys.indexOf(key) !== keys.lastIndexOf(key);
    return (transaction, writer) => {
      if (isTwice)
        throw new SalesforceError(
          'DUPLICATE_VALUE',
          `Duplicate external id specified: ${String(input[field.name])}`,
        );
      return upsertOne(call.org, transaction, writer, object, field, input);
    };
  });
}

function retrieve(call: Call): HttpAnswer {
  const object = objectOf(call);
  const query = call.request.query;
  const body = call.request.method === 'POST' ? bodyOf(call) : null;
  const ids = body === null ? (query.get('ids') ?? '').split(',') : textsIn(body['ids'], 'ids');
  const names = body === null ? (query.get('fields') ?? '').split(',') : textsIn(body['fields'], 'fields');
  if (ids.length > RETRIEVED_MAX) throw tooMany();
  const fields = names.map((name) => resolvePath(call.viewer, object, name).field);
  const records = ids.map((given) => {
    const id = parseId(given);
    const record = id === null ? null : call.org.store.get(id);
    const isThere = record !== null && record['IsDeleted'] !== true && call.viewer.sees(record);
    return isThere ? jsonRecord(call.viewer, object, record, call.version, fields) : null;
  });
  return jsonAnswer(200, records);
}

function recordsOf(call: Call): readonly Input[] {
  const records = objectsIn(bodyOf(call)['records'], 'records');
  if (records.length > RECORDS_MAX) throw tooMany();
  const types = records.map(typeName);
  const chunks = types.filter((type, index) => type !== types[index - 1]).length;
  if (chunks <= CHUNKS_MAX) return records;
  const message =
    'Cannot have more than 10 chunks in a single operation. Please rearrange data to reduce chunking.';
  throw new SalesforceError('LIMIT_EXCEEDED', message);
}

function each(
  call: Call,
  records: readonly Input[],
  step: (input: Input, index: number) => Step,
): HttpAnswer {
  const allOrNone = bodyOf(call)['allOrNone'] === true;
  const steps = records.map(
    (input, index): Step =>
      (transaction, writer) =>
        step(input, index)(transaction, writer),
  );
  return jsonAnswer(200, run(call, steps, allOrNone));
}

/** Each step by itself: one that fails takes back its own work, or, with `allOrNone`, everybody's. */
function run(call: Call, steps: readonly Step[], allOrNone: boolean): readonly unknown[] {
  const outcomes: (Saved | SalesforceError)[] = [];
  call.org.transact(contextOf(call), (transaction, writer) => {
    for (const step of steps) {
      const count = transaction.changes().length;
      try {
        outcomes.push(step(transaction, writer));
      } catch (error) {
        if (!(error instanceof SalesforceError)) throw error;
        transaction.rollBackTo(count);
        outcomes.push(error);
      }
    }
    if (allOrNone && outcomes.some(isError)) transaction.rollBackTo(0);
  });
  const isUndone = allOrNone && outcomes.some(isError);
  return outcomes.map((outcome) => {
    if (isError(outcome)) return { success: false, errors: [collectionError(outcome)] };
    if (isUndone) return { success: false, errors: [collectionError(rolledBack())] };
    const { id, created } = outcome;
    return { id, success: true, errors: [], ...(created === undefined ? {} : { created }) };
  });
}

function isError(outcome: Saved | SalesforceError): outcome is SalesforceError {
  return outcome instanceof SalesforceError;
}

function rolledBack(): SalesforceError {
  const message =
    'Record rolled back because not all records were valid and the request was using AllOrNone header';
  return new SalesforceError('ALL_OR_NONE_OPERATION_ROLLED_BACK', message);
}

function tooMany(): SalesforceError {
  const message = 'record limit reached. cannot submit more than 200 records with the operation';
  return new SalesforceError('EXCEEDED_ID_LIMIT', message);
}

function typeOf(call: Call, input: Input): SObject {
  const name = typeName(input);
  const object = call.viewer.object(name);
  if (object === null) throw new SalesforceError('INVALID_TYPE', `sObject type '${name}' is not supported.`);
  return object;
}

function typeName(input: Input): string {
  const { attributes } = input;
  return isObject(attributes) && typeof attributes['type'] === 'string' ? attributes['type'] : '';
}

function keyText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
}

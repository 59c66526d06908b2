/** Routes for one record: by id and by external id. */
import type { HttpAnswer } from '../http-server.ts';
import { jsonAnswer, noContent } from './answer.ts';
import { bodyOf, contextOf, objectOf, type Call, type Route } from './call.ts';
import { isDeleted, notFound, SalesforceError } from './failure.ts';
import { parseId, prefixOf } from './ids.ts';
import type { Input } from './input.ts';
import { normalise } from './normalise.ts';
import { idOf, type SfRecord } from './record.ts';
import { attributesOf, jsonRecord } from './render.ts';
import type { Field, SObject } from './schema.ts';
import { resolvePath } from './soql-path.ts';
import { isLookedUpBy } from './store.ts';
import { msOf } from './times.ts';

const SOBJECTS = String.raw`^/sobjects/(\w+)`;

export const recordRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: new RegExp(`${SOBJECTS}/([A-Za-z0-9]{15,18})$`),
    run: (call) => read(call, byId(call)),
  },
  { method: 'PATCH', path: new RegExp(`${SOBJECTS}/([A-Za-z0-9]{15,18})$`), run: update },
  {
    method: 'DELETE',
    path: new RegExp(`${SOBJECTS}/([A-Za-z0-9]{15,18})$`),
    run: (call) => remove(call, byId(call)),
  },
  { method: 'POST', path: new RegExp(`${SOBJECTS}$`), run: create },
  { method: 'POST', path: new RegExp(`${SOBJECTS}/(?:Id|id)$`), run: create },
  { method: 'GET', path: new RegExp(`${SOBJECTS}/(\\w+)/([^/]+)$`), run: readByKey },
  { method: 'PATCH', path: new RegExp(`${SOBJECTS}/(\\w+)/([^/]+)$`), run: upsert },
  { method: 'DELETE', path: new RegExp(`${SOBJECTS}/(\\w+)/([^/]+)$`), run: removeByKey },
];

function create(call: Call): HttpAnswer {
  const object = objectOf(call);
  const id = call.org.transact(contextOf(call), (transaction, writer) =>
    writer.create(transaction, object, bodyOf(call)),
  );
  return created(call, object, id);
}

function created(call: Call, object: SObject, id: string, isUpsert = false): HttpAnswer {
  const body = { id, success: true, errors: [], ...(isUpsert ? { created: true } : {}) };
  return jsonAnswer(201, body, { location: `/services/data/v${call.version}/sobjects/${object.name}/${id}` });
}

function update(call: Call): HttpAnswer {
  const record = byId(call);
  checkConditions(call, record);
  const input = bodyOf(call);
  refuseKeys(input, ['Id']);
  call.org.transact(contextOf(call), (transaction, writer) => {
    writer.update(transaction, idOf(record), input);
  });
  return noContent();
}

function remove(call: Call, record: SfRecord): HttpAnswer {
  checkConditions(call, record);
  call.org.transact(contextOf(call), (transaction, writer) => {
    writer.delete(transaction, idOf(record));
  });
  return noContent();
}

function read(call: Call, record: SfRecord): HttpAnswer {
  const object = objectOf(call);
  const since = call.request.headers['if-modified-since'];
  const changedMs = msOf(String(record['LastModifiedDate']));
  if (since !== undefined && seconds(changedMs) <= Date.parse(since))
    return { status: 304, headers: {}, body: '' };
  checkConditions(call, record);
  const names = call.request.query.get('fields');
  const fields = names?.split(',').map((name) => resolvePath(call.viewer, object, name.trim()).field);
  const headers = { 'last-modified': new Date(changedMs).toUTCString() };
  return jsonAnswer(200, jsonRecord(call.viewer, object, record, call.version, fields), headers);
}

/** A write or read that is only meant if nothing has changed since; the condition knows seconds only. */
function checkConditions(call: Call, record: SfRecord): void {
  const until = call.request.headers['if-unmodified-since'];
  if (typeof until !== 'string') return;
  if (seconds(msOf(String(record['LastModifiedDate']))) <= Date.parse(until)) return;
  throw new SalesforceError('PRECONDITION_FAILED', 'The request precondition failed', { status: 412 });
}

function seconds(atMs: number): number {
  return Math.floor(atMs / 1_000) * 1_000;
}

/** The record that the path names by id, which is there and which the user may see. */
function byId(call: Call): SfRecord {
  const object = objectOf(call);
  const id = parseId(call.params[1]);
  const record = id === null || prefixOf(id) !== object.keyPrefix ? null : call.org.store.get(id);
  if (record === null || !call.viewer.sees(record)) throw notFound();
  if (record['IsDeleted'] === true) throw isDeleted();
  return record;
}

function readByKey(call: Call): HttpAnswer {
  const [record] = found(call);
  if (record === undefined) throw notFound();
  return read(call, record);
}

function removeByKey(call: Call): HttpAnswer {
  const [record] = found(call);
  if (record === undefined) throw notFound();
  return remove(call, record);
}

function upsert(call: Call): HttpAnswer {
  const object = objectOf(call);
  const field = keyField(call, object);
  const input = bodyOf(call);
  refuseKeys(input, ['Id', field.name]);
  const matches = found(call);
  if (matches.length > 1) {
    return jsonAnswer(
      300,
      matches.map((record) => attributesOf(object, record, call.version)['url']),
    );
  }
  const [record] = matches;
  if (record === undefined) {
    if (call.request.query.get('updateOnly') === 'true') throw notFound();
    if (field.name === 'Id') throw notFound();
    call.org.pauseForRace();
    const id = call.org.transact(contextOf(call), (transaction, writer) =>
      writer.create(transaction, object, { ...input, [field.name]: call.params[2] }),
    );
    return created(call, object, id, true);
  }
  call.org.transact(contextOf(call), (transaction, writer) => {
    writer.update(transaction, idOf(record), input);
  });
  // Older versions answered an update with nothing.
  if (Number(call.version) < 46) return noContent();
  return jsonAnswer(200, { id: idOf(record), success: true, errors: [], created: false });
}

/** The records whose key the path gives. More than one, and the caller must choose by id. */
function found(call: Call): readonly SfRecord[] {
  const object = objectOf(call);
  const field = keyField(call, object);
  if (field.name === 'Id') return [byId({ ...call, params: [object.name, call.params[2] ?? ''] })];
  const ids = call.org.store.find(object, field, normalise(field, call.params[2]));
  const records = [...ids].map((id) => call.org.store.get(id)).filter((record) => record !== null);
  return records.filter((record) => call.viewer.sees(record));
}

function keyField(call: Call, object: SObject): Field {
  const name = call.params[1] ?? '';
  const field = call.viewer.field(object, name);
  if (field !== null && (field.name === 'Id' || isLookedUpBy(field))) return field;
  throw notFound(`Provided external ID field does not exist or is not accessible: ${name}`);
}

function refuseKeys(input: Input, names: readonly string[]): void {
  const wanted = names.map((name) => name.toLowerCase());
  const given = Object.keys(input).find((name) => wanted.includes(name.toLowerCase()));
  if (given === undefined) return;
  throw new SalesforceError(
    'INVALID_FIELD',
    `The ${given} field should not be specified in the sobject data.`,
    {
      fields: [given],
    },
  );
}

/** Any model but the party: its plain fields as they are, one row of one table per record. */
import type { SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { NO_REFERENCES, timestampMs, type Collection } from './collection.ts';
import { failWith } from './failures.ts';
import { describeField, encodeValue, type Model, type ModelField } from './model.ts';
import { decodeValue, numberOf } from './wire.ts';

export function genericCollection(model: Model): Collection {
  const setAll = (fields: ReadonlyMap<string, NativeValue>): JsonObject => encodeFields(model, fields);
  return {
    name: model.name,
    fields: [...model.fields.values()].map(describeField),
    feeds: [{ model: model.name, owner: null }],
    hasActive: model.names.has('active'),
    columns: (fields) => [...fields, '_timestamp', 'write_uid', 'create_uid'],
    decode: (row, fields) => {
      const id = numberOf(row['id'], model.name);
      const timestamp = timestampText(row);
      const ownRow = `${model.name},${String(id)}`;
      const content = new Map(fields.map((name) => [name, decodeValue(row[name])]));
      return {
        id,
        record: recordOf(id, timestamp, content),
        row: ownRow,
        timestamps: new Map(timestamp === null ? [] : [[ownRow, timestamp]]),
        parts: new Map(),
        lastWriterId: lastWriter(row),
      };
    },
    domain: (field, values) => [plainDomain(fieldOf(model, field), values)],
    holds: () => true,
    resolve: () => Promise.resolve(NO_REFERENCES),
    createValues: setAll,
    updateValues: setAll,
  };
}

function recordOf(id: number, timestamp: string | null, fields: SystemRecord['fields']): SystemRecord {
  const record = { id: String(id), version: timestamp, fields };
  return timestamp === null ? record : { ...record, modifiedAtMs: timestampMs(timestamp) };
}

/** Null for the models that are views over others: they have no such thing. */
export function timestampText(row: JsonObject): string | null {
  const timestamp = row['_timestamp'];
  return typeof timestamp === 'string' ? timestamp : null;
}

export function lastWriter(row: JsonObject): number | null {
  const writer = row['write_uid'] ?? row['create_uid'];
  return typeof writer === 'number' ? writer : null;
}

export function fieldOf(model: Model, name: string): ModelField {
  const field = model.fields.get(name);
  if (field === undefined)
    throw failWith('tryton.unknown_field', `${model.name} has no field ${name}.`, { field: name });
  return field;
}

export function plainDomain(field: ModelField, values: readonly NativeValue[]): Json {
  if (!field.searchable) {
    throw failWith('tryton.not_searchable', `Tryton cannot search by ${field.name}.`, { field: field.name });
  }
  return [field.name, 'in', values.map((value) => encodeValue(field, value))];
}

export function encodeFields(model: Model, fields: ReadonlyMap<string, NativeValue>): JsonObject {
  return Object.fromEntries(
    [...fields].map(([name, value]) => [name, encodeValue(fieldOf(model, name), value)]),
  );
}

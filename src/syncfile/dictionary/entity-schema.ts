/** The entities as JSON Schema (draft 2020-12), for programs that check records elsewhere. */
import { formatPattern } from '../../engine/format.ts';
import type { FieldType } from '../../engine/value.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Dictionary } from './dictionary.ts';
import { boundOf, typeOf } from './entry.ts';
import type { EntityEntry, FieldEntry } from './shape.ts';

/** Rules in CEL have no counterpart there; they stand as `x-rules`. */
export function entitySchema(dictionary: Dictionary): JsonObject {
  const entities = [...dictionary.entities].map(
    ([name, entity]) => [name, entityPart(name, entity)] as const,
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Data dictionary',
    $defs: Object.fromEntries(entities),
  };
}

function entityPart(name: string, entity: EntityEntry): JsonObject {
  const fields = Object.entries(entity.fields);
  const required = fields.filter(([, entry]) => entry.required === true).map(([field]) => field);
  return {
    title: name,
    ...(entity.meaning === undefined ? {} : { description: entity.meaning }),
    type: 'object',
    properties: Object.fromEntries(fields.map(([field, entry]) => [field, fieldPart(entry)])),
    ...(required.length === 0 ? {} : { required }),
    ...(entity.rules === undefined
      ? {}
      : { 'x-rules': entity.rules.map(({ must, says }) => ({ must, says })) }),
  };
}

function fieldPart(entry: FieldEntry): JsonObject {
  const type = typeOf(entry) ?? { kind: 'text' };
  const { min, max } = entry;
  return {
    ...(entry.title === undefined ? {} : { title: entry.title }),
    ...(entry.meaning === undefined ? {} : { description: entry.meaning }),
    ...withNull(typePart(type), entry.required === true),
    ...(entry.max_length === undefined ? {} : { maxLength: entry.max_length }),
    ...(entry.format === undefined ? {} : { pattern: formatPattern(entry.format) }),
    ...boundPart(type, 'minimum', 'x-first', min),
    ...boundPart(type, 'maximum', 'x-last', max),
    ...(type.kind === 'text' && entry.values !== undefined
      ? { enum: [...Object.keys(entry.values), ...(entry.required === true ? [] : [null])] }
      : {}),
    ...(entry.examples === undefined ? {} : { examples: entry.examples }),
    ...(entry.owner === undefined ? {} : { 'x-owner': entry.owner }),
    ...(entry.sensitivity === undefined ? {} : { 'x-sensitivity': entry.sensitivity }),
    ...(entry.rules === undefined
      ? {}
      : { 'x-rules': entry.rules.map(({ must, says }) => ({ must, says })) }),
  };
}

/** Dates have no least and greatest in JSON Schema, so theirs stand under names of our own. */
function boundPart(
  type: FieldType,
  ofNumber: string,
  ofTime: string,
  written: string | number | undefined,
): JsonObject {
  const bound = boundOf(type, written);
  if (bound === null) return {};
  const isNumber = type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'money';
  return isNumber ? { [ofNumber]: Number(bound) } : { [ofTime]: bound };
}

function withNull(part: JsonObject, isRequired: boolean): JsonObject {
  const { type, enum: options } = part;
  if (isRequired || typeof type !== 'string') return part;
  return {
    ...part,
    type: [type, 'null'],
    ...(Array.isArray(options) ? { enum: [...(options as readonly Json[]), null] } : {}),
  };
}

function typePart(type: FieldType): JsonObject {
  switch (type.kind) {
    case 'integer':
      return { type: 'integer' };
    case 'decimal':
      return { type: 'number' };
    case 'money':
      return type.currency === undefined
        ? { type: 'string' }
        : { type: 'number', 'x-currency': type.currency };
    case 'boolean':
      return { type: 'boolean' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'email':
      return { type: 'string', format: 'email' };
    case 'uuid':
      return { type: 'string', format: 'uuid' };
    case 'url':
      return { type: 'string', format: 'uri' };
    case 'choice':
      return { type: 'string', enum: type.options };
    case 'set': {
      const element = { type: 'string', ...(type.options === undefined ? {} : { enum: type.options }) };
      return { type: 'array', items: element, uniqueItems: true };
    }
    case 'reference': {
      const id = { type: 'string', format: 'uuid' };
      return type.many === true ? { type: 'array', items: id, uniqueItems: true } : id;
    }
    case 'json':
      return {};
    case 'phone':
      return { type: 'string', pattern: String.raw`^\+[0-9]{4,15}(;ext=[0-9]+)?$` };
    case 'country':
      return { type: 'string', pattern: '^[A-Z]{2}$' };
    case 'currency':
      return { type: 'string', pattern: '^[A-Z]{3}$' };
    case 'text':
    case 'time':
    case 'subdivision':
    case 'timeZone':
    case 'html':
    case 'salesforceId':
      return { type: 'string' };
  }
}

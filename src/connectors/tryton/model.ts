/** What Tryton says about a model's fields (`fields_get`), and how their values are written. */
import type { FieldDescription } from '../../connector/contract.ts';
import type { FieldType, NativeValue } from '../../engine/value.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { TrytonClient } from './client.ts';
import { failWith } from './failures.ts';
import { dateOf, datetimeOf, isObject, textOf, timeOf, unexpected } from './wire.ts';

export interface ModelField {
  readonly name: string;
  readonly title: string;
  /** Tryton's own word: `char`, `numeric`, `many2one`. */
  readonly kind: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly searchable: boolean;
  /** The model whose records the value names by their id. */
  readonly relation?: string;
}

export interface Model {
  readonly name: string;
  /** The plain fields; lists of other records, files and dictionaries are not among them. */
  readonly fields: ReadonlyMap<string, ModelField>;
  /** Names of all fields, also of those that are not plain. */
  readonly names: ReadonlySet<string>;
}

/** Kept by Tryton itself; they are evidence, not content. */
const BOOKKEEPING = new Set(['id', 'create_uid', 'create_date', 'write_uid', 'write_date', 'rec_name']);
const SECOND_MS = 1_000;

export async function readModel(client: TrytonClient, name: string): Promise<Model> {
  const answer = await client.model(name, 'fields_get', [[]], { effect: 'read' });
  if (!isObject(answer)) throw unexpected(`${name}.fields_get`);
  const definitions = Object.entries(answer).filter((entry): entry is [string, JsonObject] =>
    isObject(entry[1]),
  );
  const candidates = definitions.flatMap(([fieldName, definition]) => {
    const type = typeOf(definition);
    return type === null || BOOKKEEPING.has(fieldName) ? [] : [fieldOf(fieldName, definition, type)];
  });
  const defaulted = await fieldsWithDefault(client, name, candidates);
  const fields = candidates.map((field) => ({
    ...field,
    required: field.required && !defaulted.has(field.name),
  }));
  return {
    name,
    fields: new Map(fields.map((field) => [field.name, field])),
    names: new Set(definitions.map(([fieldName]) => fieldName)),
  };
}

export function describeField(field: ModelField): FieldDescription {
  const { name, title, type, required, readOnly, relation = '' } = field;
  const described = { name, title, type, required, readOnly, unique: false };
  return relation === '' ? described : { ...described, refersTo: [relation] };
}

function fieldOf(name: string, definition: JsonObject, type: FieldType): ModelField {
  const title = definition['string'];
  return {
    name,
    title: typeof title === 'string' && title !== '' ? title : name,
    kind: textOf(definition['type']),
    type,
    // Some modules compute this flag and answer 1 instead of true.
    required: Boolean(definition['required']),
    readOnly: Boolean(definition['readonly']),
    searchable: Boolean(definition['searchable']),
    ...(NAMES_RECORDS.has(textOf(definition['type'])) ? { relation: textOf(definition['relation']) } : {}),
  };
}

/** Kinds whose value is the id of a record of the model `relation`. */
const NAMES_RECORDS = new Set(['many2one', 'one2one']);

/** A required field that Tryton fills by itself need not be mapped. */
async function fieldsWithDefault(
  client: TrytonClient,
  model: string,
  fields: readonly ModelField[],
): Promise<ReadonlySet<string>> {
  const required = fields.filter((field) => field.required && !field.readOnly).map((field) => field.name);
  if (required.length === 0) return new Set();
  const defaults = await client.model(model, 'default_get', [required], { effect: 'read' });
  if (!isObject(defaults)) return new Set();
  return new Set(Object.keys(defaults).filter((name) => defaults[name] !== null));
}

/** Null for what is not one plain value. */
function typeOf(definition: JsonObject): FieldType | null {
  switch (definition['type']) {
    case 'char':
    case 'text':
    case 'reference': {
      const size = definition['size'];
      return typeof size === 'number' ? { kind: 'text', lengthMax: size } : { kind: 'text' };
    }
    case 'integer':
    case 'biginteger':
    case 'many2one':
    case 'one2one':
      return { kind: 'integer' };
    case 'numeric':
    case 'float':
      return decimalOf(definition['digits']);
    case 'boolean':
      return { kind: 'boolean' };
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time' };
    case 'datetime':
      return { kind: 'instant', grainMs: SECOND_MS };
    case 'timestamp':
      return { kind: 'instant' };
    case 'selection':
      return choiceOf(definition['selection']);
    case 'multiselection':
      return { kind: 'set' };
    default:
      return null;
  }
}

/** Digits may depend on another field of the record; then nothing can be promised. */
function decimalOf(digits: Json | undefined): FieldType {
  const parsed = typeof digits === 'string' ? parseDigits(digits) : digits;
  const scale = isJsonArray(parsed ?? null) ? (parsed as readonly Json[])[1] : undefined;
  return typeof scale === 'number' ? { kind: 'decimal', scaleMax: scale } : { kind: 'decimal' };
}

function parseDigits(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** Options that the server computes by a method are not listed; such a field is text. */
function choiceOf(selection: Json | undefined): FieldType {
  if (selection === undefined || !isJsonArray(selection)) return { kind: 'text' };
  const options = selection.flatMap((option) => {
    const value = isJsonArray(option) ? option[0] : null;
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  return { kind: 'choice', options };
}

/** The value as Tryton takes it. One of the wrong type is refused here, because Tryton would store `4` as a name. */
export function encodeValue(field: ModelField, value: NativeValue): Json {
  if (value === null) return null;
  const encoded = encode(field.kind, value);
  if (encoded === undefined) {
    const message = `Field ${field.name} takes ${field.type.kind}, and the value is none.`;
    throw failWith('tryton.wrong_type', message, { field: field.name });
  }
  return encoded;
}

function encode(kind: string, value: NonNullable<NativeValue>): Json | undefined {
  switch (kind) {
    case 'char':
    case 'text':
    case 'reference':
    case 'selection':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
    case 'biginteger':
    case 'many2one':
    case 'one2one': {
      const number = numeric(value);
      return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
    }
    case 'float':
      return numeric(value);
    case 'numeric':
      return decimalJson(value);
    case 'multiselection':
      return isTextList(value) ? value : undefined;
    default:
      return typeof value === 'string' ? encodeTime(kind, value) : undefined;
  }
}

/** As text: a number in JSON would pass through a double. */
function decimalJson(value: NonNullable<NativeValue>): Json | undefined {
  if (numeric(value) === undefined) return undefined;
  return { __class__: 'Decimal', decimal: typeof value === 'string' ? value : JSON.stringify(value) };
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function numeric(value: NonNullable<NativeValue>): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

function isTextList(value: NonNullable<NativeValue>): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/;

function encodeTime(kind: string, text: string): Json | undefined {
  if (kind === 'time') {
    const [, hour, minute, second = '00', fraction = ''] = TIME.exec(text) ?? [];
    if (hour === undefined || minute === undefined) return undefined;
    const moment = new Date(`1970-01-01T${hour}:${minute}:${second}Z`);
    return Number.isNaN(moment.getTime()) ? undefined : timeOf(moment, Number(fraction.padEnd(6, '0')));
  }
  const moment = new Date(kind === 'date' ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(moment.getTime())) return undefined;
  // A field of kind `datetime` refuses fractions of a second.
  if (kind === 'date') return dateOf(moment);
  return datetimeOf(moment, kind === 'timestamp' ? moment.getUTCMilliseconds() * 1_000 : 0);
}

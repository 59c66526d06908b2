/** JSON Schemas as OpenAPI uses them, flattened to fields of a description. */
import type { Json, JsonObject } from '../../../lib/json.ts';
import type { FIELD_TYPES } from '../description/shape.ts';
import { isObject, listOf, membersOf, resolved, textOf } from './document.ts';

const DEPTH_MAX = 2;
const FIELDS_MAX = 200;
const PARTS_DEPTH_MAX = 6;

/** A field that a schema tells of. */
export interface DraftField {
  readonly name: string;
  readonly at: string;
  readonly type: (typeof FIELD_TYPES)[number];
  readonly options: readonly string[];
  readonly lengthMax: number | null;
  readonly required: boolean;
  readonly readOnly: boolean;
}

/** The properties of an object, those of its parts (allOf) included; of alternatives, the first that is an object. */
export function propertiesOf(
  document: JsonObject,
  schema: Json | undefined,
  depth = 0,
): { readonly properties: ReadonlyMap<string, JsonObject>; readonly required: ReadonlySet<string> } {
  const object = resolved(document, schema);
  const properties = new Map<string, JsonObject>();
  const required = new Set<string>();
  if (object === null || depth > PARTS_DEPTH_MAX) return { properties, required };
  const alternatives = [...listOf(object['oneOf']), ...listOf(object['anyOf'])];
  const chosen = alternatives.find((one) => propertiesOf(document, one, depth + 1).properties.size > 0);
  for (const part of [...listOf(object['allOf']), ...(chosen === undefined ? [] : [chosen])]) {
    const inner = propertiesOf(document, part, depth + 1);
    for (const [name, property] of inner.properties) properties.set(name, property);
    for (const name of inner.required) required.add(name);
  }
  for (const [name, property] of membersOf(object['properties'])) {
    const found = resolved(document, property);
    if (found !== null) properties.set(name, found);
  }
  for (const name of listOf(object['required'])) if (typeof name === 'string') required.add(name);
  return { properties, required };
}

/** The schema of the elements, where the schema is that of a list; null where it is not. */
export function elementOf(document: JsonObject, schema: Json | undefined): JsonObject | null {
  const object = resolved(document, schema);
  if (object === null || !typesOf(object).includes('array')) return null;
  return resolved(document, object['items']) ?? {};
}

/** Fields with their types; objects within are flattened, as deep as people look. */
export function fieldsOf(document: JsonObject, schema: Json | undefined): readonly DraftField[] {
  const fields: DraftField[] = [];
  collect(document, schema, { name: '', at: '', depth: 0, readOnly: false }, fields);
  return fields;
}

interface Within {
  readonly name: string;
  readonly at: string;
  readonly depth: number;
  readonly readOnly: boolean;
}

function collect(document: JsonObject, schema: Json | undefined, within: Within, fields: DraftField[]): void {
  const { properties, required } = propertiesOf(document, schema);
  for (const [key, property] of properties) {
    if (fields.length >= FIELDS_MAX) return;
    const name = within.name === '' ? key : `${within.name}.${key}`;
    const at = `${within.at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (/^(?:__proto__|constructor|prototype)$/.test(key)) continue;
    const readOnly = within.readOnly || property['readOnly'] === true;
    const isNested = within.depth < DEPTH_MAX - 1 && propertiesOf(document, property).properties.size > 0;
    if (isNested) collect(document, property, { name, at, depth: within.depth + 1, readOnly }, fields);
    else
      fields.push(
        fieldOf(document, property, {
          name,
          at,
          readOnly,
          required: within.depth === 0 && required.has(key),
        }),
      );
  }
}

function fieldOf(
  document: JsonObject,
  property: JsonObject,
  known: {
    readonly name: string;
    readonly at: string;
    readonly readOnly: boolean;
    readonly required: boolean;
  },
): DraftField {
  const options = listOf(property['enum']).filter((option) => typeof option === 'string' && option !== '');
  const lengthMax = property['maxLength'];
  const type = typeOf(document, property, options.length);
  return {
    ...known,
    type,
    options: type === 'choice' ? [...new Set(options as readonly string[])] : [],
    lengthMax:
      type === 'text' && typeof lengthMax === 'number' && lengthMax >= 1 ? Math.floor(lengthMax) : null,
  };
}

const BY_FORMAT: ReadonlyMap<string, DraftField['type']> = new Map([
  ['email', 'email'],
  ['uuid', 'uuid'],
  ['date', 'date'],
  ['date-time', 'instant'],
  ['time', 'time'],
  ['uri', 'url'],
  ['url', 'url'],
]);

function typeOf(document: JsonObject, property: JsonObject, options: number): DraftField['type'] {
  const types = typesOf(property);
  if (types.includes('array')) {
    const element = elementOf(document, property);
    return element !== null && typesOf(element).includes('string') ? 'set' : 'json';
  }
  if (types.includes('object') || (types.length === 0 && isObject(property['properties']))) return 'json';
  if (options > 0 && types.every((type) => type === 'string')) return 'choice';
  if (types.includes('boolean')) return 'boolean';
  if (types.includes('number')) return 'decimal';
  if (types.includes('integer')) return 'integer';
  return BY_FORMAT.get(textOf(property['format']) ?? '') ?? 'text';
}

/** Version 3.1 writes a type that may be empty as a list with `null` in it. */
function typesOf(schema: JsonObject): readonly string[] {
  const { type } = schema;
  return [...(typeof type === 'string' ? [type] : []), ...listOf(type)].filter(
    (one): one is string => typeof one === 'string' && one !== 'null',
  );
}

/** What an OpenAPI document says of the requests of one kind of record. */
import type { Json, JsonObject } from '../../../lib/json.ts';
import { isObject, listOf, membersOf, resolved, textOf } from './document.ts';
import { elementOf, propertiesOf } from './schemas.ts';

const RESOURCES_MAX = 2_000;
const LIST_NAMES: readonly string[] = [
  'data',
  'results',
  'items',
  'records',
  'value',
  'values',
  'list',
  'entries',
];

/** One request that the document describes. */
export interface Operation {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly raw: JsonObject;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: JsonObject;
}

/** A kind of record: the path of its list, and that of one. */
export interface Resource {
  readonly path: string;
  readonly singlePath: string | null;
}

/** The paths whose GET answers a list, in the order of the document. */
export function resourcesOf(document: JsonObject): readonly Resource[] {
  const paths = membersOf(document['paths']);
  const names = paths.map(([path]) => path);
  return paths
    .slice(0, RESOURCES_MAX)
    .filter(([path]) => !/\}[^/]*$/.test(path) && listAt(document, path) !== null)
    .map(([path]) => ({
      path,
      singlePath:
        names.find(
          (name) => name.startsWith(`${path}/`) && /^\/\{[^{}/]+\}$/.test(name.slice(path.length)),
        ) ?? null,
    }));
}

/** One request; null where the document has none. */
export function operationOf(
  document: JsonObject,
  path: string | null,
  method: Operation['method'],
): Operation | null {
  if (path === null) return null;
  const paths = document['paths'];
  const found = isObject(paths) && Object.hasOwn(paths, path) ? resolved(document, paths[path]) : null;
  const raw = found === null ? null : resolved(document, found[method.toLowerCase()]);
  if (found === null || raw === null) return null;
  const parameters = [...listOf(found['parameters']), ...listOf(raw['parameters'])].flatMap((one) =>
    parameterIn(document, one),
  );
  return { path, method, raw, parameters };
}

function parameterIn(document: JsonObject, value: Json): readonly Parameter[] {
  const parameter = resolved(document, value);
  const [name, place] = [textOf(parameter?.['name']), textOf(parameter?.['in'])];
  if (parameter === null || name === null || place === null) return [];
  return [{ name, in: place, schema: resolved(document, parameter['schema']) ?? {} }];
}

/** The schema of the answer of success in JSON; null where it is not said. */
export function answerOf(document: JsonObject, operation: Operation | null): JsonObject | null {
  const responses = membersOf(operation?.raw['responses']);
  const good =
    responses.find(([status]) => /^2\d\d$/.test(status)) ?? responses.find(([status]) => status === '2XX');
  return contentOf(document, resolved(document, good?.[1]), /json/);
}

/** The headers of the answer of success, by name in small letters. */
export function answerHeaders(document: JsonObject, operation: Operation | null): readonly string[] {
  return membersOf(operation?.raw['responses'])
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, response]) => membersOf(resolved(document, response)?.['headers']))
    .map(([name]) => name.toLowerCase());
}

/** The schema of the first answer that says no. */
export function errorAnswerOf(document: JsonObject, operation: Operation | null): JsonObject | null {
  for (const [status, response] of membersOf(operation?.raw['responses'])) {
    if (!/^(?:4|5|default)/.test(status)) continue;
    const schema = contentOf(document, resolved(document, response), /json/);
    if (schema !== null) return schema;
  }
  return null;
}

/** What a request carries; as a form where only that is taken. */
export function bodyOf(
  document: JsonObject,
  operation: Operation | null,
): { readonly schema: JsonObject; readonly form: boolean } | null {
  const body = resolved(document, operation?.raw['requestBody']);
  const json = contentOf(document, body, /json/);
  if (json !== null) return { schema: json, form: false };
  const form = contentOf(document, body, /x-www-form-urlencoded/);
  return form === null ? null : { schema: form, form: true };
}

/** Where in the answer of a list its records stand, and what one is; null where it is no list. */
export function listAt(
  document: JsonObject,
  path: string,
): { readonly records: string; readonly element: JsonObject } | null {
  const schema = answerOf(document, operationOf(document, path, 'GET'));
  if (schema === null) return null;
  const whole = elementOf(document, schema);
  if (whole !== null) return { records: '', element: whole };
  const lists = [...propertiesOf(document, schema).properties].flatMap(([name, property]) => {
    const element = elementOf(document, property);
    return element !== null && propertiesOf(document, element).properties.size > 0 ? [{ name, element }] : [];
  });
  const names = [...LIST_NAMES, path.split('/').at(-1) ?? ''];
  const chosen = lists.find(({ name }) => names.includes(name)) ?? lists[0];
  return chosen === undefined ? null : { records: `/${chosen.name}`, element: chosen.element };
}

/** Where a single record stands in an answer or body: within the one object that wraps it, or at the top. */
export function wrappedAt(document: JsonObject, schema: JsonObject, element: JsonObject): string {
  const { properties } = propertiesOf(document, schema);
  const [only] = properties;
  if (properties.size !== 1 || only === undefined) return '';
  const own = new Set(propertiesOf(document, element).properties.keys());
  const inner = [...propertiesOf(document, only[1]).properties.keys()];
  return inner.some((name) => own.has(name)) ? `/${only[0]}` : '';
}

function contentOf(document: JsonObject, value: JsonObject | null, type: RegExp): JsonObject | null {
  const content = membersOf(value?.['content']).find(([name]) => type.test(name));
  return resolved(document, resolved(document, content?.[1])?.['schema']);
}

/** An OpenAPI document, read within bounds: whatever is in the file, this ends soon. */
import { parse } from 'yaml';

import { isJsonArray, type Json, type JsonObject } from '../../../lib/json.ts';
import { isPointer, valueAt } from '../../../lib/pointer.ts';

const BYTES_MAX = 16 * 1_048_576;
const ALIASES_MAX = 1_000;
const REFERENCES_MAX = 20;

export type OpenApiReading =
  | { readonly kind: 'ok'; readonly document: JsonObject }
  | { readonly kind: 'refused'; readonly message: string; readonly fix: string };

/** JSON or YAML, OpenAPI 3.0 and 3.1. */
export function readOpenApi(text: string): OpenApiReading {
  if (Buffer.byteLength(text) > BYTES_MAX)
    return refused(
      `the document has more than ${String(BYTES_MAX)} bytes`,
      'Cut it down to the paths that matter.',
    );
  const document = parsed(text);
  if (document === null || !isObject(document))
    return refused(
      'the file is neither JSON nor YAML',
      'Give the OpenAPI document itself, not a page about it.',
    );
  const version = textOf(document['openapi']) ?? textOf(document['swagger']) ?? '';
  if (!/^3\.[01]\./.test(version)) {
    const what =
      version === '' ? 'the file does not say that it is OpenAPI' : `this is version ${version.slice(0, 20)}`;
    return refused(
      `${what}, not OpenAPI 3.0 or 3.1`,
      'Convert it to OpenAPI 3 first; editor.swagger.io does.',
    );
  }
  return { kind: 'ok', document };
}

/** What stands there, references within the document followed; null for none, for a cycle, and for another document's. */
export function resolved(document: JsonObject, value: Json | undefined): JsonObject | null {
  let found = value;
  for (let count = 0; count < REFERENCES_MAX; count += 1) {
    if (found === undefined || !isObject(found)) return null;
    const reference: Json | undefined = found['$ref'];
    if (typeof reference !== 'string') return found;
    const pointer = decoded(reference);
    if (pointer === null || !isPointer(pointer)) return null;
    found = valueAt(document, pointer);
  }
  return null;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && value !== undefined && typeof value === 'object' && !isJsonArray(value);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return value !== null && typeof value === 'object' && isJsonArray(value) ? value : [];
}

export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** The members of a map; none where it is no map. */
export function membersOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function decoded(reference: string): string | null {
  if (!reference.startsWith('#')) return null;
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return null;
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return parsedYaml(text);
  }
}

function parsedYaml(text: string): Json {
  try {
    return parse(text, { maxAliasCount: ALIASES_MAX, logLevel: 'silent' }) as Json;
  } catch {
    return null;
  }
}

function refused(message: string, fix: string): OpenApiReading {
  return { kind: 'refused', message, fix };
}

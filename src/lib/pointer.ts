/** JSON pointers (RFC 6901): where in a document a value stands. */
import { isJsonArray, type Json, type JsonObject } from './json.ts';

/** A document that is being built. */
export type Draft = { [key: string]: Draft } | Draft[] | null | boolean | number | string;

/** Names that mean something to JavaScript itself. */
const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether the text is a pointer that may be used: empty for the whole document, or steps that begin with a slash. */
export function isPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text) && !stepsOf(text).some((step) => REFUSED.has(step));
}

/** The names on the way. */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at the pointer; undefined where there is none. */
export function valueAt(document: Json | undefined, pointer: string): Json | undefined {
  return stepsOf(pointer).reduce<Json | undefined>(member, document);
}

/** Puts a value there, making the objects on the way; what stood in the way is replaced. Gives the document. */
export function putAt(document: Draft, pointer: string, value: Draft): Draft {
  const [step, ...rest] = stepsOf(pointer);
  if (step === undefined) return value;
  const inner = rest.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (Array.isArray(document) && /^\d{1,4}$/.test(step)) {
    document[Number(step)] = putAt(document[Number(step)] ?? null, inner, value);
    return document;
  }
  const object =
    typeof document === 'object' && document !== null && !Array.isArray(document) ? document : {};
  object[step] = putAt(Object.hasOwn(object, step) ? (object[step] ?? null) : null, inner, value);
  return object;
}

/** A copy that may be changed. */
export function draftOf(value: Json): Draft {
  return structuredClone(value) as Draft;
}

function member(value: Json | undefined, step: string): Json | undefined {
  if (value === null || value === undefined || typeof value !== 'object') return undefined;
  if (isJsonArray(value)) return /^\d{1,9}$/.test(step) ? value[Number(step)] : undefined;
  return ownMember(value, step);
}

function ownMember(value: JsonObject, step: string): Json | undefined {
  return Object.hasOwn(value, step) ? value[step] : undefined;
}

/** Salesforce's JSON, read with care: numbers stay exact, and what is missing is told from what is empty. */
import { losesDigits } from '../../connector/digits.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { refuse } from './failures.ts';

/** Part of JavaScript since 2025 and of every Node that we run on; the compiler's library does not list it yet. */
type ExactParse = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** Only a number with this many digits can lose one; everything else takes the fast way. */
const MAY_LOSE_DIGITS = /[\d.]{16,}/;

/** Parses an answer; a number that JavaScript would round comes as its text. Throws `SyntaxError`. */
export function parseExactly(text: string): Json {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as Json;
  return (JSON.parse as ExactParse)(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && losesDigits(value, source) ? source : value,
  ) as Json;
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !isJsonArray(json);
}

/** The text, or nothing where there is none. */
export function textOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

/** A value as one text, nothing for null: structures as JSON. */
export function spelled(json: Json | undefined): string {
  if (json === null || json === undefined) return '';
  return typeof json === 'object' ? JSON.stringify(json) : String(json);
}

export function numberOf(json: Json | undefined): number {
  return typeof json === 'number' ? json : 0;
}

export function isTrue(json: Json | undefined): boolean {
  return json === true;
}

/** The objects of a list; what is no list has none. */
export function objectsOf(json: Json | undefined): readonly JsonObject[] {
  return json !== undefined && isJsonArray(json) ? json.filter(isObject) : [];
}

export function textsOf(json: Json | undefined): readonly string[] {
  return json !== undefined && isJsonArray(json) ? json.filter((text) => typeof text === 'string') : [];
}

/** The answer as an object; anything else is not what Salesforce gives. */
export function objectIn(json: Json, operation: string): JsonObject {
  if (isObject(json)) return json;
  throw refuse('unexpected_answer', `The answer to ${operation} has another shape than Salesforce gives it.`);
}

/** JSON in which no number loses a digit. */
import { losesDigits } from '../../connector/digits.ts';
import type { NativeValue } from '../../engine/value.ts';
import { canonicalJson } from '../../lib/json.ts';

/** Part of JavaScript since 2025 and of every Node that we run on; the compiler's library does not list it yet. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const exactJson = JSON as unknown as ExactJson;

/** Only a number with this many digits can lose one; every other line takes the fast way. */
const MAY_LOSE_DIGITS = /[\d.]{16,}/;
const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAY_BE_UNSAFE = /__proto__|constructor|prototype|\\u/;

export class UnsafeKey extends Error {
  override readonly name = 'UnsafeKey';
}

/** Parses; a number that JavaScript would round comes as its text. Throws `SyntaxError` or `UnsafeKey`. */
export function parseExactly(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text) && !MAY_BE_UNSAFE.test(text)) return JSON.parse(text) as unknown;
  return exactJson.parse(text, (key, value, { source }) => {
    // Such keys could reach the prototype of whatever merges the parsed structure.
    if (UNSAFE_KEYS.has(key)) throw new UnsafeKey(key);
    return typeof value === 'number' && source !== undefined && losesDigits(value, source) ? source : value;
  });
}

/** Parses so that every number is written back exactly as it was spelled. */
export function parseVerbatim(text: string): unknown {
  return exactJson.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactJson.rawJSON(source) : value,
  );
}

/** A JSON number with exactly these digits; null where the text is not a JSON number. */
export function verbatimNumber(text: string): unknown {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) ? exactJson.rawJSON(text) : null;
}

export function sameNative(left: NativeValue | undefined, right: NativeValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  return canonicalJson(left) === canonicalJson(right);
}

/** From what the library answers to plain values and plain words. */
import type * as Library from '@bufbuild/cel';

import type { Json } from '../json.ts';

/** A result that no field could hold. */
export class NotPlain {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A result as JSON. Whole numbers beyond 2^53 become text, because a JavaScript number would round them. */
export function jsonOf(cel: typeof Library, result: unknown): Json | NotPlain {
  switch (typeof result) {
    case 'string':
    case 'boolean':
      return result;
    case 'number':
      return Number.isFinite(result) ? result : new NotPlain('the result is no number that can be kept');
    case 'bigint':
      return wholeNumber(result);
    default:
      break;
  }
  if (result === null) return null;
  if (cel.isCelUint(result)) return wholeNumber(result.value);
  if (cel.isCelList(result)) {
    const members: Json[] = [];
    for (const member of result) {
      const value = jsonOf(cel, member);
      if (value instanceof NotPlain) return value;
      members.push(value);
    }
    return members;
  }
  if (cel.isCelMap(result)) return mapOf(cel, result);
  return new NotPlain('the result is a moment, a length of time or bytes: turn it into text with string()');
}

function wholeNumber(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function mapOf(cel: typeof Library, result: Library.CelMap): Json | NotPlain {
  const members: [string, Json][] = [];
  for (const [key, member] of result) {
    const value = jsonOf(cel, member);
    if (value instanceof NotPlain) return value;
    members.push([cel.isCelUint(key) ? String(key.value) : String(key), value]);
  }
  return Object.fromEntries(members);
}

const OVERLOAD = /^found no matching overload for '?([^']+?)'? applied to '?(\([^)]*\))'?/;
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/divide by zero|modulus by zero/, 'it divides by zero'],
  [/overflow|out of range/, 'a number grows too large'],
  [/not found|no such key|unresolved/, 'it asks for a part that is not there: ask with has() first'],
  [/regexp|pattern/i, 'its pattern is not one of RE2'],
  [/timestamp|duration|parse|conver/i, 'a text cannot be converted to what it should be'],
];

/** The library's message in plain words. Types may be named, values never. */
export function reasonOf(message: string): string {
  const [, operation, types] = OVERLOAD.exec(message) ?? [];
  if (operation !== undefined && types !== undefined) {
    const sign = operation.replaceAll('_', '').replace('@', '');
    return `\`${sign}\` does not go with ${types}: convert one with string(), double() or int(), or ask for null first`;
  }
  return REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? 'it cannot be evaluated on this record';
}

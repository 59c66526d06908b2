import type { Json } from '../../lib/json.ts';

/** The parser's third argument, which the compiler does not know yet: the text that a number was read from. */
type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;

const DIGITS_MAX = 15;

const keep: Reviver = (_, value, { source = '' }) =>
  typeof value === 'number' && source.replaceAll(/\D/g, '').length > DIGITS_MAX && String(value) !== source
    ? source
    : value;

/** JSON in which a number that a double would change stays the text it was: ids and amounts of many digits. */
export function exactJson(text: string): Json {
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Json;
}

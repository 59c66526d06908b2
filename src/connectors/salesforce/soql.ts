/** Texts of queries: literals that cannot break out, and lists cut so that a request stays short enough. */
import type { NativeValue } from '../../engine/value.ts';
import type { SalesforceField } from './object.ts';
import { spelled } from './wire.ts';

/** Salesforce refuses addresses of more than 16,384 characters; a query must leave room for the rest. */
const ENCODED_LENGTH_MAX = 14_000;
const SEPARATOR = ', ';

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', String.raw`\\`],
  ["'", String.raw`\'`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
  ['\b', String.raw`\b`],
  ['\f', String.raw`\f`],
]);

export function quoted(text: string): string {
  return `'${text.replaceAll(/[\\'\n\r\t\b\f]/g, (sign) => ESCAPES.get(sign) ?? sign)}'`;
}

const BARE = /^-?\d+(?:\.\d+)?$/;

/** The literal for a comparison with this field; null for a value that no record of that field can have. */
export function literalOf({ type }: SalesforceField, value: NativeValue): string | null {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : null;
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return BARE.test(spelled(value)) ? spelled(value) : null;
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : null;
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? value : null;
    case 'time':
      return null;
    case 'id':
    case 'reference':
      return typeof value === 'string' && isId(value) ? quoted(value) : null;
    default:
      return typeof value === 'string' || typeof value === 'number' ? quoted(String(value)) : null;
  }
}

/** An id of 15 or 18 characters. */
export function isId(text: string): boolean {
  return /^[a-zA-Z0-9]{15}(?:[A-Z0-5]{3})?$/.test(text);
}

/** Whether a query fits into the address of a request. */
export function fits(soql: string): boolean {
  return encodedLength(soql) <= ENCODED_LENGTH_MAX;
}

/** As the query of an address is encoded, which makes three characters even of a quote. */
function encodedLength(text: string): number {
  return new URLSearchParams([['', text]]).toString().length;
}

/** Cuts a list of literals so that each part fits beside `rest` characters of query. */
export function* literalParts(
  literals: readonly string[],
  rest: string,
  countMax: number,
): Generator<readonly string[]> {
  const room = ENCODED_LENGTH_MAX - encodedLength(rest);
  let part: string[] = [];
  let length = 0;
  for (const literal of literals) {
    const more = encodedLength(literal + SEPARATOR);
    if (part.length > 0 && (length + more > room || part.length >= countMax)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(literal);
    length += more;
  }
  if (part.length > 0) yield part;
}

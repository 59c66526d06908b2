/** Values on their way out of Salesforce and into it. */
import { losesDigits } from '../../connector/digits.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json } from '../../lib/json.ts';
import type { SalesforceField } from './object.ts';

const DECIMALS: ReadonlySet<string> = new Set(['double', 'currency', 'percent']);
const COUNTS: ReadonlySet<string> = new Set(['int', 'long']);

/** As the platform wants it: decimals as text, instants in UTC with a Z, choices as a list. */
export function decoded({ type }: SalesforceField, value: Json | undefined): NativeValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return DECIMALS.has(type) ? String(value) : value;
  if (typeof value !== 'string') return value;
  switch (type) {
    case 'datetime':
      return value.replace(/\+00:?00$/, 'Z');
    case 'time':
      return value.replace(/(?:\.0+)?Z$/, '');
    case 'multipicklist':
      return value.split(';');
    default:
      return value;
  }
}

/** As Salesforce's JSON takes it. Empty text is nothing, and is said so. */
export function encoded({ type }: SalesforceField, value: NativeValue): Json {
  if (value === null || value === '') return null;
  if (type === 'multipicklist' && Array.isArray(value)) return value.length === 0 ? null : value.join(';');
  if (typeof value === 'string' && (DECIMALS.has(type) || COUNTS.has(type))) return numeric(value);
  return value;
}

/** A number where a double holds it exactly; the text otherwise, which Salesforce reads with all its digits. */
function numeric(text: string): Json {
  const number = Number(text);
  return Number.isNaN(number) || losesDigits(number, text) ? text : number;
}

/** Literals of a query, held to the type of the column they are compared with. */
import type { Condition } from '@jetstreamapp/soql-parser-js';

import { SalesforceError } from './failure.ts';
import { parseId } from './ids.ts';
import type { SfValue } from './record.ts';
import type { Field, FieldType } from './schema.ts';
import { parseDate, parseDateTime } from './times.ts';

export type Literal =
  | { readonly kind: 'value'; readonly value: SfValue }
  /** A span of days such as TODAY; what lies in it is equal to it. */
  | { readonly kind: 'span'; readonly from: string; readonly before: string };

const DAY_MS = 86_400_000;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const NUMBERS: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent']);

/** The literals of a condition. Throws INVALID_FIELD where one is not of the column's type, quoted datetimes for example. */
export function literalsOf(condition: Condition, field: Field, nowMs: number): readonly Literal[] {
  if (!('value' in condition)) return [];
  const { value, literalType } = condition;
  const texts = typeof value === 'string' ? [value] : value;
  const variables = 'dateLiteralVariable' in condition ? [condition.dateLiteralVariable].flat() : [];
  return texts.map((text, index) => {
    const type = Array.isArray(literalType) ? literalType[index] : literalType;
    if (type === 'DATE_LITERAL' || type === 'DATE_N_LITERAL')
      return spanOf(field, text, variables[index] ?? 0, nowMs);
    return { kind: 'value', value: literalOf(field, text, type ?? 'STRING', condition.operator === 'LIKE') };
  });
}

/** Negative, zero or positive as the value lies before, at or behind the literal; null when one of them is empty. */
export function compareFor(field: Field, value: SfValue, literal: Literal): number | null {
  if (literal.kind === 'span') {
    if (typeof value !== 'string') return null;
    if (value < literal.from) return -1;
    return value < literal.before ? 0 : 1;
  }
  const other = literal.value;
  if (value === null || other === null) return value === other ? 0 : null;
  return compareValues(field, value, other);
}

/** The order of two values that are there: text without regard to case, unless the field or an id says otherwise. */
export function compareValues(field: Field, left: SfValue, right: SfValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const isExact = field.caseSensitive || field.type === 'id' || field.type === 'reference';
  const [one, other] = isExact
    ? [String(left), String(right)]
    : [String(left).toLowerCase(), String(right).toLowerCase()];
  return one === other ? 0 : one < other ? -1 : 1;
}

function literalOf(field: Field, text: string, type: string, isPattern: boolean): SfValue {
  if (type === 'NULL') return null;
  if (NUMBERS.has(field.type)) {
    if (type === 'INTEGER' || type === 'DECIMAL') return Number(text);
    throw wrongType(field, 'double', type);
  }
  switch (field.type) {
    case 'boolean':
      if (type === 'BOOLEAN') return text.toLowerCase() === 'true';
      throw wrongType(field, 'boolean', type);
    case 'date':
      if (type === 'DATE') return parseDate(text);
      throw wrongType(field, 'date', type);
    case 'datetime':
      if (type === 'DATETIME') return parseDateTime(text);
      throw wrongType(field, 'dateTime', type);
    default:
      if (type !== 'STRING') throw wrongType(field, 'string', type);
      return stringOf(field, text.slice(1, -1), isPattern);
  }
}

function stringOf(field: Field, quoted: string, isPattern: boolean): string {
  // A pattern keeps the backslash of `\%` and `\_`, which says that they are meant as they stand.
  const text = quoted.replaceAll(/\\([^])/g, (whole, letter: string) =>
    isPattern && (letter === '%' || letter === '_' || letter === '\\') ? whole : (ESCAPES[letter] ?? letter),
  );
  if (field.type !== 'id' && field.type !== 'reference') return text;
  const id = parseId(text);
  if (id !== null || isPattern || text === '') return id ?? text;
  throw new SalesforceError('INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${text}`);
}

function wrongType(field: Field, wanted: string, type: string): SalesforceError {
  const quotes = type === 'STRING' ? 'should not be enclosed in quotes' : 'should be enclosed in quotes';
  const message = `value of filter criterion for field '${field.name}' must be of type ${wanted} and ${quotes}`;
  return new SalesforceError('INVALID_FIELD', message);
}

/** Whole days in UTC: the simulated org's people live there. */
function spanOf(field: Field, text: string, count: number, nowMs: number): Literal {
  const today = Math.floor(nowMs / DAY_MS);
  const name = text.split(':')[0]?.toUpperCase() ?? '';
  const days = daysOf(name, today, count);
  if (days === null)
    throw new SalesforceError('MALFORMED_QUERY', `the date literal ${text} is not simulated`);
  const shown = (day: number): string => {
    const stored = new Date(day * DAY_MS).toISOString();
    return field.type === 'date' ? stored.slice(0, 10) : stored;
  };
  return { kind: 'span', from: shown(days.from), before: shown(days.before) };
}

function daysOf(
  name: string,
  today: number,
  count: number,
): { readonly from: number; readonly before: number } | null {
  switch (name) {
    case 'TODAY':
      return { from: today, before: today + 1 };
    case 'YESTERDAY':
      return { from: today - 1, before: today };
    case 'TOMORROW':
      return { from: today + 1, before: today + 2 };
    case 'LAST_N_DAYS':
      return { from: today - count, before: today + 1 };
    case 'NEXT_N_DAYS':
      return { from: today + 1, before: today + 1 + count };
    case 'N_DAYS_AGO':
      return { from: today - count, before: today - count + 1 };
    default:
      return null;
  }
}

/** One spelling per value and type: what makes comparison by text sound. Every function is total: bad input is a value. */
import { canonicalJson } from '../lib/json.ts';
import { canonicalDecimal, canonicalInteger } from './decimal.ts';
import { canonicalDate, canonicalInstant, canonicalTime } from './moment.ts';
import { emailOf, phoneReader, urlOf } from './types/contact.ts';
import { canonicalCurrency, moneyOf } from './types/money.ts';
import { canonicalTimeZone, countryReader, subdivisionReader } from './types/place.ts';
import { canonicalSalesforceId } from './types/salesforce-id.ts';
import { shapeOf } from './types/shape.ts';
import { composed, halfCharacter, scalarText, textOf } from './types/text.ts';
import { InvalidValue, type FieldType, type NativeValue, type Value } from './value.ts';

export type Canonicalise = (raw: NativeValue) => Value | InvalidValue;

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TRUE_WORDS = new Set(['true', 't', 'yes', 'y', '1', 'on']);
const FALSE_WORDS = new Set(['false', 'f', 'no', 'n', '0', 'off']);
/** Deeper structures are refused, so that no value of a system can exhaust the stack. */
const JSON_DEPTH_MAX = 64;

/** The function that brings a native value into the type's canonical form. Null stays null for every type. */
export function canonicaliserOf(type: FieldType): Canonicalise {
  const convert = converterOf(type);
  return (raw) => (raw === null ? null : convert(raw));
}

function converterOf(type: FieldType): Canonicalise {
  switch (type.kind) {
    case 'text':
      return textOf(type);
    case 'integer':
      return canonicalInteger;
    case 'decimal':
      return (raw) => canonicalDecimal(raw, type.scaleMax);
    case 'boolean':
      return canonicalBoolean;
    case 'date':
      return canonicalDate;
    case 'time':
      return canonicalTime;
    case 'instant':
      return (raw) => canonicalInstant(raw, type.grainMs ?? 1);
    case 'email':
      return emailOf(type.keepsCase ?? false);
    case 'uuid':
      return canonicalUuid;
    case 'choice':
      return choiceOf(type.options);
    case 'set':
      return setOf(type.options);
    case 'json':
      return canonicalStructure;
    case 'phone':
      return phoneReader(type.region);
    case 'country':
      return countryReader(type.languages);
    case 'subdivision':
      return subdivisionReader(type.country);
    case 'currency':
      return canonicalCurrency;
    case 'money':
      return moneyOf(type.currency);
    case 'timeZone':
      return canonicalTimeZone;
    case 'url':
      return urlOf(type.scheme);
    case 'html':
      return textOf({});
    case 'salesforceId':
      return canonicalSalesforceId;
    case 'reference':
      return type.many === true ? setOf(undefined) : canonicalRecordId;
  }
}

function canonicalBoolean(raw: NativeValue): Value | InvalidValue {
  if (typeof raw === 'boolean') return raw;
  if (raw === 1 || raw === 0) return raw === 1;
  if (typeof raw === 'string') {
    const word = raw.trim().toLowerCase();
    if (word === '') return null;
    if (TRUE_WORDS.has(word)) return true;
    if (FALSE_WORDS.has(word)) return false;
  }
  return new InvalidValue('not_boolean', `expected true/false, yes/no or 1/0, got ${shapeOf(raw)}`);
}

function canonicalUuid(raw: NativeValue): Value | InvalidValue {
  if (typeof raw === 'string' && CANONICAL_UUID.test(raw)) return raw;
  const text = typeof raw === 'string' ? raw.trim().replace(/^\{(.*)\}$/, '$1') : '';
  if (text === '' && typeof raw === 'string' && raw.trim() === '') return null;
  if (!UUID.test(text)) return new InvalidValue('not_uuid', `expected a UUID, got ${shapeOf(raw)}`);
  const hex = text.replaceAll('-', '').toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What a reference looks like before it is known whose record it names: an id as connectors spell them. */
function canonicalRecordId(raw: NativeValue): Value | InvalidValue {
  const written = typeof raw === 'string' ? raw : scalarText(raw);
  if (written === null)
    return new InvalidValue('not_reference', `expected the id of a record, got ${shapeOf(raw)}`);
  return written === '' ? null : (composed(written) ?? halfCharacter());
}

function choiceOf(options: readonly string[]): Canonicalise {
  const known = composedSet(options);
  const listed = options.slice(0, 12).join(', ');
  return (raw) => {
    const text = (typeof raw === 'string' ? raw : scalarText(raw))?.normalize('NFC');
    if (text === '') return null;
    if (text !== undefined && known.has(text)) return text;
    return new InvalidValue('not_an_option', `not one of the options: ${listed}`);
  };
}

function setOf(options: readonly string[] | undefined): Canonicalise {
  const known = options === undefined ? null : composedSet(options);
  return (raw) => {
    if (!Array.isArray(raw)) return new InvalidValue('not_a_set', `expected a list, got ${shapeOf(raw)}`);
    const elements: string[] = [];
    for (const element of raw as readonly NativeValue[]) {
      const written = typeof element === 'string' ? element : scalarText(element);
      if (written === null)
        return new InvalidValue('not_a_set', `expected a list of texts, it holds ${shapeOf(element)}`);
      const text = composed(written);
      if (text === null) return halfCharacter();
      if (known !== null && !known.has(text))
        return new InvalidValue('not_an_option', 'the list holds an unknown option');
      if (!elements.includes(text)) elements.push(text);
    }
    return elements.toSorted();
  };
}

function composedSet(options: readonly string[]): ReadonlySet<string> {
  return new Set(options.map((option) => option.normalize('NFC')));
}

/** Text is read as JSON, because a structure is written as JSON text; text that is no JSON stands for itself. */
function canonicalStructure(raw: NativeValue): Value | InvalidValue {
  if (raw === '') return null;
  const structure = typeof raw === 'string' ? parsedOr(raw) : raw;
  return structureProblem(structure, 0) ?? (structure === null ? null : canonicalJson(structure));
}

function parsedOr(text: string): NativeValue {
  try {
    return JSON.parse(text) as NativeValue;
  } catch {
    return text;
  }
}

function structureProblem(value: NativeValue, depth: number): InvalidValue | null {
  if (typeof value === 'string') return value.isWellFormed() ? null : halfCharacter();
  if (typeof value === 'number')
    return isExact(value) ? null : new InvalidValue('too_precise', 'a number has too many digits');
  if (typeof value !== 'object' || value === null) return null;
  if (depth === JSON_DEPTH_MAX) {
    return new InvalidValue('too_deep', `a structure of more than ${String(JSON_DEPTH_MAX)} levels`);
  }
  for (const [key, member] of Object.entries(value)) {
    const problem = structureProblem(key, depth) ?? structureProblem(member, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

/** A whole number beyond 2^53 has been rounded already: writing it back would change it. */
function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

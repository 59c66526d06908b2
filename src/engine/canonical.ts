/** One spelling per value and type: what makes comparison by text sound. Every function is total: bad input is a value. */
import { canonicalJson } from '../lib/json.ts';
import { canonicalDecimal, canonicalInteger } from './decimal.ts';
import { canonicalDate, canonicalInstant, canonicalTime } from './moment.ts';
import { InvalidValue, type FieldType, type NativeValue, type Value } from './value.ts';

export type Canonicalise = (raw: NativeValue) => Value | InvalidValue;

const EMAIL = /^[^\s@<>",;:()[\]\\]+@[^\s@<>",;:()[\]\\]+\.[^\s@<>",;:()[\]\\]+$/;
const EMAIL_LENGTH_MAX = 254;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const TRUE_WORDS = new Set(['true', 't', 'yes', 'y', '1', 'on']);
const FALSE_WORDS = new Set(['false', 'f', 'no', 'n', '0', 'off']);

/** The function that brings a native value into the type's canonical form. Null stays null for every type. */
export function canonicaliserOf(type: FieldType): Canonicalise {
  const convert = converterOf(type);
  return (raw) => (raw === null ? null : convert(raw));
}

function converterOf(type: FieldType): Canonicalise {
  switch (type.kind) {
    case 'text':
      return textOf(type.lengthMax);
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
      return canonicalEmail;
    case 'uuid':
      return canonicalUuid;
    case 'choice':
      return choiceOf(type.options);
    case 'set':
      return setOf(type.options);
    case 'json':
      return (raw) => canonicalJson(raw);
  }
}

function textOf(lengthMax: number | undefined): Canonicalise {
  return (raw) => {
    const text = typeof raw === 'string' ? raw : scalarText(raw);
    if (text === null) return new InvalidValue('not_text', `expected text, got ${shapeOf(raw)}`);
    // A lone surrogate has no UTF-8 spelling: no system could store it and give it back.
    if (!text.isWellFormed()) return new InvalidValue('not_text', 'the text holds half a character (a lone surrogate)');
    if (lengthMax !== undefined && text.length > lengthMax && codePoints(text) > lengthMax) {
      return new InvalidValue('too_long', `${String(codePoints(text))} characters, at most ${String(lengthMax)} fit`);
    }
    return text.normalize('NFC');
  };
}

function codePoints(text: string): number {
  return [...text].length;
}

function scalarText(raw: NativeValue): string | null {
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : null;
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

function canonicalEmail(raw: NativeValue): Value | InvalidValue {
  if (typeof raw !== 'string') return new InvalidValue('not_email', `expected an e-mail address, got ${shapeOf(raw)}`);
  const address = raw.trim().toLowerCase().normalize('NFC');
  if (address === '') return null;
  if (address.length <= EMAIL_LENGTH_MAX && EMAIL.test(address)) return address;
  return new InvalidValue('not_email', 'expected one e-mail address such as ann@example.com');
}

function canonicalUuid(raw: NativeValue): Value | InvalidValue {
  const text = typeof raw === 'string' ? raw.trim().replace(/^\{(.*)\}$/, '$1') : '';
  if (!UUID.test(text)) return new InvalidValue('not_uuid', `expected a UUID, got ${shapeOf(raw)}`);
  const hex = text.replaceAll('-', '').toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function choiceOf(options: readonly string[]): Canonicalise {
  const known = new Set(options);
  const listed = options.slice(0, 12).join(', ');
  return (raw) => {
    const text = typeof raw === 'string' ? raw : scalarText(raw);
    if (text === '') return null;
    if (text !== null && known.has(text)) return text;
    return new InvalidValue('not_an_option', `not one of the options: ${listed}`);
  };
}

function setOf(options: readonly string[] | undefined): Canonicalise {
  const known = options === undefined ? null : new Set(options);
  return (raw) => {
    if (!Array.isArray(raw)) return new InvalidValue('not_a_set', `expected a list, got ${shapeOf(raw)}`);
    const elements = new Set<string>();
    for (const element of raw as readonly NativeValue[]) {
      const text = typeof element === 'string' ? element : scalarText(element);
      if (text === null) return new InvalidValue('not_a_set', `expected a list of texts, it holds ${shapeOf(element)}`);
      if (known !== null && !known.has(text)) return new InvalidValue('not_an_option', 'the list holds an unknown option');
      elements.add(text.normalize('NFC'));
    }
    return [...elements].toSorted();
  };
}

/** What a value is, without saying what it holds: safe for messages and logs. */
export function shapeOf(raw: NativeValue): string {
  if (raw === null) return 'nothing';
  if (Array.isArray(raw)) return `a list of ${String(raw.length)}`;
  if (typeof raw === 'string') return `text of ${String(raw.length)} characters`;
  return typeof raw === 'object' ? 'a structure' : `a ${typeof raw}`;
}

/** What becomes of a value on its way in: it is trimmed, rounded, reordered and, where it does not fit, refused. */
import { jsonError, malformedId, SalesforceError } from './failure.ts';
import { parseId } from './ids.ts';
import type { SfValue } from './record.ts';
import type { Field } from './schema.ts';
import { parseDate, parseDateTime } from './times.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const INT_MAX = 2_147_483_647;

/** The value as it is stored. Throws the refusal that the field's type asks for. */
export function normalise(field: Field, value: unknown): SfValue {
  if (value === null || value === undefined || value === '') return empty(field);
  switch (field.type) {
    case 'boolean':
      return booleanOf(field, value);
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return numberOf(field, value);
    case 'date':
      return dateOf(field, value, parseDate);
    case 'datetime':
      return dateOf(field, value, parseDateTime);
    case 'reference':
    case 'id':
      return referenceOf(field, value);
    case 'multipicklist':
      return selectionOf(field, textIn(field, value));
    case 'picklist':
      return chosen(field, textIn(field, value));
    case 'email':
      return emailOf(field, textIn(field, value));
    case 'string':
    case 'textarea':
    case 'phone':
    case 'url':
      return textIn(field, value);
    case 'address':
      throw readOnly(field);
  }
}

/** Every record type may narrow a restricted picklist further. */
export function checkRecordType(field: Field, value: SfValue, allowed: readonly string[] | undefined): void {
  if (!field.restricted || allowed === undefined || typeof value !== 'string') return;
  const foreign = value.split(';').find((choice) => !allowed.includes(choice));
  if (foreign !== undefined) throw badChoice(field, foreign);
}

function empty(field: Field): SfValue {
  if (field.type !== 'boolean') return null;
  throw new SalesforceError(
    'INVALID_TYPE_ON_FIELD_IN_RECORD',
    `${field.label}: value not of required type: `,
    {
      fields: [field.name],
    },
  );
}

function booleanOf(field: Field, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw jsonError(`Cannot deserialize instance of boolean from ${shown(field, value)}`);
}

function numberOf(field: Field, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw jsonError(`Cannot deserialize instance of ${wireType(field)} from ${shown(field, value)}`);
  }
  const rounded = Number(number.toFixed(Math.min(field.scale, 18)));
  const max = field.type === 'int' && field.precision === 0 ? INT_MAX : 10 ** (field.precision - field.scale);
  if (Math.abs(rounded) < max) return rounded === 0 ? 0 : rounded;
  const message = `${field.label}: value outside of valid range on numeric field: ${String(number)}`;
  throw new SalesforceError('NUMBER_OUTSIDE_VALID_RANGE', message, { fields: [field.name] });
}

function dateOf(field: Field, value: unknown, parse: (text: string) => string | null): string {
  const date = typeof value === 'string' ? parse(value.trim()) : null;
  if (date !== null) return date;
  throw jsonError(`Cannot deserialize instance of ${field.type} from ${shown(field, value)}`);
}

function referenceOf(field: Field, value: unknown): string {
  const id = parseId(typeof value === 'string' ? value.trim() : value);
  if (id === null) throw malformedId(field.label, shownText(value), [field.name]);
  return id;
}

function textIn(field: Field, value: unknown): string | null {
  if (typeof value === 'object' || typeof value === 'boolean') {
    throw jsonError(`Cannot deserialize instance of ${wireType(field)} from ${shown(field, value)}`);
  }
  const text = shownText(value).replaceAll('\r\n', '\n').trim();
  if (text === '') return null;
  if (field.length === 0 || text.length <= field.length) return text;
  const message = `${field.label}: data value too large: ${text} (max length=${String(field.length)})`;
  throw new SalesforceError('STRING_TOO_LONG', message, { fields: [field.name] });
}

function emailOf(field: Field, text: string | null): string | null {
  if (text === null || EMAIL.test(text)) return text;
  const message = `${field.label}: invalid email address: ${text}`;
  throw new SalesforceError('INVALID_EMAIL_ADDRESS', message, { fields: [field.name] });
}

function chosen(field: Field, text: string | null): string | null {
  if (text === null) return null;
  const known = field.picklist.find((choice) => choice.toLowerCase() === text.toLowerCase());
  if (known !== undefined) return known;
  if (field.restricted) throw badChoice(field, text);
  return text;
}

/** In the order of the definition, each once; unknown values of an unrestricted one stay behind the known. */
function selectionOf(field: Field, text: string | null): string | null {
  if (text === null) return null;
  const choices = [...new Set(text.split(';').map((part) => chosen(field, part.trim())))].filter(
    (part) => part !== null,
  );
  const rank = (choice: string): number => {
    const index = field.picklist.indexOf(choice);
    return index === -1 ? field.picklist.length : index;
  };
  return choices.toSorted((left, right) => rank(left) - rank(right)).join(';') || null;
}

function badChoice(field: Field, value: string): SalesforceError {
  const message = `${field.label}: bad value for restricted picklist field: ${value}`;
  return new SalesforceError('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', message, { fields: [field.name] });
}

function readOnly(field: Field): SalesforceError {
  const message = `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
  return new SalesforceError('INVALID_FIELD_FOR_INSERT_UPDATE', message, { fields: [field.name] });
}

function wireType(field: Field): string {
  switch (field.type) {
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return field.type === 'int' ? 'int' : 'double';
    default:
      return 'string';
  }
}

function shownText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function shown(field: Field, value: unknown): string {
  const kind =
    typeof value === 'string' ? 'VALUE_STRING' : typeof value === 'object' ? 'START_OBJECT' : 'VALUE';
  return `${kind} value ${shownText(value)} or request may be missing a required field at ${field.name}`;
}

/** The fields of a described collection: how values are read from its records and put into its requests. */
import type { FieldDescription } from '../../connector/contract.ts';
import type { FieldType, NativeValue } from '../../engine/value.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import type { Draft } from '../../lib/pointer.ts';
import type { FieldShape } from './description/shape.ts';
import { refuse } from './failures.ts';
import { momentIn, momentOut } from './moments.ts';

export interface Field {
  readonly name: string;
  /** Pointers into a record as it is read, and as it is written. */
  readonly at: string;
  readonly writeAt: string;
  readonly type: FieldShape['type'];
  readonly as: FieldShape['as'] | null;
  readonly described: FieldDescription;
}

const SEPARATORS = { semicolons: ';', commas: ',' } as const;

export function fieldOf(name: string, given: FieldShape | FieldShape['type']): Field {
  const shape: FieldShape = typeof given === 'string' ? { type: given } : given;
  const at = shape.at ?? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return {
    name,
    at,
    writeAt: shape.write_at ?? at,
    type: shape.type,
    as: shape.as ?? null,
    described: {
      name,
      type: fieldType(shape),
      required: shape.required ?? false,
      readOnly: shape.read_only ?? false,
      unique: shape.unique ?? false,
      ...(shape.title === undefined ? {} : { title: shape.title }),
      ...(shape.refers_to === undefined ? {} : { refersTo: shape.refers_to }),
    },
  };
}

function fieldType({ type, options, length_max: lengthMax }: FieldShape): FieldType {
  if (type === 'choice') return { kind: 'choice', options: options ?? [] };
  if (type === 'set') return { kind: 'set', ...(options === undefined ? {} : { options }) };
  if (type === 'text') return { kind: 'text', ...(lengthMax === undefined ? {} : { lengthMax }) };
  return { kind: type };
}

/** A value as the system spells it, as the engine takes it. */
export function valueIn({ as, type }: Field, value: Json | undefined): NativeValue {
  if (value === undefined || value === null) return null;
  if (as === 'epoch_ms' || as === 'epoch_s') {
    const atMs = momentIn(value, as);
    if (atMs === null) return value;
    const iso = new Date(atMs).toISOString();
    return type === 'date' ? iso.slice(0, 10) : iso;
  }
  if ((as === 'semicolons' || as === 'commas') && typeof value === 'string')
    return value === '' ? [] : value.split(SEPARATORS[as]).map((element) => element.trim());
  if (type === 'boolean' && as === 'text' && typeof value === 'string') return isTrue(value);
  return value;
}

/** A value as the engine gives it, as the system takes it. What cannot be said there ⇒ failure `invalid`. */
export function valueOut(field: Field, value: NativeValue): Draft {
  const { as, type, name } = field;
  if (value === null) return null;
  if (as === 'epoch_ms' || as === 'epoch_s') return moment(name, value, as);
  if (as === 'semicolons' || as === 'commas') return joined(name, value, SEPARATORS[as]);
  if (as === 'text' && typeof value !== 'object') return String(value);
  const isNumber = as === 'number' || type === 'integer' || type === 'decimal';
  if (isNumber && typeof value === 'string') return exactNumber(name, value);
  return structuredClone(value) as Draft;
}

function isTrue(text: string): boolean | string {
  if (/^(?:true|yes|1)$/i.test(text)) return true;
  return /^(?:false|no|0)$/i.test(text) ? false : text;
}

function moment(name: string, value: NativeValue, as: 'epoch_ms' | 'epoch_s'): Draft {
  const atMs = typeof value === 'string' ? momentIn(value, 'iso') : null;
  if (atMs === null) throw refuse('value_refused', `The field ${name} must hold a moment.`, name);
  return momentOut(atMs, as);
}

function joined(name: string, value: NativeValue, separator: string): string {
  const elements = typeof value === 'object' && value !== null && isJsonArray(value) ? value : [value];
  const texts = elements.map(String);
  if (!texts.some((text) => text.includes(separator))) return texts.join(separator);
  throw refuse('value_refused', `An element of the field ${name} holds the sign that separates them.`, name);
}

/** JSON takes a number only as its parser will read it: what would come out as another number is not sent. */
function exactNumber(name: string, text: string): number {
  const number = Number(text);
  const isExact = /^-?\d+(?:\.\d+)?$/.test(text) && plain(String(number)) === plain(text);
  if (isExact) return number;
  throw refuse('value_refused', `The field ${name} holds a number with more digits than JSON keeps.`, name);
}

function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

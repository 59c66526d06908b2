/**
 * Whether a mapping may be used in both directions. It may when it keeps two laws, up to the field's own equality:
 * PutGet, what is written reads back as what was meant; GetPut, what was read is written back as it was. A mapping that
 * breaks the first loses values silently or never comes to rest; one that breaks the second rewrites untouched records.
 */
import type { Random } from '../lib/random.ts';
import { canonicaliserOf } from './canonical.ts';
import { canonicalDecimal } from './decimal.ts';
import { goldenSamples } from './golden-samples.ts';
import type { FieldLens } from './model.ts';
import { InvalidValue, sameValue, type FieldType, type NativeValue, type Value } from './value.ts';

export type Law = 'PutGet' | 'GetPut';

/** One value that shows the breach. What could not be made is the refusal itself. */
export interface CounterExample {
  readonly native: NativeValue | InvalidValue;
  readonly golden: Value;
  /** PutGet: the golden value read back. GetPut: the native value written back. */
  readonly back: NativeValue | InvalidValue;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly law: Law;
  readonly example: CounterExample;
  /** What a person can change, each a whole instruction; any one of them is enough. */
  readonly waysOut: readonly string[];
}

export type Admission = { readonly kind: 'admitted' } | Refusal;

const ADMITTED: Admission = { kind: 'admitted' };

/** `samples` are real values of the native field, as far as there are any; golden values are generated. */
export function admit(lens: FieldLens, samples: readonly NativeValue[], random: Random): Admission {
  return admitOn(lens, samples, goldenSamples(lens.field.type, random));
}

/** The same with golden values that are given, so that mappings of one type can share them. */
export function admitOn(
  lens: FieldLens,
  samples: readonly NativeValue[],
  goldens: readonly Value[],
): Admission {
  if (lens.direction === 'in') return ADMITTED;
  const example = lens.direction === 'both' ? brokenPutGet(lens, goldens) : null;
  if (example !== null)
    return { kind: 'refused', law: 'PutGet', example, waysOut: putGetWaysOut(lens, example) };
  const sample = brokenGetPut(lens, samples);
  if (sample !== null) return { kind: 'refused', law: 'GetPut', example: sample, waysOut: getPutWaysOut() };
  return ADMITTED;
}

function brokenPutGet(lens: FieldLens, goldens: readonly Value[]): CounterExample | null {
  for (const golden of goldens) {
    const native = lens.put(golden);
    if (native instanceof InvalidValue) {
      if (isTolerated(lens.field.type, golden, native)) continue;
      return { native, golden, back: native };
    }
    const back = lens.get(native);
    if (back instanceof InvalidValue || !lens.field.same(back, golden)) return { native, golden, back };
  }
  return null;
}

/**
 * Refusals of single values, which the step was asked to make: such a value is refused by name when it is written, and
 * never changed. That a word of a list can never be written is another matter.
 */
function isTolerated(type: FieldType, golden: Value, refusal: InvalidValue): boolean {
  switch (refusal.code) {
    case 'separator_inside':
      return type.kind === 'set' && type.options === undefined;
    case 'reserved_word':
      return golden !== '' && type.kind !== 'choice' && type.kind !== 'boolean';
    case 'comes_twice':
    case 'year_there':
    case 'too_long_there':
    case 'not_split':
      return true;
    default:
      return false;
  }
}

function brokenGetPut(lens: FieldLens, samples: readonly NativeValue[]): CounterExample | null {
  for (const native of samples) {
    const golden = lens.get(native);
    // A value that cannot be read stops its record by name; the mapping never writes it.
    if (golden instanceof InvalidValue) continue;
    const back = lens.put(golden);
    if (back instanceof InvalidValue || !sameNative(lens, native, back)) return { native, golden, back };
  }
  return null;
}

/**
 * Whether two native values are spellings of one. That is what the lens says, except where it gives different codes one
 * meaning: there the native values themselves are compared.
 */
function sameNative(lens: FieldLens, native: NativeValue, back: NativeValue): boolean {
  if (isBlank(native) && isBlank(back)) return true;
  const { field } = lens;
  if (lens.parts !== null)
    return lens.parts.every((part) => sameText(partOf(native, part), partOf(back, part)));
  if (!lens.hasCodes) return sameRead(lens.get, field.same, native, back);
  return (
    sameRead(asText, field.same, native, back) ||
    sameRead(asNumber, sameValue, native, back) ||
    sameRead(canonicaliserOf(field.type), field.same, native, back)
  );
}

function partOf(native: NativeValue, name: string): string {
  const part = (native as Readonly<Record<string, NativeValue>> | null)?.[name] ?? null;
  return part === null || typeof part === 'object' ? '' : String(part).trim();
}

/** However its letters are composed. */
function sameText(left: string, right: string): boolean {
  return left.normalize('NFC') === right.normalize('NFC');
}

const asText = canonicaliserOf({ kind: 'text' });
const asNumber = (native: NativeValue): Value | InvalidValue => canonicalDecimal(native, undefined);

function sameRead(
  read: (native: NativeValue) => Value | InvalidValue,
  equal: (left: Value, right: Value) => boolean,
  native: NativeValue,
  back: NativeValue,
): boolean {
  const [left, right] = [read(native), read(back)];
  return !(left instanceof InvalidValue) && !(right instanceof InvalidValue) && equal(left, right);
}

function isBlank(native: NativeValue): boolean {
  return native === null || native === '';
}

const ONLY_GIVES = 'Let this side only give the value: `direction: in`.';

function putGetWaysOut(lens: FieldLens, example: CounterExample): readonly string[] {
  const oneWay = [ONLY_GIVES, 'Let this side only receive the value: `direction: out`.'];
  const own = ownWayOut(lens.field.type, example);
  return own === null ? oneWay : [own, ...oneWay];
}

/** What would make the field itself agree with the side, where anything would. */
function ownWayOut({ kind }: FieldType, { native, golden, back }: CounterExample): string | null {
  if (native instanceof InvalidValue && native.code === 'not_an_option') {
    return kind === 'choice' || kind === 'boolean'
      ? 'Give `values` an entry for every value of the field.'
      : 'Make the field a `choice` whose options `values` lists.';
  }
  if (native instanceof InvalidValue && native.code === 'too_precise') {
    return kind === 'instant'
      ? 'Give the field `precision: s` or `precision: min`, so that smaller parts do not count.'
      : 'Give the field `type: integer` or a `scale` that the side can keep.';
  }
  if (golden === '' && (back === null || native instanceof InvalidValue))
    return 'Give the field `empty_is_null: true`, so that empty text and no value are one thing.';
  if (typeof golden !== 'string' || typeof back !== 'string') return null;
  if (golden.toLowerCase() === back.toLowerCase())
    return 'Give the field `ignore_case: true`, so that a difference in case does not count.';
  if (golden.trim() === back) return 'Give the field `trim: true`, so that outer blanks do not count.';
  if (kind === 'decimal') return 'Give the field a `scale` that the side can keep.';
  if (kind === 'text' && golden.startsWith(back))
    return `Give the field \`max_length: ${String([...back].length)}\`, or the mapping \`too_long: refuse\`.`;
  return null;
}

function getPutWaysOut(): readonly string[] {
  return ['Give each native value a golden value of its own.', ONLY_GIVES];
}

/** The breach in a sentence for somebody who knows the systems and not the program. */
export function explainRefusal(side: string, lens: FieldLens, refusal: Refusal): string {
  const { native, golden, back } = refusal.example;
  const place = `${side} \`${lens.native}\``;
  if (refusal.law === 'GetPut') {
    const read = `${place}: the value ${shown(native)} becomes ${shown(golden)}, and ${shown(golden)}`;
    return back instanceof InvalidValue
      ? `${read} cannot be written back: ${back.reason}`
      : `${read} is written back as ${shown(back)}`;
  }
  if (native instanceof InvalidValue)
    return `${place}: the value ${shown(golden)} of \`${lens.field.name}\` cannot be written: ${native.reason}`;
  const written = `${place}: the value ${shown(golden)} of \`${lens.field.name}\` is written as ${shown(native)}, and ${shown(native)}`;
  return back instanceof InvalidValue
    ? `${written} cannot be read back: ${back.reason}`
    : `${written} is read back as ${shown(back)}`;
}

const PLAIN_WORD = /^[\p{L}\p{N}._@:+/-]+$/u;
const SHOWN_LENGTH_MAX = 40;

function shown(value: NativeValue | InvalidValue): string {
  if (value === null || value instanceof InvalidValue) return 'nothing';
  if (typeof value === 'object') return cut(JSON.stringify(value));
  const text = String(value);
  return PLAIN_WORD.test(text) ? cut(text) : JSON.stringify(cut(text));
}

function cut(text: string): string {
  const letters = [...text];
  return letters.length <= SHOWN_LENGTH_MAX ? text : `${letters.slice(0, SHOWN_LENGTH_MAX).join('')}…`;
}

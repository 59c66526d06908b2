/** The steps between a native value and a golden one. Each is a lens: `get` reads, `put` writes back what `get` reads. */
import { unreachable } from '../lib/assert.ts';
import { shiftDecimal, canonicalDecimal } from './decimal.ts';
import { canonicalDate, canonicalInstant, instantText, isCalendarDate } from './moment.ts';
import { InvalidValue, type NativeValue } from './value.ts';

/** One step of a mapping as plain data; `stepOf` makes it run. */
/** One step between the native spelling of a value and the golden one. */
export type Transform =
  /** Pairs of native and golden value. `otherwise` is the golden value of an unknown native one; it makes the step one-way. */
  | {
      readonly kind: 'values';
      readonly pairs: readonly (readonly [native: string | number | boolean, golden: string | boolean])[];
      readonly otherwise?: string;
    }
  /** Native text begins with `text`, the golden value does not. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** Native is an amount in units of ten to the power of minus `places`: cents are `places: 2`. */
  | { readonly kind: 'minorUnits'; readonly places: number }
  /** Native counts seconds or milliseconds since 1970. */
  | { readonly kind: 'unixTime'; readonly unit: 's' | 'ms' }
  /** Native is a date spelled with DD, MM and YYYY, such as `DD.MM.YYYY`. */
  | { readonly kind: 'dateFormat'; readonly format: string }
  /** Native is one text with the elements of a set between separators. */
  | { readonly kind: 'separator'; readonly text: string }
  /** Native is written in upper or lower case. Loses the case, so it is two-way only where the field ignores case. */
  | { readonly kind: 'case'; readonly to: 'upper' | 'lower' };

export interface Step {
  readonly get: (native: NativeValue) => NativeValue | InvalidValue;
  readonly put: (golden: NativeValue) => NativeValue | InvalidValue;
}

/** Null passes every step unchanged: "empty" is the same in every spelling. */
export function stepOf(transform: Transform): Step {
  const step = bareStepOf(transform);
  return {
    get: (native) => (native === null ? null : step.get(native)),
    put: (golden) => (golden === null ? null : step.put(golden)),
  };
}

function bareStepOf(transform: Transform): Step {
  switch (transform.kind) {
    case 'values':
      return valuesStep(transform);
    case 'prefix':
      return prefixStep(transform.text);
    case 'minorUnits':
      return { get: (raw) => shifted(raw, -transform.places), put: (raw) => shifted(raw, transform.places) };
    case 'unixTime':
      return unixStep(transform.unit === 's' ? 1_000 : 1);
    case 'dateFormat':
      return dateFormatStep(transform.format);
    case 'separator':
      return separatorStep(transform.text);
    case 'case': {
      const change = transform.to === 'upper' ? upperCase : (text: string) => text.toLowerCase();
      const step = (raw: NativeValue): NativeValue => (typeof raw === 'string' ? change(raw) : raw);
      return { get: step, put: step };
    }
    default:
      return unreachable(transform);
  }
}

function valuesStep(transform: Extract<Transform, { readonly kind: 'values' }>): Step {
  const toGolden = new Map(transform.pairs.map(([native, golden]) => [String(native), golden]));
  const toNative = new Map(transform.pairs.map(([native, golden]) => [String(golden), native]));
  const { otherwise } = transform;
  return {
    get: (raw) => {
      const key = scalarText(raw);
      const golden = key === null ? undefined : toGolden.get(key);
      if (golden === undefined && raw === '') return null;
      const missing = 'the value map has no entry for this value, and no `otherwise`';
      return golden ?? otherwise ?? new InvalidValue('not_an_option', missing);
    },
    put: (golden) => {
      const key = scalarText(golden);
      const native = key === null ? undefined : toNative.get(key);
      return native ?? new InvalidValue('not_an_option', 'the value map has no entry that gives this value');
    },
  };
}

/** Null for what has no text of its own: a list or a structure is not a key and takes no prefix. */
function scalarText(raw: NativeValue): string | null {
  return typeof raw === 'object' ? null : String(raw);
}

function prefixStep(prefix: string): Step {
  return {
    get: (raw) => {
      if (raw === '') return null;
      return typeof raw === 'string' && raw.startsWith(prefix)
        ? raw.slice(prefix.length)
        : new InvalidValue('no_prefix', `expected text that begins with ${JSON.stringify(prefix)}`);
    },
    put: (golden) => {
      const text = scalarText(golden);
      return text === null ? new InvalidValue('not_text', 'a list takes no prefix') : `${prefix}${text}`;
    },
  };
}

/** Capitals, except where reading them back gives another letter: `ß` would come back as `ss`. */
function upperCase(text: string): string {
  const upper = text.toUpperCase();
  if (upper.toLowerCase() === text.toLowerCase()) return upper;
  const careful = [...text].map((letter) => (comesBack(letter) ? letter.toUpperCase() : letter)).join('');
  return careful.toLowerCase() === text.toLowerCase() ? careful : text;
}

function comesBack(letter: string): boolean {
  return letter.toUpperCase().toLowerCase() === letter.toLowerCase();
}

function shifted(raw: NativeValue, places: number): NativeValue | InvalidValue {
  const canonical = canonicalDecimal(raw, undefined);
  if (typeof canonical !== 'string') return canonical instanceof InvalidValue ? canonical : null;
  return shiftDecimal(canonical, places) ?? new InvalidValue('too_long', 'the number has too many digits');
}

function unixStep(unitMs: number): Step {
  return {
    get: (raw) => {
      const count = canonicalDecimal(raw, undefined);
      if (count === null) return null;
      return typeof count === 'string'
        ? nativeOf(instantText(Math.round(Number(count) * unitMs)))
        : new InvalidValue('not_instant', 'expected a count of seconds or milliseconds since 1970');
    },
    put: (golden) => {
      const text = canonicalInstant(golden, 1);
      if (typeof text !== 'string') return text instanceof InvalidValue ? text : null;
      const count = Date.parse(text) / unitMs;
      return Number.isInteger(count)
        ? count
        : new InvalidValue('too_precise', 'the system keeps whole seconds only');
    },
  };
}

function nativeOf(value: ReturnType<typeof instantText>): NativeValue | InvalidValue {
  return value;
}

function dateFormatStep(format: string): Step {
  const order = [...format.matchAll(/DD|MM|YYYY/g)].map((match) => match[0]);
  const escaped = format.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replaceAll(/DD|MM/g, '(\\d{2})').replace('YYYY', '(\\d{4})')}$`);
  return {
    get: (raw) => {
      if (typeof raw === 'string' && raw.trim() === '') return null;
      const found = typeof raw === 'string' ? pattern.exec(raw.trim()) : null;
      const part = (name: string): string => found?.[order.indexOf(name) + 1] ?? '';
      const text = `${part('YYYY')}-${part('MM')}-${part('DD')}`;
      return found !== null && isCalendarDate(text)
        ? text
        : new InvalidValue('not_date', `expected a date written ${format}`);
    },
    put: (golden) => {
      const date = canonicalDate(golden);
      if (typeof date !== 'string') return date instanceof InvalidValue ? date : null;
      const [year = '', month = '', day = ''] = date.split('-');
      return format.replace('YYYY', year).replace('MM', month).replace('DD', day);
    },
  };
}

function separatorStep(separator: string): Step {
  // People type `a,b` as often as `a, b`: blanks of the separator are written but not required.
  const mark = separator.trim() || separator;
  const read = (text: string): readonly string[] =>
    text
      .split(mark)
      .map((element) => element.trim())
      .filter((element) => element !== '');
  return {
    get: (raw) =>
      typeof raw === 'string'
        ? read(raw)
        : new InvalidValue('not_a_set', 'expected one text with separators'),
    put: (golden) => {
      if (!Array.isArray(golden)) return new InvalidValue('not_a_set', 'expected a list');
      const elements = golden.map((element: NativeValue) => scalarText(element) ?? '');
      const joined = elements.join(separator);
      const again = read(joined);
      return again.length === elements.length && again.every((element, index) => element === elements[index])
        ? joined
        : new InvalidValue('separator_inside', 'an element is blank, or holds the separator or outer blanks');
    },
  };
}

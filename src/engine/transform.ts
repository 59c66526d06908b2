/** The steps between a native value and a golden one. Each is a lens: `get` reads, `put` writes back what `get` reads. */
import { unreachable } from '../lib/assert.ts';
import { shiftDecimal, canonicalDecimal } from './decimal.ts';
import { canonicalInstant, instantText, isCalendarDate } from './moment.ts';
import { InvalidValue, type NativeValue } from './value.ts';

export type Transform =
  /** Pairs of native and golden value. `otherwise` is the golden value of an unknown native one; it makes the step one-way. */
  | {
      readonly kind: 'values';
      readonly pairs: readonly (readonly [native: string | boolean, golden: string | boolean])[];
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
      const change = (raw: NativeValue): NativeValue =>
        typeof raw !== 'string' ? raw : transform.to === 'upper' ? raw.toUpperCase() : raw.toLowerCase();
      return { get: change, put: change };
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
      const golden = toGolden.get(String(raw)) ?? otherwise;
      return golden ?? new InvalidValue('not_an_option', 'the value map has no entry for this value, and no `otherwise`');
    },
    put: (golden) =>
      toNative.get(String(golden)) ?? new InvalidValue('not_an_option', 'the value map has no entry that gives this value'),
  };
}

function prefixStep(prefix: string): Step {
  return {
    get: (raw) =>
      typeof raw === 'string' && raw.startsWith(prefix)
        ? raw.slice(prefix.length)
        : new InvalidValue('no_prefix', `expected text that begins with ${JSON.stringify(prefix)}`),
    put: (golden) => `${prefix}${String(golden)}`,
  };
}

function shifted(raw: NativeValue, places: number): NativeValue | InvalidValue {
  const canonical = canonicalDecimal(raw, undefined);
  if (typeof canonical !== 'string') return canonical instanceof InvalidValue ? canonical : null;
  return shiftDecimal(canonical, places) ?? new InvalidValue('too_long', 'the number has too many digits');
}

function unixStep(unitMs: number): Step {
  return {
    get: (raw) => {
      const count = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
      if (typeof count !== 'number' || !Number.isFinite(count)) {
        return new InvalidValue('not_instant', 'expected a count of seconds or milliseconds since 1970');
      }
      return nativeOf(instantText(Math.round(count * unitMs)));
    },
    put: (golden) => {
      const text = canonicalInstant(golden, 1);
      if (typeof text !== 'string') return text instanceof InvalidValue ? text : null;
      const count = Date.parse(text) / unitMs;
      return Number.isInteger(count) ? count : new InvalidValue('too_precise', 'the system keeps whole seconds only');
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
      const found = typeof raw === 'string' ? pattern.exec(raw.trim()) : null;
      const part = (name: string): string => found?.[order.indexOf(name) + 1] ?? '';
      const text = `${part('YYYY')}-${part('MM')}-${part('DD')}`;
      return found !== null && isCalendarDate(text)
        ? text
        : new InvalidValue('not_date', `expected a date written ${format}`);
    },
    put: (golden) => {
      const [year = '', month = '', day = ''] = String(golden).split('-');
      return format.replace('YYYY', year).replace('MM', month).replace('DD', day);
    },
  };
}

function separatorStep(separator: string): Step {
  return {
    get: (raw) =>
      typeof raw === 'string'
        ? raw
            .split(separator)
            .map((element) => element.trim())
            .filter((element) => element !== '')
        : new InvalidValue('not_a_set', 'expected one text with separators'),
    put: (golden) => {
      const elements = Array.isArray(golden) ? golden.map(String) : [String(golden)];
      return elements.some((element) => element.includes(separator.trim() || separator))
        ? new InvalidValue('separator_inside', 'an element holds the separator itself')
        : elements.join(separator);
    },
  };
}

/** One step of a mapping as plain data, and what makes it run. */
import type { InvalidValue, NativeValue } from '../value.ts';

/** How long a text may be is counted differently: by what people see as characters, in UTF-16 units, or in UTF-8 bytes. */
export type LengthUnit = 'characters' | 'utf16' | 'bytes';

/** One step between the native spelling of a value and the golden one. */
export type Transform =
  /**
   * Pairs of native and golden value. `otherwise` is the golden value of an unknown native one, `otherwiseNative` the
   * native value of an unknown golden one; either makes the step one-way.
   */
  | {
      readonly kind: 'values';
      readonly pairs: readonly (readonly [native: string | number | boolean, golden: string | boolean])[];
      readonly otherwise?: string;
      readonly otherwiseNative?: string | number | boolean;
    }
  /** Native text begins with `text`, the golden value does not. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** Native is an amount in units of ten to the power of minus `places`: cents are `places: 2`. */
  | { readonly kind: 'minorUnits'; readonly places: number }
  /** Native is a number as text, signs and symbols as in a sample: `1.234,56 €`. */
  | { readonly kind: 'numberFormat'; readonly sample: string }
  /** Native is `12.5%`, or the fraction 0.125; golden is 12.5. */
  | { readonly kind: 'percent'; readonly as: 'sign' | 'fraction' }
  /** Written with at most so many digits after the point, half away from zero. Loses the others. */
  | { readonly kind: 'round'; readonly places: number }
  /** Native counts seconds or milliseconds since 1970. */
  | { readonly kind: 'unixTime'; readonly unit: 's' | 'ms' }
  /** Native is a date spelled with D or DD, M or MM, and YYYY, such as `DD.MM.YYYY`. */
  | { readonly kind: 'dateFormat'; readonly format: string }
  /**
   * Native is date and time as clocks in `zone` show them. The hour that comes twice is refused, unless `twice` says which
   * of the two is meant; the other one is never written.
   */
  | {
      readonly kind: 'localTime';
      readonly zone: string;
      readonly format: string;
      readonly twice?: 'earlier' | 'later';
    }
  /** Native is one text with the elements of a set between separators. */
  | { readonly kind: 'separator'; readonly text: string }
  /** Native is written in upper or lower case. Loses the case, so it is two-way only where the field ignores case. */
  | { readonly kind: 'case'; readonly to: 'upper' | 'lower' }
  /** Read without outer blanks. */
  | { readonly kind: 'trim' }
  /** The side keeps no longer text: it is cut, which loses the rest, or refused by name. */
  | {
      readonly kind: 'length';
      readonly max: number;
      readonly unit: LengthUnit;
      readonly tooLong: 'cut' | 'refuse';
    }
  /** Golden is one part of the native text. Only reads. */
  | { readonly kind: 'part'; readonly separator: string; readonly take: 'first' | 'rest' | 'last' }
  /** The side's word for "no value". */
  | { readonly kind: 'nullAs'; readonly word: string | number | boolean }
  /**
   * Native is several fields, golden the text that they make. `rest`: the part that may hold what stands between the others;
   * `alone`: the part that a text is which holds nothing of the kind.
   */
  | {
      readonly kind: 'joined';
      readonly template: string;
      readonly rest?: string;
      readonly alone?: string;
    }
  /** What no value is read as. Only reads. */
  | { readonly kind: 'default'; readonly value: string | boolean }
  /** Native is a CEL expression of the golden value, which is called `value`. Only writes. */
  | { readonly kind: 'expression'; readonly text: string }
  /** Native is a text that holds the golden value where `{value}` stands. Only writes. */
  | { readonly kind: 'template'; readonly text: string }
  /** How a telephone number is written. Read in any spelling. */
  | {
      readonly kind: 'phoneFormat';
      readonly form: 'international' | 'national' | 'digits';
      readonly region?: string;
    }
  /** How a country is written; names in one language. Read in any spelling. */
  | { readonly kind: 'countryFormat'; readonly form: 'alpha3' | 'numeric' }
  | { readonly kind: 'countryName'; readonly language: string }
  | { readonly kind: 'subdivisionFormat'; readonly form: 'name' | 'iso'; readonly country: string }
  /** A Salesforce id as the 15 characters that older fields keep. */
  | { readonly kind: 'shortId' };

export type TransformOf<Kind extends Transform['kind']> = Extract<Transform, { readonly kind: Kind }>;

/** A step that runs: `get` reads, `put` writes what `get` reads back. */
export interface Step {
  readonly get: (native: NativeValue) => NativeValue | InvalidValue;
  readonly put: (golden: NativeValue) => NativeValue | InvalidValue;
}

/**
 * A value in canonical form. Canonical means: two values of one field are the same exactly when `sameValue` says so,
 * whatever the systems they came from. Numbers, dates and instants are text in one fixed spelling, so no precision is
 * lost and comparison is comparison of text. A missing key means "this side says nothing"; null means "empty on purpose".
 */
export type Value = null | boolean | string | readonly string[];

/** Field name → value. Field names come from the sync file, never from a system, so they are safe object keys. */
export type Values = Readonly<Record<string, Value>>;

/** A value as a connector hands it over: plain JSON. Decimals and integers beyond 2^53 come as text. */
export type NativeValue =
  | null
  | boolean
  | number
  | string
  | readonly NativeValue[]
  | { readonly [key: string]: NativeValue };

/** What a golden field holds. `text` is the widest; every other type has one spelling per value. */
export type FieldType =
  | {
      readonly kind: 'text';
      readonly lengthMax?: number;
      /** Outer blanks do not count: the value is kept without them. */
      readonly trims?: boolean;
      /** Empty text means that there is no value. Without it, empty and missing are two things. */
      readonly emptyIsNull?: boolean;
    }
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal'; readonly scaleMax?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'instant'; readonly grainMs?: number }
  /** In small letters, unless the letters before the @ are kept as they are. */
  | { readonly kind: 'email'; readonly keepsCase?: boolean }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'set'; readonly options?: readonly string[] }
  | { readonly kind: 'json' }
  /** E.164, with `;ext=` for an extension. `region` is the country of numbers that do not say theirs. */
  | { readonly kind: 'phone'; readonly region?: string }
  /** ISO 3166-1, two letters. `languages` are those whose names for countries are read. */
  | { readonly kind: 'country'; readonly languages?: readonly string[] }
  /** ISO 3166-2 within one country, without it: `CA`. */
  | { readonly kind: 'subdivision'; readonly country: string }
  /** ISO 4217, three letters. */
  | { readonly kind: 'currency' }
  /** An amount in one currency as a decimal; without a currency, amount and currency in one text: `12.50 EUR`. */
  | { readonly kind: 'money'; readonly currency?: string }
  /** A zone of the IANA database: `Europe/Berlin`. */
  | { readonly kind: 'timeZone' }
  /** An absolute address. `scheme` is that of addresses written without one. */
  | { readonly kind: 'url'; readonly scheme?: 'https' | 'http' }
  /** Kept as written; what shows the same is the same. */
  | { readonly kind: 'html' }
  /** The 18 characters of a Salesforce id, which 15 of them also name. */
  | { readonly kind: 'salesforceId' }
  | ReferenceType;

/**
 * Another thing, of the sync `to`. Golden and accounted is the id of its identity; a side calls it by the record that it has
 * for it there (see references.ts).
 */
export interface ReferenceType {
  readonly kind: 'reference';
  readonly to: string;
  /** Any number of them, in no order. */
  readonly many?: boolean;
  /** A record may be made without it, and is given it as soon as what it names exists there. */
  readonly late?: boolean;
}

/** Why a value cannot be taken as the field's type: a sentence about the value's shape that never quotes it. */
export class InvalidValue {
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

/** Whether two canonical values are the same value. A missing one is the same as a missing one only. */
export function sameValue(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (!Array.isArray(left) || !Array.isArray(right)) return false;
  return left.length === right.length && left.every((element, index) => element === right[index]);
}

/** Null, empty text and the empty set: what policy `fill` may fill. */
export function isEmpty(value: Value | undefined): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

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
  | { readonly kind: 'text'; readonly lengthMax?: number }
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal'; readonly scaleMax?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'instant'; readonly grainMs?: number }
  | { readonly kind: 'email' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'set'; readonly options?: readonly string[] }
  | { readonly kind: 'json' };

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

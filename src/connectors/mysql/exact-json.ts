import { losesDigits } from '../../connector/digits.ts';
import type { NativeValue } from '../../engine/value.ts';

/** Part of JavaScript since 2025 and of every Node that we run on; the compiler's library does not list it yet. */
type ExactParse = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** Only a number with this many digits can lose one; everything else takes the fast way. */
const MAY_LOSE_DIGITS = /[\d.]{16,}/;

/** Parses JSON; a number that JavaScript would round comes as its text. Throws `SyntaxError`. */
export function parseExactly(text: string): NativeValue {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as NativeValue;
  return (JSON.parse as ExactParse)(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && losesDigits(value, source) ? source : value,
  ) as NativeValue;
}

/** Record ids: a key prefix of three characters and twelve more, and the three that make it safe to compare without case. */

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const SHORT = /^[A-Za-z0-9]{15}$/;
const LONG = /^[A-Za-z0-9]{18}$/;
const POD = 'Sm0';

/** The record that stands for "no record" in overflow events. */
export const EMPTY_ID = '000000000000000AAA';

/** The 18-character form of a 15-character id: each of the last three letters says which of five characters are capitals. */
export function longId(id: string): string {
  const groups = [id.slice(0, 5), id.slice(5, 10), id.slice(10, 15)];
  return id.slice(0, 15) + groups.map(checksumOf).join('');
}

/** The 18-character form of a text that can be an id, otherwise null. A wrong checksum is not an id. */
export function parseId(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (SHORT.test(value)) return longId(value);
  if (!LONG.test(value)) return null;
  const long = longId(value);
  return long.slice(15) === value.slice(15).toUpperCase() ? long : null;
}

export function prefixOf(id: string): string {
  return id.slice(0, 3);
}

/** Gives out ids that rise in code-unit order for each prefix. */
export class RecordIds {
  readonly #last = new Map<string, number>();

  next(prefix: string): string {
    const number = (this.#last.get(prefix) ?? 0) + 1;
    this.#last.set(prefix, number);
    let tail = '';
    for (let rest = number; rest > 0; rest = Math.floor(rest / DIGITS.length)) {
      tail = `${DIGITS[rest % DIGITS.length] ?? ''}${tail}`;
    }
    return longId(`${prefix}${POD}${tail.padStart(9, '0')}`);
  }
}

function checksumOf(five: string): string {
  let bits = 0;
  for (let index = 0; index < five.length; index += 1) {
    const character = five[index] ?? '';
    if (character >= 'A' && character <= 'Z') bits |= 1 << index;
  }
  return CHECKSUM[bits] ?? '';
}

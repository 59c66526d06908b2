/**
 * Ids of Salesforce come in two lengths. In the short one upper and lower case tell records apart; the long one ends in
 * three characters that say which letters are capitals, so that it survives systems without case.
 */
import { InvalidValue, type NativeValue, type Value } from '../value.ts';

const SHORT_LENGTH = 15;
const SUFFIX_SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const GROUP_LENGTH = 5;
const ID = /^[a-zA-Z0-9]{15}(?:[a-zA-Z0-5]{3})?$/;

export function canonicalSalesforceId(raw: NativeValue): Value | InvalidValue {
  const text = typeof raw === 'string' ? raw.trim() : null;
  if (text === '') return null;
  if (text === null || !ID.test(text)) return notId('expected an id of 15 or 18 letters and digits');
  const short = text.slice(0, SHORT_LENGTH);
  const suffix = text.slice(SHORT_LENGTH).toUpperCase();
  const own = suffixOf(short);
  if (suffix === '' || own === suffix) return short + own;
  return recased(short, suffix) ?? notId('the last three characters do not belong to this id');
}

/** The case of the long form may have been lost on the way; its suffix says what it was. */
function recased(short: string, suffix: string): string | null {
  const letters = [...short].map((letter, index) => {
    const bits = SUFFIX_SIGNS.indexOf(suffix[Math.floor(index / GROUP_LENGTH)] ?? '');
    const wasCapital = (bits & (1 << (index % GROUP_LENGTH))) !== 0;
    return wasCapital ? letter.toUpperCase() : letter.toLowerCase();
  });
  const id = letters.join('');
  return suffixOf(id) === suffix ? id + suffix : null;
}

function suffixOf(short: string): string {
  let suffix = '';
  for (let start = 0; start < SHORT_LENGTH; start += GROUP_LENGTH) {
    let bits = 0;
    for (let index = 0; index < GROUP_LENGTH; index += 1)
      if (isCapital(short.charCodeAt(start + index))) bits |= 1 << index;
    suffix += SUFFIX_SIGNS[bits] ?? '';
  }
  return suffix;
}

function isCapital(code: number): boolean {
  return code >= 65 && code <= 90;
}

/** The form of 15 characters, for fields that keep no more. */
export function shortSalesforceId(id: string): string {
  return id.slice(0, SHORT_LENGTH);
}

function notId(reason: string): InvalidValue {
  return new InvalidValue('not_id', reason);
}

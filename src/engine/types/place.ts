/** Where things are: countries, their subdivisions, and time zones. */
import { countryOf } from '../../lib/standards/countries.ts';
import { subdivisionOf } from '../../lib/standards/subdivisions.ts';
import { timeZoneOf } from '../../lib/standards/time-zones.ts';
import type { InvalidValue, NativeValue, Value } from '../value.ts';
import { wordOf } from './text.ts';

type Canonicalise = (raw: NativeValue) => Value | InvalidValue;

const DIGITS = /^\d{1,2}$/;
const TWO_LETTERS = /^[A-Z]{2}$/;

export function countryReader(languages: readonly string[] = ['en']): Canonicalise {
  const expected = `a country: its code such as DE, or its name in ${languages.join(', ')}`;
  return wordOf('not_country', expected, (text) => {
    // ISO numbers have three digits; a system that keeps numbers drops the zeros before them.
    return countryOf(DIGITS.test(text) ? text.padStart(3, '0') : text, languages);
  });
}

export function subdivisionReader(country: string): Canonicalise {
  const expected = TWO_LETTERS.test(country) ? `a part of ${country}: its code or its name` : 'a part';
  return wordOf('not_subdivision', expected, (text) => subdivisionOf(text, country));
}

export const canonicalTimeZone: Canonicalise = wordOf(
  'not_time_zone',
  'a time zone such as Europe/Berlin',
  timeZoneOf,
);

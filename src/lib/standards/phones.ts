/** Telephone numbers of the world's numbering plans: how they are read, and how they are spelled. */
import { createRequire } from 'node:module';

import type * as Library from 'libphonenumber-js/min';

/** Loaded when the first number is met: it brings the numbering plan of every country. */
let library: typeof Library | null = null;

function loaded(): typeof Library {
  if (library === null) {
    const require = createRequire(import.meta.url);
    library = require('libphonenumber-js/min') as typeof Library;
  }
  return library;
}

const E164 = /^\+([1-9]\d{5,14})(?:;ext=(\d{1,11}))?$/;
/** What address books paste along: the scheme of a link, and marks for the direction of writing. */
const DECORATION = /^\s*tel:|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gi;
const TEXT_LENGTH_MAX = 80;
const CALLING_CODE_DIGITS_MAX = 3;

/** Whether the two letters name a country with a numbering plan: `DE`. */
export function isPhoneRegion(region: string): boolean {
  return loaded().isSupportedCountry(region);
}

/**
 * The number as `+4930123456`, with `;ext=12` where it has an extension; null where it is none that could be dialled. A
 * number without its country is read as people in `region` would dial it, and is none without a region.
 */
export function phoneOf(text: string, region: string | undefined): string | null {
  if (text.length > TEXT_LENGTH_MAX) return null;
  const international = E164.exec(text);
  if (international !== null) return isDiallable(international[1] ?? '') ? text : null;
  const found = loaded().parsePhoneNumberFromString(
    text.replaceAll(DECORATION, ''),
    region === undefined || !isPhoneRegion(region)
      ? { extract: false }
      : { extract: false, defaultCountry: region as Library.CountryCode },
  );
  if (found === undefined || !isDiallable(found.number.slice(1))) return null;
  return found.ext === undefined || found.ext === '' ? found.number : `${found.number};ext=${found.ext}`;
}

/** How a number can be spelled. `national` is how people of its own country write it. */
export type PhoneForm = 'international' | 'national' | 'digits';

/** The canonical number spelled for people or for a system that keeps digits only; its extension follows in words. */
export function phoneSpelled(phone: string, form: PhoneForm): string | null {
  const [number = '', extension] = phone.split(';ext=');
  if (form === 'digits') return extension === undefined ? number.slice(1) : null;
  const found = loaded().parsePhoneNumberFromString(number);
  if (found === undefined) return null;
  const spelled = form === 'national' ? found.formatNational() : found.formatInternational();
  return extension === undefined ? spelled : `${spelled} ext. ${extension}`;
}

/** How long a national number may be, by calling code: what any country with that code allows. */
let plans: ReadonlyMap<string, ReadonlySet<number>> | null = null;

/**
 * Whether a numbering plan knows numbers of that length. Which of them are assigned changes every month, so that is not
 * asked: a number that was refused yesterday must not be another value tomorrow.
 */
function isDiallable(digits: string): boolean {
  plans ??= numberingPlans();
  for (let size = 1; size <= CALLING_CODE_DIGITS_MAX; size += 1) {
    const lengths = plans.get(digits.slice(0, size));
    if (lengths !== undefined) return lengths.has(digits.length - size);
  }
  // Codes of no country, such as +800: they are rare, so the library is asked.
  return loaded().parsePhoneNumberFromString(`+${digits}`)?.isPossible() ?? false;
}

function numberingPlans(): ReadonlyMap<string, ReadonlySet<number>> {
  const metadata = new (loaded().Metadata)();
  const found = new Map<string, Set<number>>();
  for (const country of loaded().getCountries()) {
    metadata.selectNumberingPlan(country);
    const code = loaded().getCountryCallingCode(country);
    const lengths = found.get(code) ?? new Set();
    for (const length of metadata.numberingPlan?.possibleLengths() ?? []) lengths.add(length);
    found.set(code, lengths);
  }
  return found;
}

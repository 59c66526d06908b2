/** Countries by ISO 3166-1: their codes, and their names in many languages. */
import { createRequire } from 'node:module';

import { indexOfNames, folded } from './fold.ts';

type Row = readonly [alpha2: string, alpha3: string, numeric: string];
interface Names {
  readonly countries: Readonly<Record<string, string | readonly string[]>>;
}

interface Codes {
  readonly alpha3Of: ReadonlyMap<string, string>;
  readonly numericOf: ReadonlyMap<string, string>;
  /** Every code in use → alpha-2. */
  readonly alpha2Of: ReadonlyMap<string, string>;
}

const CODE_LENGTH_MAX = 3;
const require = createRequire(import.meta.url);
let codes: Codes | null = null;
const namesByLanguage = new Map<string, Names | null>();
const indexByLanguages = new Map<string, ReadonlyMap<string, string>>();

function loadedCodes(): Codes {
  if (codes !== null) return codes;
  const rows = require('i18n-iso-countries/codes.json') as readonly Row[];
  codes = {
    alpha3Of: new Map(rows.map(([alpha2, alpha3]) => [alpha2, alpha3])),
    numericOf: new Map(rows.map(([alpha2, , numeric]) => [alpha2, numeric])),
    alpha2Of: new Map(
      rows.flatMap(([alpha2, alpha3, numeric]) =>
        [alpha2, alpha3, numeric].map((code) => [code, alpha2] as const),
      ),
    ),
  };
  return codes;
}

/** The name of a language as BCP 47 has it, and nothing that could name another file. */
const LANGUAGE = /^[a-z]{2}$/;

function namesIn(language: string): Names | null {
  const known = namesByLanguage.get(language);
  if (known !== undefined) return known;
  let names: Names | null = null;
  if (LANGUAGE.test(language)) {
    try {
      names = require(`i18n-iso-countries/langs/${language}.json`) as Names;
    } catch {
      names = null;
    }
  }
  namesByLanguage.set(language, names);
  return names;
}

/** Whether the names of countries are known in this language: `en`, `de`. */
export function hasCountryNames(language: string): boolean {
  return namesIn(language) !== null;
}

/** Every country, by its two letters. */
export function countryCodes(): readonly string[] {
  return [...loadedCodes().alpha3Of.keys()];
}

/** The country's two letters, from any of its codes or its name in one of the languages; null when nobody could tell. */
export function countryOf(text: string, languages: readonly string[]): string | null {
  if (text.length <= CODE_LENGTH_MAX) {
    const code = loadedCodes().alpha2Of.get(text.toUpperCase());
    if (code !== undefined) return code;
  }
  return nameIndex(languages).get(folded(text)) ?? null;
}

function nameIndex(languages: readonly string[]): ReadonlyMap<string, string> {
  const key = languages.join(' ');
  const known = indexByLanguages.get(key);
  if (known !== undefined) return known;
  const index = indexOfNames(
    languages.flatMap((language) =>
      Object.entries(namesIn(language)?.countries ?? {}).flatMap(([code, names]) =>
        [names].flat().map((name) => [code, name] as const),
      ),
    ),
  );
  indexByLanguages.set(key, index);
  return index;
}

/** The country's usual name in the language, or null where there is none. */
export function countryName(alpha2: string, language: string): string | null {
  const names = namesIn(language)?.countries[alpha2];
  return (typeof names === 'string' ? names : names?.[0]) ?? null;
}

/** Three letters, or three digits, for the country's two letters. */
export function countryCode(alpha2: string, form: 'alpha3' | 'numeric'): string | null {
  const { alpha3Of, numericOf } = loadedCodes();
  return (form === 'alpha3' ? alpha3Of : numericOf).get(alpha2) ?? null;
}

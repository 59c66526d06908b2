/** States, provinces, counties and cantons by ISO 3166-2. */
import { createRequire } from 'node:module';

import { folded, indexOfNames } from './fold.ts';

interface Entry {
  readonly code: string;
  readonly name: string;
}

interface Subdivisions {
  /** Code without the country → name. */
  readonly nameOf: ReadonlyMap<string, string>;
  readonly codeOf: ReadonlyMap<string, string>;
}

const CODE_LENGTH_MAX = 3;
const byCountry = new Map<string, Subdivisions>();

function inCountry(country: string): Subdivisions {
  const known = byCountry.get(country);
  if (known !== undefined) return known;
  const require = createRequire(import.meta.url);
  const { iso31662 } = require('iso-3166/2.js') as { readonly iso31662: readonly Entry[] };
  const own = iso31662.flatMap(({ code, name }) =>
    code.startsWith(`${country}-`) ? [[code.slice(country.length + 1), name] as const] : [],
  );
  const found = { nameOf: new Map(own), codeOf: indexOfNames(own) };
  byCountry.set(country, found);
  return found;
}

/** The codes of a country's subdivisions, without the country: `CA`, `NY`. Empty for a country without any. */
export function subdivisionCodes(country: string): readonly string[] {
  return [...inCountry(country).nameOf.keys()];
}

/** `CA` from `CA`, `US-CA` or `California`; null for what the country does not have or has twice under one name. */
export function subdivisionOf(text: string, country: string): string | null {
  const { nameOf, codeOf } = inCountry(country);
  const upper = text.toUpperCase();
  const code = upper.startsWith(`${country}-`) ? upper.slice(country.length + 1) : upper;
  if (code.length <= CODE_LENGTH_MAX && nameOf.has(code)) return code;
  return codeOf.get(folded(text)) ?? null;
}

export function subdivisionName(code: string, country: string): string | null {
  return inCountry(country).nameOf.get(code) ?? null;
}

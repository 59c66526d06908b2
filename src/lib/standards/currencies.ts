/** Currencies by ISO 4217. */
import { createRequire } from 'node:module';

interface Row {
  readonly code: string;
  readonly number: string;
  readonly digits: number;
}

let byCode: ReadonlyMap<string, Row> | null = null;

function loaded(): ReadonlyMap<string, Row> {
  if (byCode !== null) return byCode;
  const require = createRequire(import.meta.url);
  const { data } = require('currency-codes') as { readonly data: readonly Row[] };
  byCode = new Map(data.flatMap((row) => [[row.code, row] as const, [row.number, row] as const]));
  return byCode;
}

/** The three letters, from the letters in any case or the three digits; null for what is no currency. */
export function currencyOf(text: string): string | null {
  return loaded().get(text.toUpperCase())?.code ?? null;
}

/** How many digits after the point the currency has: 2 for EUR, 0 for JPY, 3 for KWD; null for what is no currency. */
export function currencyDigits(code: string): number | null {
  return loaded().get(code)?.digits ?? null;
}

/** Every currency by its three letters. */
export function currencyCodes(): readonly string[] {
  return [...loaded().keys()].filter((key) => /^[A-Z]/.test(key));
}

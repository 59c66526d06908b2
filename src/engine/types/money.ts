/** Currencies, and amounts in them. An amount that the currency cannot pay is refused, never rounded. */
import { currencyDigits, currencyOf } from '../../lib/standards/currencies.ts';
import { canonicalDecimal } from '../decimal.ts';
import { InvalidValue, type NativeValue, type Value } from '../value.ts';
import { wordOf } from './text.ts';

type Canonicalise = (raw: NativeValue) => Value | InvalidValue;

const AMOUNT_FIRST = /^(\S.*?)\s*([A-Za-z]{3})$/;
const CURRENCY_FIRST = /^([A-Za-z]{3})\s*(\S.*)$/;

export const canonicalCurrency: Canonicalise = wordOf(
  'not_currency',
  'a currency by its three letters, such as EUR',
  (text) => currencyOf(text.padStart(3, '0')),
);

/** With a currency, a decimal of at most its digits. Without, `12.50 EUR`: the amount with all of the currency's digits. */
export function moneyOf(currency: string | undefined): Canonicalise {
  if (currency !== undefined) return (raw) => canonicalDecimal(raw, currencyDigits(currency) ?? undefined);
  return (raw) => {
    if (typeof raw === 'string' && raw.trim() === '') return null;
    const parts = typeof raw === 'string' ? amountAndCurrency(raw.trim()) : structureParts(raw);
    const code = parts === null ? null : currencyOf(parts.currency);
    if (parts === null || code === null) return notMoney();
    const digits = currencyDigits(code) ?? 0;
    const amount = canonicalDecimal(parts.amount, digits);
    if (amount === null) return notMoney();
    return typeof amount === 'string' ? `${withDigits(amount, digits)} ${code}` : amount;
  };
}

interface Parts {
  readonly amount: NativeValue;
  readonly currency: string;
}

function amountAndCurrency(text: string): Parts | null {
  const first = AMOUNT_FIRST.exec(text);
  if (first !== null) return { amount: first[1] ?? '', currency: first[2] ?? '' };
  const second = CURRENCY_FIRST.exec(text);
  return second === null ? null : { amount: second[2] ?? '', currency: second[1] ?? '' };
}

/** How web shops hand an amount over: `{amount: "12.50", currency_code: EUR}`. */
function structureParts(raw: NativeValue): Parts | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null;
  const { amount, currency, currency_code, currencyCode } = raw as Readonly<
    Record<string, NativeValue | undefined>
  >;
  const code = currency ?? currency_code ?? currencyCode;
  return typeof code === 'string' && amount !== undefined ? { amount, currency: code } : null;
}

function withDigits(amount: string, digits: number): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
}

function notMoney(): InvalidValue {
  return new InvalidValue('not_money', 'expected an amount with its currency, such as 12.50 EUR');
}

/** Who is in which system before anything is in step: two accounts for three contacts, each in one system, in two or in all. */
import type { SideName } from './definitions.ts';

export interface Account {
  readonly key: string;
  readonly name: string;
  readonly city: string | null;
  readonly credit: number | null;
}

export interface Contact {
  readonly key: string;
  readonly name: string;
  readonly title: string | null;
  /** The key of an account that is in Salesforce from the beginning. */
  readonly account: string;
}

const ACCOUNT_SHARE = 0.4;
/** Where every tenth account is, by the last digit of its number. */
const ACCOUNT_HOMES: readonly (readonly SideName[])[] = [
  ['crm'],
  ['crm'],
  ['crm'],
  ['crm'],
  ['crm'],
  ['shop'],
  ['shop'],
  ['crm', 'shop'],
  ['erp'],
  ['crm', 'shop', 'erp'],
];
const CRM_ONLY = 5;
const CITIES = ['Gent', 'Oslo', 'Porto', 'Turin'];

export function accountCount(records: number): number {
  return Math.floor(records * ACCOUNT_SHARE);
}

/** Those that begin at the side. */
export function accountsAt(side: SideName, records: number): readonly Account[] {
  return numbersTo(accountCount(records))
    .filter((number) => ACCOUNT_HOMES[number % ACCOUNT_HOMES.length]?.includes(side) === true)
    .map((number) => ({
      key: `A${String(number)}`,
      name: `Company ${String(number)}`,
      // Where an account is in several systems, one of them fills what the others lack.
      city:
        side === 'shop' && number % ACCOUNT_HOMES.length > CRM_ONLY
          ? null
          : (CITIES[number % CITIES.length] ?? null),
      credit: side === 'erp' ? null : number / 4,
    }));
}

export function contactsAt(side: 'crm' | 'shop', records: number): readonly Contact[] {
  const accounts = accountCount(records);
  return numbersTo(records - accounts)
    .filter((number) => isContactAt(side, number))
    .map((number) => ({
      key: `C${String(number)}`,
      name: `Person ${String(number)}`,
      title: null,
      account: `A${String(Math.floor((number % accounts) / ACCOUNT_HOMES.length) * ACCOUNT_HOMES.length + (number % CRM_ONLY))}`,
    }));
}

/** Six of ten in Salesforce, three in the shop, one in both. */
function isContactAt(side: 'crm' | 'shop', number: number): boolean {
  const digit = number % 10;
  return side === 'crm' ? digit < 6 || digit === 9 : digit >= 6;
}

function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

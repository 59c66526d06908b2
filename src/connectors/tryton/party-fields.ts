/** The fields of a party as the platform sees them, and Tryton's names behind them. */
import type { FieldDescription } from '../../connector/contract.ts';
import type { FieldType } from '../../engine/value.ts';

export const PARTY = 'party.party';
export const VAT_TYPE = 'eu_vat';
export const MECHANISMS = ['email', 'phone', 'mobile', 'website', 'fax'] as const;
export const ADDRESS_PREFIX = 'address.';

const TEXT: FieldType = { kind: 'text' };
const COUNTRY_CODE_LENGTH = 2;

/** The flat fields; those of the party's own row that are not listed follow as they are. */
export const FLAT_FIELDS: readonly FieldDescription[] = [
  flat('name', 'Name', TEXT),
  { ...flat('code', 'Code', TEXT), unique: true },
  flat('lang', 'Language', TEXT),
  flat('active', 'Active', { kind: 'boolean' }),
  flat('vat', 'European VAT number', TEXT),
  { ...flat('tax_identifier', 'Tax identifier', TEXT), readOnly: true },
  flat('email', 'E-mail', { kind: 'email' }),
  flat('phone', 'Phone', TEXT),
  flat('mobile', 'Mobile', TEXT),
  flat('website', 'Website', TEXT),
  flat('fax', 'Fax', TEXT),
  flat('address.street', 'Street', TEXT),
  flat('address.postal_code', 'Postal code', TEXT),
  flat('address.city', 'City', TEXT),
  flat('address.country', 'Country (ISO 3166-1 alpha-2)', { kind: 'text', lengthMax: COUNTRY_CODE_LENGTH }),
  flat('address.subdivision', 'Subdivision (ISO 3166-2)', TEXT),
];
export const FLAT_NAMES: ReadonlySet<string> = new Set(FLAT_FIELDS.map((field) => field.name));
/** Those that stand in the party's own row under the same name. */
export const OWN_NAMES: ReadonlySet<string> = new Set(['name', 'code', 'active', 'lang']);

function flat(name: string, title: string, type: FieldType): FieldDescription {
  return { name, title, type, required: false, readOnly: false, unique: false };
}

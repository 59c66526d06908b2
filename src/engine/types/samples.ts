/** Values to try mappings of the standard types with: the awkward ones first, then chance. Not all need fit the type. */
import type { Random } from '../../lib/random.ts';
import { countryCodes } from '../../lib/standards/countries.ts';
import { currencyCodes, currencyDigits } from '../../lib/standards/currencies.ts';
import { subdivisionCodes } from '../../lib/standards/subdivisions.ts';
import type { FieldType, NativeValue } from '../value.ts';

type StandardKind =
  | 'phone'
  | 'country'
  | 'subdivision'
  | 'currency'
  | 'money'
  | 'timeZone'
  | 'url'
  | 'html'
  | 'salesforceId';
export type StandardType = Extract<FieldType, { readonly kind: StandardKind }>;

const PHONES = [
  ['+4930123456', '+12125550123', '+442079460018', '+390612345678', '+5491123456789', '+80012345678'],
  ['+12125550123;ext=89', '+861012345678', '+33123456789', '+46812345', '+97142345678', '+37744123456'],
].flat();
/** Calling codes whose national numbers may have nine digits or ten. */
const CALLING_CODES = [
  '1',
  '49',
  '44',
  '33',
  '39',
  '61',
  '81',
  '86',
  '91',
  '55',
  '52',
  '7',
  '27',
  '358',
  '971',
];
const AMOUNTS = [
  '0',
  '-0.01',
  '0.1',
  '1234567.89',
  '99999999999999999999',
  '9007199254740993',
  '-5',
  '0.001',
];
const URLS = [
  [
    'https://example.com/',
    'http://example.com:8080/a/b?c=d&e=%20#f',
    'https://b\u00fccher.example/\u00fc?q=\u05E9',
  ],
  [
    'https://user:word@example.com/',
    'https://example.com/a%2Fb/../c',
    'ftp://files.example/x',
    'https://[::1]/',
  ],
].flat();
const MARKUPS = [
  [
    '',
    '<p>one</p>',
    '<p class="b a">x</p>',
    '<br>',
    '<BR/>',
    'a &amp; b &lt;c&gt;',
    '<!-- note -->x',
    'a\u00a0b',
  ],
  [
    '<a href="https://example.com/?a=1&b=2">\u05E9\u05DC\u05D5\u05DD</a>',
    '<pre>  a\n b</pre>',
    '<p>unclosed',
    '<',
    '&',
  ],
].flat();
const IDS = ['001A000001LZ6CI', '001a000001lz6ci', '000000000000000', 'zzzzzzzzzzzzzzz', 'ZZZZZZZZZZZZZZZ'];
const ID_SIGNS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Port-au-Prince',
  'Asia/Kolkata',
  'Etc/GMT+12',
];

export function standardEdges(type: StandardType): readonly NativeValue[] {
  switch (type.kind) {
    case 'phone':
      return PHONES;
    case 'country':
      return countryCodes();
    case 'subdivision':
      return subdivisionCodes(type.country);
    case 'currency':
      return currencyCodes();
    case 'money':
      return type.currency === undefined ? AMOUNTS.map((amount) => `${amount} USD`) : AMOUNTS;
    case 'timeZone':
      return ZONES;
    case 'url':
      return URLS;
    case 'html':
      return MARKUPS;
    case 'salesforceId':
      return IDS;
  }
}

type Draw = (random: Random, lengthMax: number) => string;

/** Null where the edges are all there is. `text` makes any text up to a length, `name` one of letters and digits. */
export function standardDraw(
  type: StandardType,
  text: Draw,
  name: Draw,
): ((random: Random) => NativeValue) | null {
  switch (type.kind) {
    case 'country':
    case 'subdivision':
    case 'currency':
      return null;
    case 'phone':
      return (random) => `+${pick(random, CALLING_CODES)}${digits(random, 9 + below(random, 2))}`;
    case 'money':
      return (random) => {
        const currency = type.currency ?? pick(random, currencyCodes());
        const scale = currencyDigits(currency) ?? 0;
        const amount = `${random.fraction() < 0.5 ? '-' : ''}${digits(random, 1 + below(random, 22))}e-${String(scale)}`;
        return type.currency === undefined ? `${amount} ${currency}` : amount;
      };
    case 'timeZone': {
      const zones = Intl.supportedValuesOf('timeZone');
      return (random) => pick(random, zones);
    }
    case 'url':
      return (random) => `https://${name(random, 10)}.example/${text(random, 20)}?${text(random, 10)}`;
    case 'html':
      return (random) => `<p title="${text(random, 8)}">${text(random, 20)}<b>${text(random, 8)}</b></p>`;
    case 'salesforceId':
      return (random) => Array.from({ length: 15 }, () => pick(random, ID_SIGNS)).join('');
  }
}

function below(random: Random, limit: number): number {
  return Math.floor(random.fraction() * limit);
}

function pick(random: Random, options: readonly string[]): string {
  return options[below(random, options.length)] ?? '';
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => String(below(random, 10))).join('');
}

import type { SslOptions } from 'mysql2/promise';

import type { SettingDescription } from '../../connector/contract.ts';
import { refuse } from './failures.ts';

interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl?: SslOptions;
}

/** How to reach one database, and how to read its changes. */
export interface Settings {
  readonly address: Address;
  readonly cursorColumn: string | null;
  readonly lookbackSeconds: number;
  /** Whether somebody vouches that DATETIME columns, which have no zone, hold UTC. */
  readonly datetimeIsUtc: boolean;
}

const DEFAULT_PORT = '3306';
const LOOKBACK_SECONDS = '60';
const LOOKBACK_SECONDS_MAX = 7 * 86_400;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

export const SETTINGS: readonly SettingDescription[] = [
  setting(
    'url',
    'Connection string, instead of the settings below',
    'mysql://trueup:secret@db.example.com/shop',
    true,
  ),
  setting('host', 'Server name or address', 'db.example.com'),
  setting('port', 'Port (default 3306)', '3306'),
  setting('database', 'Database', 'shop'),
  setting('user', 'User', 'trueup'),
  setting('password', 'Password', '${secret:SHOP_PASSWORD}', true),
  setting('ssl', 'Encryption: verify (default for other machines), require or disable', 'verify'),
  setting(
    'cursor_column',
    'Column that says when a record was last changed (default: found by itself)',
    'updated_at',
  ),
  setting(
    'lookback_seconds',
    'How long a transaction may stay open and still be seen by the feed (default 60)',
    '60',
  ),
  setting(
    'datetime_zone',
    'UTC when DATETIME columns hold UTC; left out, they are text without a zone',
    'UTC',
  ),
];

function setting(name: string, title: string, example: string, secret = false): SettingDescription {
  return { name, title, required: false, secret, example };
}

export function settingsOf(given: Readonly<Record<string, string>>): Settings {
  const places = given['url'] === undefined ? given : fromUrl(given['url'], given);
  const host = required(places, 'host');
  const { datetime_zone: zone } = given;
  if (zone !== undefined && zone.toUpperCase() !== 'UTC')
    throw wrong('datetime_zone', 'must be UTC, or be left out');
  return {
    address: {
      host,
      port: wholeNumber(places, 'port', DEFAULT_PORT, 65_535),
      database: required(places, 'database'),
      user: required(places, 'user'),
      password: places['password'] ?? '',
      ...encryptionOf(places['ssl'], host),
    },
    cursorColumn: given['cursor_column'] ?? null,
    lookbackSeconds: wholeNumber(given, 'lookback_seconds', LOOKBACK_SECONDS, LOOKBACK_SECONDS_MAX),
    datetimeIsUtc: zone !== undefined,
  };
}

function fromUrl(text: string, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const extra = ['host', 'port', 'database', 'user', 'password'].find((name) => given[name] !== undefined);
  if (extra !== undefined) throw wrong(extra, 'must be left out when `url` is given');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^(mysql|mariadb):$/.test(url.protocol) || url.search !== '') {
    throw wrong('url', 'must look like mysql://user:password@host:3306/database');
  }
  const parts: readonly (readonly [name: string, value: string | undefined])[] = [
    ['host', decoded(url.hostname).replace(/^\[(.*)\]$/, '$1')],
    ['port', url.port],
    ['database', decoded(url.pathname.slice(1))],
    ['user', decoded(url.username)],
    ['password', decoded(url.password)],
    ['ssl', given['ssl']],
  ];
  return Object.fromEntries(
    parts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('url', 'has a percent sign that must be written %25');
  }
}

/** Encrypted and checked unless somebody decides otherwise or the server is on this machine. */
function encryptionOf(mode: string | undefined, host: string): { readonly ssl?: SslOptions } {
  switch (mode ?? (LOCAL_HOSTS.has(host) ? 'disable' : 'verify')) {
    case 'disable':
      return {};
    case 'require':
      return { ssl: { rejectUnauthorized: false } };
    case 'verify':
      return { ssl: { rejectUnauthorized: true, verifyIdentity: true } };
    default:
      throw wrong('ssl', 'must be verify, require or disable');
  }
}

function wholeNumber(
  given: Readonly<Record<string, string>>,
  name: string,
  otherwise: string,
  max: number,
): number {
  const text = given[name] ?? otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw wrong(name, `must be a whole number up to ${String(max)}`);
  return value;
}

function required(places: Readonly<Record<string, string>>, name: string): string {
  const value = places[name];
  if (value === undefined || value === '') throw wrong(name, 'is missing');
  return value;
}

function wrong(name: string, reason: string): Error {
  return refuse('config', 'bad_setting', `setting ${name} ${reason}`, { field: name });
}

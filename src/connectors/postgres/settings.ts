import type pg from 'pg';

import type { SettingDescription } from '../../connector/contract.ts';
import { refuse } from './failures.ts';

/** How to reach one database, and how to read its changes. */
export interface Settings {
  readonly connection: pg.ClientConfig & { readonly user: string; readonly database: string };
  readonly replication: boolean;
  readonly cursorColumn: string | null;
  /** The zone that timestamps without zone are written in; null when nobody said. */
  readonly cursorTimeZone: string | null;
}

export const SETTINGS: readonly SettingDescription[] = [
  setting(
    'url',
    'Connection string, instead of the settings below',
    'postgresql://trueup:secret@db.example.com/shop',
    true,
  ),
  setting('host', 'Server name or address', 'db.example.com'),
  setting('port', 'Port', '5432'),
  setting('database', 'Database', 'shop'),
  setting('user', 'User', 'trueup'),
  setting('password', 'Password', '${secret:SHOP_PASSWORD}', true),
  setting('ssl', 'Encryption: verify (default for other machines), require or disable', 'verify'),
  setting(
    'replication',
    'How changes are read: `logical` for the write-ahead log; left out, by polling',
    'logical',
  ),
  setting('cursor_column', 'Column that says when a record was last changed, for polling', 'updated_at'),
  setting('cursor_time_zone', 'Zone of that column, where its type has none', 'Europe/Berlin'),
];

const DEFAULT_PORT = 5432;
const NO_PASSWORD = ' ';
const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '::1']);
const URL_PARAMETERS = new Set([
  'sslmode',
  'host',
  'port',
  'user',
  'password',
  'application_name',
  'connect_timeout',
]);

function setting(name: string, title: string, example: string, secret = false): SettingDescription {
  return { name, title, required: false, secret, example };
}

export function settingsOf(given: Readonly<Record<string, string>>): Settings {
  const places = given['url'] === undefined ? given : fromUrl(given['url'], given);
  const host = required(places, 'host');
  const password = places['password'] === '' ? undefined : places['password'];
  const { replication } = given;
  if (replication !== undefined && replication !== 'logical' && replication !== 'none') {
    throw wrong('replication', 'must be `logical`, or be left out');
  }
  return {
    connection: {
      host,
      port: portOf(places['port']),
      database: required(places, 'database'),
      user: required(places, 'user'),
      // Without one the driver would look into the environment of this process; and asked for one that is empty, it
      // would leave the connection open until the server gives up on it. A wrong one is refused properly.
      password: password ?? NO_PASSWORD,
      ssl: encryptionOf(places['ssl'], host),
      application_name: 'trueup',
    },
    replication: replication === 'logical',
    cursorColumn: given['cursor_column'] ?? null,
    cursorTimeZone: given['cursor_time_zone'] ?? null,
  };
}

function fromUrl(text: string, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const extra = ['host', 'port', 'database', 'user', 'password'].find((name) => given[name] !== undefined);
  if (extra !== undefined) throw wrong(extra, 'must be left out when `url` is given');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw wrong('url', 'must look like postgresql://user:password@host:5432/database');
  }
  const unknown = [...url.searchParams.keys()].find((name) => !URL_PARAMETERS.has(name));
  if (unknown !== undefined) throw wrong('url', `has a parameter that is not supported: ${unknown}`);
  const parts: readonly (readonly [name: string, value: string | null])[] = [
    ['host', url.searchParams.get('host') ?? decoded(url.hostname).replace(/^\[(.*)\]$/, '$1')],
    ['port', url.searchParams.get('port') ?? url.port],
    ['database', decoded(url.pathname.slice(1))],
    ['user', url.searchParams.get('user') ?? decoded(url.username)],
    ['password', url.searchParams.get('password') ?? decoded(url.password)],
    ['ssl', given['ssl'] ?? url.searchParams.get('sslmode')],
  ];
  return Object.fromEntries(
    parts.flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value]])),
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('url', 'has a percent sign that must be written %25');
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrong('port', 'must be a number from 1 to 65535');
  return port;
}

/** Encrypted and checked unless somebody decides otherwise or the server is on this machine. */
function encryptionOf(mode: string | undefined, host: string): pg.ClientConfig['ssl'] {
  const isLocal = LOCAL_HOSTS.has(host) || host.startsWith('/');
  switch (mode ?? (isLocal ? 'disable' : 'verify')) {
    case 'disable':
      return false;
    case 'require':
    case 'prefer':
    case 'no-verify':
      return { rejectUnauthorized: false };
    case 'verify':
    case 'verify-full':
      return { rejectUnauthorized: true };
    case 'verify-ca':
      return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
    default:
      throw wrong('ssl', 'must be verify, require or disable');
  }
}

function required(places: Readonly<Record<string, string>>, name: string): string {
  const value = places[name];
  if (value === undefined || value === '') throw wrong(name, 'is missing');
  return value;
}

function wrong(name: string, problem: string): Error {
  return refuse(
    'config',
    'setting',
    `The setting \`${name}\` ${problem}.`,
    `Correct \`${name}\` of this connection.`,
  );
}

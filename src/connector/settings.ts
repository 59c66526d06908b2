/** Describes and checks the settings of a connection, so that every connector accepts and refuses the same in the same words. */
import type { SettingDescription } from './contract.ts';

/** The settings of a connection as they were given, secrets revealed. */
export type Given = Readonly<Record<string, string>>;

/** Makes the connector's own failure from a setting's name and what is wrong with it, as the end of a sentence: `is missing`. */
export type Wrong = (name: string, problem: string) => Error;

/** What to check a setting with: everything given, and how to refuse. */
export interface Reader {
  readonly given: Given;
  readonly wrong: Wrong;
}

/** Where a database is and who asks, as text; what may be left out is undefined. */
export interface DatabasePlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly ssl: string | undefined;
}

/** How a system writes the address of a database. */
export interface UrlForm {
  readonly protocol: RegExp;
  readonly example: string;
  /** Those of the parameters after `?` that may be given; `sslmode` and the places' own names are read, others ignored. */
  readonly parameters: ReadonlySet<string>;
  readonly defaultPort: number;
}

const PLACES = ['host', 'port', 'database', 'user', 'password'] as const;
const PORT_MAX = 65_535;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** Describes a setting; unmarked, it may be left out and may be shown. */
export function setting(
  name: string,
  title: string,
  example: string,
  ...marks: readonly ('required' | 'secret' | 'tunesOnly')[]
): SettingDescription {
  return {
    name,
    title,
    required: marks.includes('required'),
    secret: marks.includes('secret'),
    tunesOnly: marks.includes('tunesOnly'),
    example,
  };
}

/** The settings that say where a database is and who asks: what `databasePlace` reads. */
export function databaseSettings(scheme: string, { defaultPort }: UrlForm): readonly SettingDescription[] {
  const port = String(defaultPort);
  return [
    setting(
      'url',
      'Connection string, instead of the settings below',
      `${scheme}://trueup:secret@db.example.com/shop`,
      'secret',
    ),
    setting('host', 'Server name or address', 'db.example.com'),
    setting('port', `Port (default ${port})`, port),
    setting('database', 'Database', 'shop'),
    setting('user', 'User', 'trueup'),
    setting('password', 'Password', '${secret:SHOP_PASSWORD}', 'secret'),
    setting('ssl', 'Encryption: verify (default for other machines), require or disable', 'verify'),
  ];
}

/** A setting that must be there and not be empty. */
export function required({ given, wrong }: Reader, name: string): string {
  const value = given[name];
  if (value === undefined || value === '') throw wrong(name, 'is missing');
  return value;
}

/** The meaning of a setting that is one of a few words; `allowed` names them for a person. */
export function oneOf<T>(
  { given, wrong }: Reader,
  name: string,
  otherwise: string,
  meanings: ReadonlyMap<string, T>,
  allowed: string,
): T {
  const meaning = meanings.get(given[name] ?? otherwise);
  if (meaning === undefined) throw wrong(name, `must be ${allowed}`);
  return meaning;
}

/** A whole number from 0 to `max`. */
export function wholeNumber({ given, wrong }: Reader, name: string, otherwise: number, max: number): number {
  const text = given[name] ?? String(otherwise);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw wrong(name, `must be a whole number up to ${String(max)}`);
  return value;
}

/** The place of a database, from single settings or from a `url`, which then says everything but `ssl`. */
export function databasePlace(reader: Reader, form: UrlForm): DatabasePlace {
  const { wrong } = reader;
  const given =
    reader.given['url'] === undefined ? reader.given : urlParts(reader, reader.given['url'], form);
  const { password, ssl } = given;
  return {
    host: required({ given, wrong }, 'host'),
    port: portOf({ given, wrong }, form.defaultPort),
    database: required({ given, wrong }, 'database'),
    user: required({ given, wrong }, 'user'),
    password: password === '' ? undefined : password,
    ssl,
  };
}

/** What encryption means for the driver: checked unless somebody decides otherwise or the server is on this machine. */
export function encryption<T>(
  { host, ssl }: DatabasePlace,
  wrong: Wrong,
  meanings: ReadonlyMap<string, T>,
): T {
  const isLocal = LOCAL_HOSTS.has(host) || host.startsWith('/');
  const given: Given = ssl === undefined ? {} : { ssl };
  return oneOf(
    { given, wrong },
    'ssl',
    isLocal ? 'disable' : 'verify',
    meanings,
    'verify, require or disable',
  );
}

function urlParts({ given, wrong }: Reader, text: string, form: UrlForm): Given {
  const extra = PLACES.find((name) => given[name] !== undefined);
  if (extra !== undefined) throw wrong(extra, 'must be left out when `url` is given');
  const url = URL.parse(text);
  if (url === null || !form.protocol.test(url.protocol)) throw wrong('url', `must look like ${form.example}`);
  const { searchParams } = url;
  // Not quoted: what looks like a parameter may be the end of a password with a question mark in it.
  if (![...searchParams.keys()].every((name) => form.parameters.has(name)))
    throw wrong('url', `must look like ${form.example}, with ${parametersAllowed(form)}`);
  const decoded = (part: string): string => decodedPart(part, wrong);
  const parts: readonly (readonly [name: string, value: string | null | undefined])[] = [
    ['host', searchParams.get('host') ?? decoded(url.hostname).replace(/^\[(.*)\]$/, '$1')],
    ['port', searchParams.get('port') ?? url.port],
    ['database', decoded(url.pathname.slice(1))],
    ['user', searchParams.get('user') ?? decoded(url.username)],
    ['password', searchParams.get('password') ?? decoded(url.password)],
    ['ssl', given['ssl'] ?? searchParams.get('sslmode')],
  ];
  return Object.fromEntries(parts.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function parametersAllowed({ parameters }: UrlForm): string {
  return parameters.size === 0 ? 'no parameters' : `no parameters but ${[...parameters].join(', ')}`;
}

function decodedPart(part: string, wrong: Wrong): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('url', 'has a percent sign that must be written %25');
  }
}

function portOf({ given, wrong }: Reader, otherwise: number): number {
  const port = Number(given['port'] ?? otherwise);
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX)
    throw wrong('port', `must be a number from 1 to ${String(PORT_MAX)}`);
  return port;
}

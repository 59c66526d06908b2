import type { SettingDescription } from '../../connector/contract.ts';
import { ERROR_LOG_SETTING } from '../../connector/error-log.ts';
import { oneOf, required, setting, wholeNumber, type Given, type Reader } from '../../connector/settings.ts';
import { Secret } from '../../lib/secret.ts';
import { refuse } from './failures.ts';

/** How the app proves that it may act. */
export type Grant =
  | { readonly kind: 'refresh'; readonly refreshToken: Secret; readonly clientSecret: Secret | null }
  | { readonly kind: 'jwt'; readonly username: string; readonly privateKey: Secret }
  | { readonly kind: 'clientCredentials'; readonly clientSecret: Secret }
  /** Somebody signs in with `trueup connect`, and the app acts as them. */
  | { readonly kind: 'person'; readonly clientSecret: Secret | null };

/** A connection's settings, checked. */
export interface Settings {
  /** Scheme and host, without a path. */
  readonly loginUrl: string;
  readonly clientId: string;
  readonly grant: Grant;
  /** Such as `60.0`. */
  readonly apiVersion: string;
  /** The only objects to offer; null for all that people work with. */
  readonly objects: readonly string[] | null;
  readonly duplicateRules: 'obey' | 'allow';
  /** Whether the account sees every record, so that one that is not found does not exist. */
  readonly viewAll: boolean;
  readonly pollSeconds: number;
  /** How long a transaction may stay open and still be seen by the feed. */
  readonly overlapSeconds: number;
  /** Objects that are selected for Change Data Capture. */
  readonly changeEvents: readonly string[];
  readonly pubSubEndpoint: string;
  /** The object that dead letters are shown in; null for none. */
  readonly errorLog: string | null;
  /** Writes of at least so many records go by the Bulk API; 0 for never. */
  readonly bulkFrom: number;
  /** Objects of at least so many records are read as a whole by the Bulk API; 0 for never. */
  readonly bulkReadFrom: number;
  /** Collections of 200 records that share one request. */
  readonly collectionsPerCall: number;
}

const API_VERSION = '60.0';
const POLL_SECONDS = 15;
const OVERLAP_SECONDS = 60;
const SECONDS_MAX = 3_600;
const BULK_FROM = 5_000;
const BULK_FROM_MAX = 1_000_000;
/** 50 requests page by page, about half of that by a job. */
const BULK_READ_FROM = 100_000;
const BULK_READ_FROM_MAX = 1_000_000_000;
const COLLECTIONS_MAX = 5;
const PUB_SUB = 'api.pubsub.salesforce.com:7443';

export const SETTINGS: readonly SettingDescription[] = [
  setting(
    'login_url',
    'Where to log in (default https://login.salesforce.com); client credentials need My Domain',
    'https://acme.my.salesforce.com',
  ),
  setting('client_id', 'Consumer key of the connected app', '3MVG9…', 'required'),
  setting('client_secret', 'Consumer secret of the connected app', '${secret:SALESFORCE_SECRET}', 'secret'),
  setting(
    'refresh_token',
    'Refresh token, to act as the user who approved the app',
    '${secret:SALESFORCE_REFRESH}',
    'secret',
  ),
  setting(
    'sign_in',
    '`person` to act as whoever signs in with `trueup connect` (default `app`: as the settings say)',
    'person',
  ),
  setting('username', 'User to act as, with `private_key`', 'trueup@acme.example'),
  setting(
    'private_key',
    'Private key (PEM) whose certificate the app knows, instead of a refresh token',
    '${secret:SALESFORCE_KEY}',
    'secret',
  ),
  setting('api_version', `Version of the REST API (default ${API_VERSION})`, API_VERSION, 'tunesOnly'),
  setting('objects', 'The only objects to offer, with commas between them', 'Account, Contact', 'tunesOnly'),
  setting(
    'duplicate_rules',
    '`obey` (default), or `allow` to save in spite of rules that only alert',
    'obey',
    'tunesOnly',
  ),
  setting(
    'view_all',
    '`yes` if the user may view all records: only then a record that is not found counts as absent',
    'yes',
  ),
  setting(
    'poll_seconds',
    `How often to ask for changes (default ${String(POLL_SECONDS)})`,
    '15',
    'tunesOnly',
  ),
  setting(
    'overlap_seconds',
    `Seconds a transaction may run without being missed (default ${String(OVERLAP_SECONDS)})`,
    '60',
    'tunesOnly',
  ),
  setting(
    'change_events',
    'Objects selected for Change Data Capture, with commas between them',
    'Account, Contact',
  ),
  setting('pubsub_endpoint', `Where change events are read (default ${PUB_SUB})`, PUB_SUB),
  setting(
    ERROR_LOG_SETTING,
    'Object that shows dead letters to the people of the org (default none)',
    'Integration_Error_Log__c',
    'tunesOnly',
  ),
  setting(
    'bulk_from',
    `Writes of so many records use the Bulk API (default ${String(BULK_FROM)}, 0 for never)`,
    '5000',
    'tunesOnly',
  ),
  setting(
    'bulk_read_from',
    `Objects of so many records are read as a whole by the Bulk API (default ${String(BULK_READ_FROM)}, 0 for never)`,
    '100000',
    'tunesOnly',
  ),
  setting(
    'collections_per_call',
    'Collections of 200 records in one request, 1 to 5 (default 5)',
    '5',
    'tunesOnly',
  ),
];

const YES_NO: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
]);
const SIGN_IN: ReadonlyMap<string, 'person' | 'app'> = new Map([
  ['person', 'person'],
  ['app', 'app'],
]);
const DUPLICATES: ReadonlyMap<string, Settings['duplicateRules']> = new Map([
  ['obey', 'obey'],
  ['allow', 'allow'],
]);

/** Checks the settings. A wrong one ⇒ failure `config` naming it. */
export function settingsOf(given: Given): Settings {
  const reader: Reader = { given, wrong: badSetting };
  return {
    loginUrl: originOf(given['login_url'] ?? 'https://login.salesforce.com'),
    clientId: required(reader, 'client_id'),
    grant: grantOf(reader),
    apiVersion: versionOf(given['api_version'] ?? API_VERSION),
    objects: given['objects'] === undefined ? null : namesIn(given['objects']),
    duplicateRules: oneOf(reader, 'duplicate_rules', 'obey', DUPLICATES, 'obey or allow'),
    viewAll: oneOf(reader, 'view_all', 'no', YES_NO, 'yes or no'),
    pollSeconds: Math.max(1, wholeNumber(reader, 'poll_seconds', POLL_SECONDS, SECONDS_MAX)),
    overlapSeconds: wholeNumber(reader, 'overlap_seconds', OVERLAP_SECONDS, SECONDS_MAX),
    changeEvents: namesIn(given['change_events'] ?? ''),
    pubSubEndpoint: endpointOf(given['pubsub_endpoint'] ?? PUB_SUB),
    errorLog: given[ERROR_LOG_SETTING] ?? null,
    bulkFrom: wholeNumber(reader, 'bulk_from', BULK_FROM, BULK_FROM_MAX),
    bulkReadFrom: wholeNumber(reader, 'bulk_read_from', BULK_READ_FROM, BULK_READ_FROM_MAX),
    collectionsPerCall: Math.max(
      1,
      wholeNumber(reader, 'collections_per_call', COLLECTIONS_MAX, COLLECTIONS_MAX),
    ),
  };
}

function grantOf(reader: Reader): Grant {
  const { given } = reader;
  const secret = (name: string): Secret | null => (given[name] ? new Secret(given[name]) : null);
  const [refreshToken, privateKey, clientSecret] = ['refresh_token', 'private_key', 'client_secret'].map(
    secret,
  );
  if (oneOf(reader, 'sign_in', 'app', SIGN_IN, 'person or app') === 'person')
    return { kind: 'person', clientSecret: clientSecret ?? null };
  if (refreshToken != null) return { kind: 'refresh', refreshToken, clientSecret: clientSecret ?? null };
  if (privateKey != null) return { kind: 'jwt', username: required(reader, 'username'), privateKey };
  if (clientSecret != null) return { kind: 'clientCredentials', clientSecret };
  throw badSetting(
    'client_secret',
    'is missing, and so are `refresh_token` and `private_key`: one of them is needed',
  );
}

function originOf(text: string): string {
  const url = URL.parse(text);
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain || !/^\/?$/.test(url.pathname) || url.search !== '')
    throw badSetting('login_url', 'must look like https://acme.my.salesforce.com, without a path');
  return url.origin;
}

function versionOf(text: string): string {
  if (/^[4-9]\d(?:\.0)?$/.test(text) && Number(text) >= 46) return `${text.replace('.0', '')}.0`;
  throw badSetting('api_version', 'must be one from 46.0 to 99.0');
}

function endpointOf(text: string): string {
  if (/^[a-z0-9.-]+:\d{1,5}$/i.test(text)) return text.toLowerCase();
  throw badSetting('pubsub_endpoint', `must look like ${PUB_SUB}`);
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function badSetting(name: string, problem: string): Error {
  return refuse('bad_setting', `The setting ${name} ${problem}.`, name);
}

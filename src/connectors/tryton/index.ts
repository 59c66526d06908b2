/** Connector for the Tryton ERP, version 6.0 and later, over its JSON-RPC. See README.md for what it can and cannot do. */
import type { Connector, SettingDescription } from '../../connector/contract.ts';
import { required, setting, type Given } from '../../connector/settings.ts';
import { Secret } from '../../lib/secret.ts';
import { TrytonClient, type Account } from './client.ts';
import { CODES } from './codes.ts';
import { failWith } from './failures.ts';
import { SCORE } from './score.ts';
import { trytonSession } from './session.ts';

const LANGUAGE_DEFAULT = 'en';
/** Longer than any ordinary transaction of Tryton runs; imports that run longer are found by the sweep. */
const OVERLAP_DEFAULT_S = 30;
const OVERLAP_MAX_S = 3_600;

const SETTINGS: readonly SettingDescription[] = [
  setting('url', 'Address of the Tryton server, without a path', 'https://erp.example.com:8000', 'required'),
  setting('database', 'Database name, as at the login', 'company', 'required'),
  setting('user', 'Login of a user of its own for the sync', 'trueup', 'required'),
  setting('password', 'Password of that user', '${secret:TRYTON_PASSWORD}', 'required', 'secret'),
  setting('language', 'Language of messages and translated values (default en)', 'en', 'tunesOnly'),
  setting(
    'overlap_s',
    'Seconds a transaction in Tryton may run without being missed (default 30)',
    '30',
    'tunesOnly',
  ),
];

export const tryton: Connector = {
  system: 'tryton',
  title: 'Tryton',
  settings: SETTINGS,
  failures: CODES,
  score: SCORE,
  open: async (settings, context) => {
    const account = accountOf(settings);
    const overlapMs = overlapOf(settings['overlap_s']);
    const client = new TrytonClient(account, context.clock);
    await client.open();
    return trytonSession(client, { clock: context.clock, overlapMs });
  },
};

function accountOf(given: Given): Account {
  const reader = { given, wrong: badSetting };
  return {
    url: addressOf(required(reader, 'url')),
    database: required(reader, 'database'),
    user: required(reader, 'user'),
    password: new Secret(required(reader, 'password')),
    language: given['language'] ?? LANGUAGE_DEFAULT,
  };
}

function addressOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw badSetting('url', 'is not an address such as https://erp.example.com:8000');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw badSetting('url', 'must start with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw badSetting('url', 'must not hold a user or password; use the settings `user` and `password`');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw badSetting('url', 'must end after the port');
  return url.origin;
}

function overlapOf(text: string | undefined): number {
  const seconds = text === undefined ? OVERLAP_DEFAULT_S : Number(text);
  if (!(seconds >= 0 && seconds <= OVERLAP_MAX_S)) {
    throw badSetting('overlap_s', `must be a number of seconds from 0 to ${String(OVERLAP_MAX_S)}`);
  }
  return seconds * 1_000;
}

function badSetting(name: string, problem: string): Error {
  return failWith('tryton.bad_setting', `The setting ${name} ${problem}.`, { field: name });
}

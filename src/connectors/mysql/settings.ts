import type { SslOptions } from 'mysql2/promise';

import type { SettingDescription } from '../../connector/contract.ts';
import {
  databasePlace,
  databaseSettings,
  encryption,
  setting,
  wholeNumber,
  type Given,
  type UrlForm,
} from '../../connector/settings.ts';
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

const LOOKBACK_SECONDS = 60;
const LOOKBACK_SECONDS_MAX = 7 * 86_400;

const URL_FORM: UrlForm = {
  protocol: /^(mysql|mariadb):$/,
  example: 'mysql://user:password@host:3306/database',
  parameters: new Set(),
  defaultPort: 3306,
};

const ENCRYPTION: ReadonlyMap<string, { readonly ssl?: SslOptions }> = new Map([
  ['disable', {}],
  ['require', { ssl: { rejectUnauthorized: false } }],
  ['verify', { ssl: { rejectUnauthorized: true, verifyIdentity: true } }],
]);

export const SETTINGS: readonly SettingDescription[] = [
  ...databaseSettings('mysql', URL_FORM),
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

export function settingsOf(given: Given): Settings {
  const reader = { given, wrong };
  const place = databasePlace(reader, URL_FORM);
  const { host, port, user, password = '', database } = place;
  const { datetime_zone: zone } = given;
  if (zone !== undefined && zone.toUpperCase() !== 'UTC')
    throw wrong('datetime_zone', 'must be UTC, or be left out');
  return {
    address: { host, port, user, password, database, ...encryption(place, wrong, ENCRYPTION) },
    cursorColumn: given['cursor_column'] ?? null,
    lookbackSeconds: wholeNumber(reader, 'lookback_seconds', LOOKBACK_SECONDS, LOOKBACK_SECONDS_MAX),
    datetimeIsUtc: zone !== undefined,
  };
}

function wrong(name: string, reason: string): Error {
  return refuse('config', 'bad_setting', `setting ${name} ${reason}`, { field: name });
}

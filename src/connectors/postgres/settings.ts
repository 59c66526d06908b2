import type pg from 'pg';

import type { SettingDescription } from '../../connector/contract.ts';
import {
  databasePlace,
  databaseSettings,
  encryption,
  oneOf,
  setting,
  type Given,
  type UrlForm,
} from '../../connector/settings.ts';
import { refuse } from './failures.ts';

/** How to reach one database, and how to read its changes. */
export interface Settings {
  readonly connection: pg.ClientConfig & { readonly user: string; readonly database: string };
  readonly replication: boolean;
  readonly cursorColumn: string | null;
  /** The zone that timestamps without zone are written in; null when nobody said. */
  readonly cursorTimeZone: string | null;
}

const NO_PASSWORD = ' ';

const URL_FORM: UrlForm = {
  protocol: /^postgres(ql)?:$/,
  example: 'postgresql://user:password@host:5432/database',
  parameters: new Set(['sslmode', 'host', 'port', 'user', 'password', 'application_name', 'connect_timeout']),
  defaultPort: 5432,
};

type Ssl = NonNullable<pg.ClientConfig['ssl']>;

const UNCHECKED = { rejectUnauthorized: false };
const CHECKED = { rejectUnauthorized: true };
/** The settings' own words, and those of libpq. */
const ENCRYPTION: ReadonlyMap<string, Ssl> = new Map<string, Ssl>([
  ['disable', false],
  ['require', UNCHECKED],
  ['prefer', UNCHECKED],
  ['no-verify', UNCHECKED],
  ['verify', CHECKED],
  ['verify-full', CHECKED],
  ['verify-ca', { ...CHECKED, checkServerIdentity: () => undefined }],
]);

const REPLICATION: ReadonlyMap<string, boolean> = new Map([
  ['logical', true],
  ['none', false],
]);

export const SETTINGS: readonly SettingDescription[] = [
  ...databaseSettings('postgresql', URL_FORM),
  setting(
    'replication',
    'How changes are read: `logical` for the write-ahead log; left out, by polling',
    'logical',
  ),
  setting('cursor_column', 'Column that says when a record was last changed, for polling', 'updated_at'),
  setting('cursor_time_zone', 'Zone of that column, where its type has none', 'Europe/Berlin'),
];

export function settingsOf(given: Given): Settings {
  const reader = { given, wrong };
  const place = databasePlace(reader, URL_FORM);
  const { host, port, database, user, password } = place;
  return {
    connection: {
      host,
      port,
      database,
      user,
      // Without one the driver would look into the environment of this process; and asked for one that is empty, it
      // would leave the connection open until the server gives up on it. A wrong one is refused properly.
      password: password ?? NO_PASSWORD,
      ssl: encryption(place, wrong, ENCRYPTION),
      application_name: 'trueup',
    },
    replication: oneOf(reader, 'replication', 'none', REPLICATION, '`logical`, or be left out'),
    cursorColumn: given['cursor_column'] ?? null,
    cursorTimeZone: given['cursor_time_zone'] ?? null,
  };
}

function wrong(name: string, problem: string): Error {
  return refuse(
    'config',
    'setting',
    `The setting \`${name}\` ${problem}.`,
    `Correct \`${name}\` of this connection.`,
  );
}

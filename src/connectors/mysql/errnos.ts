/** What the error numbers of MySQL and MariaDB mean for a read or a write: the one table behind every failure. */
import {
  CONNECTION_LOST,
  networkMeanings,
  NO_ENCRYPTION,
  UNTRUSTED_CERTIFICATE,
  type Meaning,
} from '../../connector/meanings.ts';

export interface ServerMeaning extends Meaning {
  /** Finds the field in the server's message. */
  readonly field?: RegExp;
}

const GRANT =
  'Ask an administrator of the database to grant this right to the connection’s user (see the README of the MySQL connector).';
const CHANGED_TABLE =
  'Compare the mapping with the table: it may have been changed. Then check the sync again.';
const OVERLOADED = 'The database has no room left for this. If it lasts, tell its administrator.';
const CREDENTIALS =
  'Enter the current user name and password, and see that the user may connect from this machine.';
const COLUMN = /column (?:`[^`]*`\.)*[`']([^`']+)[`']/i;
const FIELD = /Field '([^']+)'/i;

const DUPLICATE: ServerMeaning = {
  kind: 'invalid',
  name: 'duplicate',
  advice:
    'Another record has this value already; most collations also take upper and lower case, and accents, for the same. Link the two records, or change one of the values.',
};
const FOREIGN_KEY: ServerMeaning = {
  kind: 'invalid',
  name: 'foreign_key',
  advice: 'Sync the record that this one refers to first.',
};
const REFERRED: ServerMeaning = {
  kind: 'invalid',
  name: 'referred_to',
  advice: 'Other records refer to this one: delete or change those first.',
};
const CHECK: ServerMeaning = {
  kind: 'invalid',
  name: 'check',
  advice: 'Give a value that the table’s rule allows.',
};
const GENERATED: ServerMeaning = {
  kind: 'config',
  name: 'read_only_field',
  field: COLUMN,
  advice: 'Leave this column out of the mapping: the database computes it.',
};
const DENIED: ServerMeaning = { kind: 'config', name: 'permission_denied', advice: GRANT };
const LOGIN: ServerMeaning = { kind: 'auth', name: 'access_denied', advice: CREDENTIALS };
const EXPIRED: ServerMeaning = {
  kind: 'auth',
  name: 'password_expired',
  advice: 'Give the user a new password in the database, and enter it here.',
};
const HOST_REFUSED: ServerMeaning = {
  kind: 'auth',
  name: 'host_refused',
  advice: 'Let the database admit this machine, or unblock it there (flush hosts).',
};
const NOT_NULL: ServerMeaning = {
  kind: 'invalid',
  name: 'not_null',
  advice: 'Give the field a value, or map it with a default.',
};
const OUT_OF_RANGE: ServerMeaning = {
  kind: 'invalid',
  name: 'out_of_range',
  advice: 'Use a smaller number, or widen the column.',
};
const OUT_OF_MEMORY: ServerMeaning = { kind: 'transient', name: 'out_of_memory', advice: OVERLOADED };
const SERVER_READ_ONLY: ServerMeaning = {
  kind: 'transient',
  name: 'read_only',
  advice: 'The server takes no writes: it is a replica or in maintenance. Connect to the primary server.',
};
const FULL: ServerMeaning = { kind: 'transient', name: 'disk_full', advice: OVERLOADED };
const STOPPED: ServerMeaning = { kind: 'transient', name: 'statement_stopped' };
const UNREADABLE: ServerMeaning = {
  kind: 'invalid',
  name: 'wrong_type',
  field: COLUMN,
  advice: 'Map the field to a column of a fitting type.',
};

const MEANINGS: Readonly<Record<number, ServerMeaning>> = {
  1021: FULL,
  1036: {
    kind: 'config',
    name: 'read_only_table',
    advice: 'Make the table writable, or map the field as read only.',
  },
  1037: OUT_OF_MEMORY,
  1040: {
    kind: 'transient',
    name: 'too_many_connections',
    advice: 'Raise max_connections of the server, or let fewer programs connect.',
  },
  1041: OUT_OF_MEMORY,
  1044: { ...DENIED, advice: `The user may not use this database. ${GRANT}` },
  1045: LOGIN,
  1048: { ...NOT_NULL, field: COLUMN },
  1049: {
    kind: 'config',
    name: 'unknown_database',
    advice: 'Correct the setting `database`, or create the database.',
  },
  1053: CONNECTION_LOST,
  1054: { kind: 'config', name: 'unknown_field', field: COLUMN, advice: CHANGED_TABLE },
  1062: DUPLICATE,
  1105: { kind: 'transient', name: 'unknown_error' },
  1114: FULL,
  1129: HOST_REFUSED,
  1130: HOST_REFUSED,
  1142: DENIED,
  1143: DENIED,
  1146: { kind: 'config', name: 'unknown_collection', advice: CHANGED_TABLE },
  1152: CONNECTION_LOST,
  1153: {
    kind: 'invalid',
    name: 'too_large',
    advice: 'Shorten the value, or raise max_allowed_packet of the server.',
  },
  1159: CONNECTION_LOST,
  1160: CONNECTION_LOST,
  1161: CONNECTION_LOST,
  1203: {
    kind: 'rateLimited',
    name: 'user_connections',
    advice: 'Allow the user more connections at a time.',
  },
  1205: {
    kind: 'transient',
    name: 'lock_wait',
    advice: 'Another program holds the record locked for long. If it lasts, find it with `show processlist`.',
  },
  1206: { kind: 'transient', name: 'lock_table_full', advice: OVERLOADED },
  1213: { kind: 'transient', name: 'deadlock' },
  1216: FOREIGN_KEY,
  1217: REFERRED,
  1226: {
    kind: 'rateLimited',
    name: 'user_limit',
    advice: 'Raise the limits of the user (max_queries_per_hour and its like).',
  },
  1227: DENIED,
  1264: { ...OUT_OF_RANGE, field: COLUMN },
  1265: UNREADABLE,
  1267: {
    kind: 'config',
    name: 'collation_mix',
    advice: 'Bring the collations of the table’s columns into line.',
  },
  1290: SERVER_READ_ONLY,
  1292: {
    ...UNREADABLE,
    name: 'not_a_date',
    advice: 'Correct the date, or map the field with its date format.',
  },
  1317: STOPPED,
  1364: { ...NOT_NULL, field: FIELD },
  1366: UNREADABLE,
  1370: DENIED,
  1406: {
    kind: 'invalid',
    name: 'too_long',
    field: COLUMN,
    advice: 'Shorten the value, or widen the column.',
  },
  1411: UNREADABLE,
  1451: REFERRED,
  1452: FOREIGN_KEY,
  1557: DUPLICATE,
  1586: DUPLICATE,
  1644: {
    kind: 'invalid',
    name: 'refused_by_trigger',
    advice: 'The database’s own rule refuses the record; its message says why.',
  },
  1665: {
    kind: 'config',
    name: 'statement_binlog',
    advice: 'Set binlog_format of the server to ROW or MIXED.',
  },
  1690: OUT_OF_RANGE,
  1698: LOGIN,
  1792: SERVER_READ_ONLY,
  1820: EXPIRED,
  1836: SERVER_READ_ONLY,
  1862: EXPIRED,
  1906: GENERATED,
  1927: CONNECTION_LOST,
  1969: STOPPED,
  2006: CONNECTION_LOST,
  2013: CONNECTION_LOST,
  3024: STOPPED,
  3105: GENERATED,
  3118: { ...LOGIN, name: 'account_locked', advice: 'Unlock the user in the database.' },
  3140: { ...UNREADABLE, name: 'not_json' },
  3819: CHECK,
  3879: CHECK,
  4025: CHECK,
  4031: CONNECTION_LOST,
  4151: EXPIRED,
};

/** By the codes of Node and of the driver, for what never reached the server or never came back. */
const CODES: Readonly<Record<string, Meaning>> = {
  ...networkMeanings('the database'),
  HANDSHAKE_NO_SSL_SUPPORT: NO_ENCRYPTION,
  HANDSHAKE_SSL_ERROR: UNTRUSTED_CERTIFICATE,
  PROTOCOL_SEQUENCE_TIMEOUT: {
    kind: 'transient',
    name: 'no_answer',
    advice: 'The database is overloaded, or the statement waits for a lock.',
  },
  PROTOCOL_PACKETS_OUT_OF_ORDER: CONNECTION_LOST,
  AUTH_SWITCH_PLUGIN_ERROR: {
    kind: 'config',
    name: 'login_method',
    advice: 'Let the user log in with a password (caching_sha2_password or mysql_native_password).',
  },
};

export function meaningOfErrno(errno: number): ServerMeaning | null {
  return MEANINGS[errno] ?? null;
}

/** Every other code of the network means that the connection broke. */
export function meaningOfCode(code: string): Meaning {
  return CODES[code] ?? CONNECTION_LOST;
}

/** Every meaning there is, with the number or code that says so. */
export function allMeanings(): readonly (Meaning & { readonly sign?: string })[] {
  const numbered = Object.entries(MEANINGS).map(([errno, meaning]) => ({
    ...meaning,
    sign: `error ${errno}`,
  }));
  return [...numbered, ...Object.values(CODES), CONNECTION_LOST];
}

/** What PostgreSQL's error codes (SQLSTATE) mean for a write or a read: the one table behind every failure. */
import type { Meaning } from '../../connector/meanings.ts';

const GRANT =
  'Ask an administrator of the database to grant the connection’s user this right (see the README of the PostgreSQL connector).';
const CHANGED_TABLE =
  'Compare the mapping with the table: it may have been changed. Then check the sync again.';
const OVERLOADED = 'The database has no room left for this. If it lasts, tell its administrator.';

const STATES: Readonly<Record<string, Meaning>> = {
  '0A000': { kind: 'permanent', name: 'feature_not_supported' },
  '22001': { kind: 'invalid', name: 'too_long', advice: 'Shorten the value, or widen the column.' },
  '22003': { kind: 'invalid', name: 'out_of_range', advice: 'Use a smaller number, or widen the column.' },
  '22007': {
    kind: 'invalid',
    name: 'not_a_date',
    advice: 'Correct the date, or map the field with its date format.',
  },
  '22008': { kind: 'invalid', name: 'date_out_of_range', advice: 'Correct the date.' },
  '22P02': { kind: 'invalid', name: 'wrong_type', advice: 'Map the field to a column of a fitting type.' },
  '22P05': {
    kind: 'invalid',
    name: 'untranslatable_character',
    advice: 'Remove the character, such as a NUL byte.',
  },
  '22021': {
    kind: 'invalid',
    name: 'untranslatable_character',
    advice: 'Remove the character, such as a NUL byte.',
  },
  '23502': {
    kind: 'invalid',
    name: 'not_null_violation',
    advice: 'Give the field a value, or map it with a default.',
  },
  '23503': {
    kind: 'invalid',
    name: 'foreign_key_violation',
    advice: 'Sync the record that this one refers to first.',
  },
  '23505': {
    kind: 'invalid',
    name: 'unique_violation',
    advice: 'Another record has this value already. Link the two records, or change one of the values.',
  },
  '23514': { kind: 'invalid', name: 'check_violation', advice: 'Give a value that the table’s rule allows.' },
  '25006': {
    kind: 'transient',
    name: 'read_only',
    advice: 'The server takes no writes: it is a standby or in maintenance. Connect to the primary server.',
  },
  '28000': {
    kind: 'auth',
    name: 'not_authorized',
    advice:
      'Check user, database and encryption (`ssl`), and that pg_hba.conf of the server admits this machine.',
  },
  '28P01': { kind: 'auth', name: 'invalid_password', advice: 'Enter the current user name and password.' },
  '3D000': {
    kind: 'config',
    name: 'unknown_database',
    advice: 'Correct the setting `database`, or create the database.',
  },
  '3F000': { kind: 'config', name: 'unknown_schema', advice: CHANGED_TABLE },
  '40001': { kind: 'transient', name: 'serialization_failure' },
  '40P01': { kind: 'transient', name: 'deadlock' },
  '42501': { kind: 'config', name: 'permission_denied', advice: GRANT },
  '42703': { kind: 'config', name: 'unknown_field', advice: CHANGED_TABLE },
  '42883': {
    kind: 'config',
    name: 'not_searchable',
    advice: 'Search by a column of another type: this one cannot be compared.',
  },
  '42P01': { kind: 'config', name: 'unknown_collection', advice: CHANGED_TABLE },
  '428C9': {
    kind: 'config',
    name: 'read_only_field',
    advice: 'Leave this column out of the mapping: the database sets it.',
  },
  '53300': {
    kind: 'transient',
    name: 'too_many_connections',
    advice: 'Raise max_connections of the server, or let fewer programs connect.',
  },
  '53400': {
    kind: 'config',
    name: 'limit_reached',
    advice:
      'Raise max_replication_slots and max_wal_senders of the server, or drop replication slots no longer used.',
  },
  '55006': {
    kind: 'transient',
    name: 'in_use',
    advice: 'Another program uses it. If it lasts, find and stop that program.',
  },
  '55P03': {
    kind: 'transient',
    name: 'locked',
    advice: 'Somebody keeps the record or the table locked: look for a transaction that was left open.',
  },
  '57014': {
    kind: 'transient',
    name: 'timeout',
    advice:
      'The statement took too long. An index on the column that is searched, or a less busy server, helps.',
  },
  '57P03': {
    kind: 'transient',
    name: 'starting_up',
    advice: 'The server is starting or stopping; it is tried again.',
  },
  P0001: {
    kind: 'invalid',
    name: 'refused_by_trigger',
    advice: 'A trigger of the table refused the record: see its message.',
  },
};

/** By the first two characters, for every state not listed above. */
const CLASSES: Readonly<Record<string, Meaning>> = {
  '08': { kind: 'transient', name: 'connection_lost' },
  '22': { kind: 'invalid', name: 'invalid_value' },
  '23': { kind: 'invalid', name: 'constraint_violation' },
  '25': { kind: 'transient', name: 'transaction_state' },
  '28': { kind: 'auth', name: 'not_authorized' },
  '40': { kind: 'transient', name: 'rolled_back' },
  '42': { kind: 'config', name: 'invalid_statement', advice: CHANGED_TABLE },
  '44': { kind: 'invalid', name: 'check_violation' },
  '53': { kind: 'transient', name: 'out_of_resources', advice: OVERLOADED },
  '54': { kind: 'permanent', name: 'limit_exceeded' },
  '55': { kind: 'transient', name: 'not_ready' },
  '57': { kind: 'transient', name: 'shut_down' },
  '58': { kind: 'transient', name: 'system_error', advice: OVERLOADED },
  P0: { kind: 'invalid', name: 'refused_by_trigger' },
};

export function meaningOf(sqlState: string): Meaning {
  return (
    STATES[sqlState] ??
    CLASSES[sqlState.slice(0, 2)] ?? { kind: 'permanent', name: `sqlstate_${sqlState.toLowerCase()}` }
  );
}

/** Every meaning there is, with the SQLSTATE that says so. */
export function allMeanings(): readonly (Meaning & { readonly sign: string })[] {
  const stated = Object.entries(STATES).map(([state, meaning]) => ({
    ...meaning,
    sign: `SQLSTATE ${state}`,
  }));
  const classed = Object.entries(CLASSES).map(([name, meaning]) => ({
    ...meaning,
    sign: `SQLSTATE ${name}…`,
  }));
  return [...stated, ...classed];
}

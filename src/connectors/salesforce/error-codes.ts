/** What Salesforce's error codes mean for what happens next: the one table, for whole requests, single records and bulk rows. */
import type { FailureKind } from '../../connector/failure.ts';

export interface ErrorCode {
  readonly kind: FailureKind;
  readonly advice: string;
  /** Only where the text says this as well; rows of one code are tried in order. */
  readonly message?: RegExp;
  /** Otherwise the code in small letters. */
  readonly name?: string;
  readonly retryAfterMs?: number;
  /** The limit that was hit, by its name in limits.ts. */
  readonly limit?: string;
}

type Row = readonly [code: string, meaning: ErrorCode];

const AGAIN = 'Nothing to do: it is tried again by itself.';
const CORRECT = 'Correct the value where it comes from.';
const MAPPING = 'Change the mapping of this field: the name or type is not what Salesforce has.';
const PERMISSION =
  'Give the connected user this right by a permission set in Salesforce, or take it out of the sync.';
const REPORT =
  'Report this with the code: the request was not formed as Salesforce wants it, which is not your mistake.';

const LIMIT_PAUSE_MS = 300_000;
const BUSY_PAUSE_MS = 5_000;

/** Something is wrong with the record's values. */
const VALUES: readonly Row[] = [
  [
    'DUPLICATE_VALUE',
    {
      kind: 'invalid',
      advice:
        'Another record has this key already. Mark the match field as External ID and Unique, so that creates become upserts, or correct one of the two.',
    },
  ],
  [
    'DUPLICATES_DETECTED',
    {
      kind: 'invalid',
      advice:
        'A duplicate rule stops this record. Merge the duplicates, let the rule only alert and set `duplicate_rules: allow`, or link the two by hand.',
    },
  ],
  [
    'REQUIRED_FIELD_MISSING',
    {
      kind: 'invalid',
      advice:
        'Map the field, give it a value for when it is missing, or exempt the integration user from the rule.',
    },
  ],
  [
    'STRING_TOO_LONG',
    {
      kind: 'invalid',
      advice: 'Give the mapping a `length` step, or let an administrator widen the field in Salesforce.',
    },
  ],
  [
    'FIELD_INTEGRITY_EXCEPTION',
    {
      kind: 'invalid',
      advice:
        'The value does not fit the field or another field of the record: compare it with the choices that Salesforce allows, and map it with `values`.',
    },
  ],
  [
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    {
      kind: 'invalid',
      advice:
        'Salesforce does not have this choice, or not for this record type. Map it with `values`, or add it to the picklist.',
    },
  ],
  [
    'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    {
      kind: 'invalid',
      advice:
        'A validation rule refuses the record, in its author’s own words. Correct the record, or let the rule pass the integration user by a custom permission.',
    },
  ],
  [
    'FIELD_FILTER_VALIDATION_EXCEPTION',
    { kind: 'invalid', advice: 'A lookup filter refuses the parent: choose another one.' },
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    {
      kind: 'transient',
      message: /limit exceeded|Too many (?:SOQL|DML|query|future)|CPU time/i,
      name: 'governor_limit',
      advice:
        'A trigger used up a limit of its transaction: it is tried again with fewer records. Let its author make it ready for many records at once.',
    },
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    {
      kind: 'invalid',
      advice:
        'A trigger or flow refuses the record; the message is its own. Show it to the administrator who looks after it.',
    },
  ],
  [
    'CANNOT_EXECUTE_FLOW_TRIGGER',
    {
      kind: 'invalid',
      advice: 'A flow failed on this record. Show the message to the administrator who looks after it.',
    },
  ],
  [
    'APEX_ERROR',
    {
      kind: 'invalid',
      advice: 'Code in the org failed on this record. Show the message to its author.',
    },
  ],
  ['INVALID_EMAIL_ADDRESS', { kind: 'invalid', advice: CORRECT }],
  ['NUMBER_OUTSIDE_VALID_RANGE', { kind: 'invalid', advice: CORRECT }],
  ['INVALID_TYPE_ON_FIELD_IN_RECORD', { kind: 'invalid', advice: MAPPING }],
  ['JSON_PARSER_ERROR', { kind: 'invalid', advice: MAPPING }],
  ['TRANSFER_REQUIRES_READ', { kind: 'invalid', advice: 'The new owner may not read this kind of record.' }],
  [
    'CIRCULAR_DEPENDENCY',
    { kind: 'invalid', advice: 'The record would become its own parent: correct the parent.' },
  ],
  [
    'DELETE_FAILED',
    {
      kind: 'permanent',
      advice: 'Other records depend on this one. Delete or move them in Salesforce first.',
    },
  ],
  [
    'INVALID_FIELD',
    {
      kind: 'invalid',
      message: /Foreign key external ID/i,
      name: 'parent_missing',
      advice:
        'The parent with this key is not in Salesforce yet. Sync the parents as well, then try the record again.',
    },
  ],
  [
    'INVALID_FIELD',
    {
      kind: 'invalid',
      message: /more than one record found/i,
      name: 'key_not_unique',
      advice: 'Several records share this key. Mark the field as Unique, or merge them.',
    },
  ],
];

/** Somebody was quicker, or the record is not what it was. */
const RECORDS: readonly Row[] = [
  ['ENTITY_IS_DELETED', { kind: 'precondition', name: 'record_gone', advice: AGAIN }],
  [
    'INVALID_CROSS_REFERENCE_KEY',
    {
      kind: 'precondition',
      name: 'record_gone',
      message: /^invalid cross reference id$/i,
      advice:
        'The record or one it refers to does not exist any more. It is read again; if it stays, correct the reference.',
    },
  ],
  [
    'INVALID_CROSS_REFERENCE_KEY',
    { kind: 'invalid', advice: 'The record refers to one that does not exist, or is of the wrong kind.' },
  ],
  [
    'MALFORMED_ID',
    { kind: 'invalid', advice: 'A reference holds what is no Salesforce id: correct the mapping.' },
  ],
  ['PRECONDITION_FAILED', { kind: 'precondition', advice: AGAIN }],
  [
    'UNABLE_TO_LOCK_ROW',
    {
      kind: 'transient',
      advice:
        'Others were writing the same record or its parent; it is tried again. If it stays, look for long-running jobs on the parent.',
    },
  ],
  [
    'UNKNOWN_EXCEPTION',
    {
      kind: 'permanent',
      advice:
        'Salesforce failed inside on this record, several times. Try it again later; if it stays, give Salesforce’s support the number in the message.',
    },
  ],
  ['ALL_OR_NONE_OPERATION_ROLLED_BACK', { kind: 'transient', advice: AGAIN }],
  ['PROCESSING_HALTED', { kind: 'transient', advice: AGAIN }],
  ['BATCH_PROCESSING_HALTED', { kind: 'transient', advice: AGAIN }],
];

/** The account, the org or the way the sync is set up. */
const SETUP: readonly Row[] = [
  [
    'INVALID_SESSION_ID',
    {
      kind: 'auth',
      advice:
        'The session has ended. A new one is asked for by itself; if that is refused, connect again with `trueup connect`, and see that the app has the scope `api`.',
    },
  ],
  ['INVALID_AUTH_HEADER', { kind: 'auth', advice: 'Connect again with `trueup connect`.' }],
  [
    'API_DISABLED_FOR_ORG',
    { kind: 'config', advice: 'This edition of Salesforce has no API: ask for it, or for another edition.' },
  ],
  [
    'API_CURRENTLY_DISABLED',
    {
      kind: 'config',
      advice: 'Give the connected user the right "API Enabled", or ask Salesforce why the API is off.',
    },
  ],
  ['INSUFFICIENT_ACCESS_OR_READONLY', { kind: 'permanent', advice: PERMISSION }],
  ['INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY', { kind: 'permanent', advice: PERMISSION }],
  ['INSUFFICIENT_ACCESS', { kind: 'config', advice: PERMISSION }],
  ['INVALID_FIELD_FOR_INSERT_UPDATE', { kind: 'config', advice: PERMISSION }],
  ['OPERATION_TOO_LARGE', { kind: 'config', advice: 'Give the user "View All" on the object.' }],
  ['INVALID_FIELD', { kind: 'config', advice: MAPPING }],
  [
    'INVALID_TYPE',
    { kind: 'config', advice: 'The object does not exist, or the connected user may not see it.' },
  ],
  [
    'INVALIDENTITY',
    { kind: 'config', advice: 'The Bulk API does not take this object: set `bulk_from: 0`.' },
  ],
  [
    'FEATURENOTENABLED',
    { kind: 'config', advice: 'Switch the Bulk API on for the user, or set `bulk_from: 0`.' },
  ],
  [
    'FUNCTIONALITY_NOT_ENABLED',
    { kind: 'config', advice: 'The org lacks a feature that the sync needs: the message names it.' },
  ],
  [
    'NOT_FOUND',
    {
      kind: 'config',
      advice:
        'Salesforce has no such object or resource for this user: check the collection, the API version and the rights.',
    },
  ],
  [
    'UNSUPPORTED_API_VERSION',
    { kind: 'config', advice: 'Set `api_version` to one that Salesforce supports.' },
  ],
  ['CANNOT_UPDATE_CONVERTED_LEAD', { kind: 'permanent', advice: 'The lead was converted: exclude it.' }],
  ['MALFORMED_QUERY', { kind: 'config', advice: REPORT }],
  ['QUERY_TOO_COMPLICATED', { kind: 'config', advice: 'Map fewer formula fields of this object.' }],
  ['METHOD_NOT_ALLOWED', { kind: 'permanent', advice: REPORT }],
  ['UNSUPPORTED_MEDIA_TYPE', { kind: 'permanent', advice: REPORT }],
  [
    'MISSING_ARGUMENT',
    { kind: 'invalid', advice: 'The key of the record is empty: fill it where it comes from.' },
  ],
  ['INVALIDJOB', { kind: 'permanent', advice: REPORT }],
  ['INVALIDJOBSTATE', { kind: 'permanent', advice: REPORT }],
  ['INVALIDOPERATION', { kind: 'permanent', advice: REPORT }],
];

/** How much Salesforce lets itself be asked. */
const PRESSURE: readonly Row[] = [
  [
    'REQUEST_LIMIT_EXCEEDED',
    {
      kind: 'rateLimited',
      message: /Concurrent/i,
      name: 'too_many_long_requests',
      advice: AGAIN,
      retryAfterMs: BUSY_PAUSE_MS,
    },
  ],
  [
    'REQUEST_LIMIT_EXCEEDED',
    {
      kind: 'rateLimited',
      advice:
        'The day’s API requests are used up, and come back over the next hours. See in Salesforce (Setup, Company Information) who uses them, buy more, or raise `poll_seconds`.',
      retryAfterMs: LIMIT_PAUSE_MS,
      limit: 'daily',
    },
  ],
  [
    'LIMIT_EXCEEDED',
    {
      kind: 'rateLimited',
      advice:
        'A limit of the org is reached; the message names it. Let triggers work on many records at once, or lower `collections_per_call`.',
      retryAfterMs: BUSY_PAUSE_MS,
    },
  ],
  [
    'EXCEEDED_ID_LIMIT',
    { kind: 'config', name: 'cursor_expired', advice: 'Nothing to do: everything is compared once instead.' },
  ],
  [
    'INVALID_REPLICATION_DATE',
    { kind: 'config', name: 'cursor_expired', advice: 'Nothing to do: everything is compared once instead.' },
  ],
  ['INVALID_QUERY_LOCATOR', { kind: 'transient', advice: AGAIN }],
  [
    'QUERY_TIMEOUT',
    { kind: 'transient', advice: 'Ask for an index on SystemModstamp, or sync fewer fields.' },
  ],
  ['SERVER_UNAVAILABLE', { kind: 'transient', advice: AGAIN }],
  [
    'STORAGE_LIMIT_EXCEEDED',
    { kind: 'config', advice: 'The org’s storage is full: free some, or buy more.' },
  ],
  ['REQUEST_TOO_LARGE', { kind: 'permanent', advice: 'Shorten the longest texts of this record.' }],
  ['REQUEST_TOO_LONG', { kind: 'permanent', advice: REPORT }],
];

export const ERROR_CODES: readonly Row[] = [...VALUES, ...RECORDS, ...SETUP, ...PRESSURE];

/** A record's error that the table does not know: its values are at fault until somebody knows better. */
export const UNKNOWN_RECORD_ERROR: ErrorCode = {
  kind: 'invalid',
  advice: 'Salesforce refuses this record by a code that is not known here: look it up by its name.',
};

/** The row of this code and text, or null. */
export function meaningOf(code: string, message: string): ErrorCode | null {
  const row = ERROR_CODES.find(
    ([known, meaning]) => known === code && (meaning.message?.test(message) ?? true),
  );
  return row?.[1] ?? null;
}

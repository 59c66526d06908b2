import { expect, test } from 'vitest';

import type { Json } from '../../lib/json.ts';
import { ERROR_CODES } from './error-codes.ts';
import { failureOfRecord, FAILURES, systemErrorOf } from './failures.ts';

function read(content: Json): unknown {
  return FAILURES.readError?.({ status: 400, headers: new Map(), content });
}

const GUIDE: readonly (readonly [code: string, message: string, kind: string])[] = [
  ['DUPLICATE_VALUE', 'duplicate value found: Ext__c duplicates value on record with id: 001', 'invalid'],
  ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record', 'transient'],
  ['LIMIT_EXCEEDED', 'limit of the org', 'rateLimited'],
  ['INVALID_SESSION_ID', 'Session expired or invalid', 'auth'],
  ['REQUIRED_FIELD_MISSING', 'Required fields are missing: [Name]', 'invalid'],
  ['STRING_TOO_LONG', 'Account Name: data value too large: Jane (max length=2)', 'invalid'],
  ['FIELD_INTEGRITY_EXCEPTION', 'bad value', 'invalid'],
  ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'rateLimited'],
];

test.each(GUIDE)('%s, of the guide’s table, has a meaning and advice', (code, message, kind) => {
  const failure = failureOfRecord({ code, message });
  expect(failure).toMatchObject({ kind, code: `salesforce.${code.toLowerCase()}` });
  expect(failure.advice?.length).toBeGreaterThan(20);
});

test('an unknown code is the record’s, and is named', () => {
  const failure = failureOfRecord({ code: 'SOMETHING_NEW', message: 'as never before', field: 'Phone' });
  expect(failure).toMatchObject({ kind: 'invalid', code: 'salesforce.something_new', field: 'Phone' });
  expect(failure.message).toContain('SOMETHING_NEW');
});

test('every row gives advice, and no row is hidden behind an earlier one of its code', () => {
  const open = new Set<string>();
  for (const [code, { advice, message }] of ERROR_CODES) {
    expect(advice).not.toBe('');
    expect(open.has(code)).toBe(false);
    if (message === undefined) open.add(code);
  }
});

test.each([
  'Account Name: data value too large: Jane Doe (max length=2)',
  'Email: invalid email address: Jane Doe',
  'Tier: bad value for restricted picklist field: Jane Doe',
  'Foreign key external ID: Jane Doe not found for field X in entity Account',
  'Duplicate external id specified: Jane Doe',
  'Cannot deserialize instance of double from VALUE_STRING value Jane Doe or request may be missing a required field',
  'Account ID: id value of incorrect type: Jane Doe',
])('what a record holds is taken out of "%s"', (message) => {
  expect(failureOfRecord({ code: 'X', message }).message).not.toContain('Jane');
  expect(systemErrorOf({ errorCode: 'X', message }).message).not.toContain('Jane');
});

test('the error of a request is found in a list, of a record by its other key, of a login in an object', () => {
  expect(read([{ errorCode: 'A', message: 'm', fields: ['F'] }])).toEqual({
    code: 'A',
    message: 'm',
    field: 'F',
  });
  expect(read([{ statusCode: 'B', message: 'm', fields: [] }])).toEqual({ code: 'B', message: 'm' });
  expect(read({ error: 'invalid_grant', error_description: 'expired' })).toEqual({
    code: 'invalid_grant',
    message: 'expired',
  });
  expect(read('nonsense')).toBe(null);
});

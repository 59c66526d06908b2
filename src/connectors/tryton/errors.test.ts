import { expect, test } from 'vitest';

import type { Json } from '../../lib/json.ts';
import { failureOfError } from './errors.ts';
import type { Effect } from './http.ts';

const userError = (message: string): Json => ['UserError', [message, '', null]];

// Sentences of Tryton 6.0 and texts of psycopg2, as they came over the wire.
test.each<[Json, Effect, string, string]>([
  [userError('The code on party must be unique.'), 'write', 'invalid', 'tryton.duplicate'],
  [userError('A value is required for field "Name" in "Country".'), 'write', 'invalid', 'tryton.validation'],
  [
    userError('You are trying to write to records "9" of "Party" that don\'t exist anymore.'),
    'write',
    'precondition',
    'tryton.record_gone',
  ],
  [
    userError('The records could not be deleted because they are used by field "Country" of "Subdivision".'),
    'write',
    'permanent',
    'tryton.referenced',
  ],
  [userError('You are not allowed to access "Party".'), 'read', 'config', 'tryton.no_access'],
  [
    userError(
      'You are not allowed to write to records "9" of "Party" because of at least one of these rules:\nOwn',
    ),
    'write',
    'permanent',
    'tryton.record_forbidden',
  ],
  [['UserWarning', ['key', 'Different names.', 'Sure?']], 'write', 'invalid', 'tryton.warning'],
  [['LoginException', ['sms', 'Enter the code', 'char']], 'read', 'auth', 'tryton.login_incomplete'],
  [
    ['ConcurrencyException', 'Records were modified in the meanwhile'],
    'write',
    'precondition',
    'tryton.version_mismatch',
  ],
  [['could not serialize access due to concurrent update\n', ''], 'write', 'transient', 'tryton.busy'],
  [
    ['A string literal cannot contain NUL (0x00) characters.', ''],
    'write',
    'invalid',
    'tryton.database_refused',
  ],
  [['integer out of range\n', ''], 'write', 'invalid', 'tryton.database_refused'],
  [
    ['connection to server at "db", port 5432 failed: refused', ''],
    'write',
    'transient',
    'tryton.database_down',
  ],
  [['connection already closed', ''], 'read', 'transient', 'tryton.database_down'],
  [['server closed the connection unexpectedly', ''], 'write', 'unknownOutcome', 'tryton.outcome_unknown'],
  [["'nope'", ''], 'write', 'transient', 'tryton.server_error'],
  [null, 'read', 'transient', 'tryton.server_error'],
])('%j of a %s is %s, %s', (error, effect, kind, code) => {
  const { failure } = failureOfError(error, 'model.party.party.write', effect);
  expect(failure).toMatchObject({ kind, code });
  expect(failure.message).not.toBe('');
  expect(failure.advice).toMatch(/\.$/);
});

test('a failure carries Tryton’s own sentence, cut where it is endless', () => {
  const sentence = 'The European VAT Number "BE0000000000" for party "Acme" is not valid.';
  expect(failureOfError(userError(sentence), 'm', 'write').failure.message).toBe(sentence);
  expect(failureOfError(userError('x'.repeat(1e6)), 'm', 'write').failure.message.length).toBeLessThan(3_000);
});

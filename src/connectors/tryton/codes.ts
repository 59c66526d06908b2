/** Every failure of this connector with its cause, for the catalogue. */
import { knownFailures, type KnownFailure } from '../../connector/known-failures.ts';
import { FAILURES, type TrytonCode } from './failures.ts';

const CAUSES: Readonly<Record<TrytonCode, string>> = {
  'tryton.bad_setting': 'A setting of the connection is wrong.',
  'tryton.database_unknown': 'Tryton has no database of this name.',
  'tryton.not_tryton': 'What answers at the address is not a Tryton server.',
  'tryton.untrusted_certificate': 'The certificate is expired, for another name, or of an unknown authority.',
  'tryton.unknown_collection': 'There is no such model, or the user may not read it.',
  'tryton.unknown_field': 'The model has no such field: it was renamed, or its module was removed.',
  'tryton.not_searchable': 'Tryton cannot search by the match field.',
  'tryton.no_access': 'The user lacks the right to this model or field.',
  'tryton.record_forbidden': 'A record rule keeps the user from this record.',
  'tryton.cursor_expired': 'The stored position is not one of this collection any more.',
  'tryton.login_refused': 'User or password is wrong, or has been changed.',
  'tryton.login_incomplete': 'Tryton asks this user for more than a password.',
  'tryton.rate_limited': 'Wrong passwords were sent too often.',
  'tryton.unreachable': 'The server is down, or the network between is.',
  'tryton.no_answer': 'The server took the request and did not answer in time.',
  'tryton.database_down': 'Tryton cannot reach its own database.',
  'tryton.busy': 'Somebody else was writing the same records.',
  'tryton.server_error': 'Tryton failed inside.',
  'tryton.interrupted': 'The work was stopped on purpose.',
  'tryton.not_sent':
    'Tryton answered so slowly that the time of the call was over before it was this record’s turn.',
  'tryton.answer_too_large': 'The records are larger than is taken in at once.',
  'tryton.request_too_large': 'The values are larger than Tryton takes in a request.',
  'tryton.version_mismatch': 'The record was changed by somebody else since it was read.',
  'tryton.record_gone': 'The record was deleted since it was read.',
  'tryton.validation': 'A check of Tryton refuses the value.',
  'tryton.duplicate': 'Another record has this value, which must be unique.',
  'tryton.unknown_reference': 'The value names something that Tryton does not have, such as a country.',
  'tryton.wrong_type': 'The mapping gives a value of another type than the field has.',
  'tryton.database_refused': 'The database behind Tryton cannot hold the value.',
  'tryton.warning': 'Tryton asks a person to confirm a warning.',
  'tryton.referenced': 'Other records refer to the one that is to be deleted.',
  'tryton.outcome_unknown': 'The answer to a write was lost: it may or may not have happened.',
};

export const CODES: readonly KnownFailure[] = knownFailures(
  'tryton',
  Object.entries(FAILURES).map(([code, row]) => ({ name: code.slice('tryton.'.length), ...row })),
  Object.fromEntries(Object.entries(CAUSES).map(([code, cause]) => [code.slice('tryton.'.length), cause])),
);

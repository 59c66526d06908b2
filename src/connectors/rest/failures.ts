/** What the connector itself finds wrong, and how failures of described systems are named. */
import type { FailureKind } from '../../connector/failure.ts';
import { tabledFailures, type OwnMeaning } from '../../connector/own-failures.ts';

export const OWN = {
  bad_setting: { kind: 'config', advice: 'Correct the setting of this connection.' },
  bad_description: {
    kind: 'config',
    advice: 'Correct the description where the message says; docs/rest-connectors.md explains every key.',
  },
  unknown_collection: { kind: 'config', advice: 'Correct the name of the collection, or describe it.' },
  unknown_field: { kind: 'config', advice: 'Correct the name of the field, or describe it.' },
  not_searchable: {
    kind: 'config',
    advice: 'Match on another field, or describe under `find` how records are found by this one.',
  },
  not_writable: { kind: 'config', advice: 'Describe the write, or do not ask for it in the sync file.' },
  cursor_expired: { kind: 'config', advice: 'Nothing to do: everything is compared once instead.' },
  unexpected_answer: {
    kind: 'transient',
    advice: 'Compare the answer of the system with what the description says about it.',
  },
  list_shifted: { kind: 'transient', advice: 'Nothing to do: the list is read again from its beginning.' },
  record_unreadable: { kind: 'invalid', advice: 'Look at this record in the system.' },
  value_refused: {
    kind: 'invalid',
    advice: 'Correct the value, or the type of the field in the description.',
  },
  key_taken: { kind: 'precondition', advice: 'Nothing to do: the record that has this key is read first.' },
  id_missing: {
    kind: 'unknownOutcome',
    advice:
      'Nothing to do: the record is looked up. Correct where the description says that the new id stands.',
  },
  result_missing: {
    kind: 'unknownOutcome',
    advice: 'Nothing to do: it is looked up whether the write happened.',
  },
} as const satisfies Record<string, OwnMeaning>;

export const OWN_CAUSES: Readonly<Record<keyof typeof OWN, string>> = {
  bad_setting: 'A setting of the connection is wrong or missing.',
  bad_description: 'The file that describes the system’s API is wrong.',
  unknown_collection: 'The description knows no such collection.',
  unknown_field: 'The description knows no such field.',
  not_searchable: 'The description does not say how records are found by this field.',
  not_writable: 'The description does not say how this is written.',
  cursor_expired: 'The position in the changes is too old for the system, or belongs to something else.',
  unexpected_answer: 'The answer of the system is not what the description says.',
  list_shifted:
    'Records were deleted while a list was read by their number, so that some may have been skipped.',
  record_unreadable: 'A record has no id, or a value in it is not what the description says.',
  value_refused: 'A value cannot be written the way the description says.',
  key_taken: 'There is a record with this key already.',
  id_missing: 'The system answered a create without the id of the new record.',
  result_missing: 'The system answered a batch without a result for this record.',
};

/** Rows of an error table are named `rest.KIND.NAME`, and explained by their kind. */
export const TABLE_CAUSES: Readonly<Record<Exclude<FailureKind, 'unknownOutcome'> | 'lost', string>> = {
  transient: 'The system said that it cannot just now, as its description explains.',
  rateLimited: 'The system asked for less, as its description explains.',
  auth: 'The system refuses the credentials, as its description explains.',
  config: 'The system refuses the request as it is set up, as its description explains.',
  precondition: 'The record changed or went away since it was read, as its description explains.',
  invalid: 'The system refuses the record, as its description explains.',
  permanent: 'The system refuses the request for good, as its description explains.',
  lost: 'The system does not say whether it acted, as its description explains.',
};

/** What the connector itself finds wrong, as a failure and ready to throw. */
export const { failureOf, refuse } = tabledFailures('rest', OWN);

/** Every failure of this connector: its kind and what a person can do about it. The README lists the same codes. */
import { ConnectorFailure, type Failure, type FailureKind } from '../../connector/failure.ts';

interface Row {
  readonly kind: FailureKind;
  readonly advice: string;
}

/** By code; codes.ts says why each happens. */
export const FAILURES = {
  'tryton.bad_setting': {
    kind: 'config',
    advice: 'Correct the setting of this connection.',
  },
  'tryton.database_unknown': {
    kind: 'config',
    advice: 'Correct the setting `database`: it is the name that Tryton users choose when they log in.',
  },
  'tryton.not_tryton': {
    kind: 'config',
    advice: 'Check the setting `url`: it must be the address of the Tryton server itself, without a path.',
  },
  'tryton.untrusted_certificate': {
    kind: 'config',
    advice:
      'Renew the certificate of the Tryton server, or give Node.js its authority through NODE_EXTRA_CA_CERTS.',
  },
  'tryton.unknown_collection': {
    kind: 'config',
    advice: 'Use the name of a Tryton model that this user may read, such as `party.party`.',
  },
  'tryton.unknown_field': {
    kind: 'config',
    advice: 'Use a field that `trueup discover` lists for this collection.',
  },
  'tryton.not_searchable': {
    kind: 'config',
    advice: 'Match on another field: Tryton cannot search for this one.',
  },
  'tryton.no_access': {
    kind: 'config',
    advice: 'Ask the Tryton administrator to put the user into a group that may do this.',
  },
  'tryton.record_forbidden': {
    kind: 'permanent',
    advice: 'Ask the Tryton administrator to change the record rule that keeps the user from this record.',
  },
  'tryton.cursor_expired': {
    kind: 'config',
    advice: 'Nothing to do: the next sweep compares every record and sets a new position.',
  },
  'tryton.login_refused': {
    kind: 'auth',
    advice: 'Check the settings `user` and `password` by logging in to Tryton with them.',
  },
  'tryton.login_incomplete': {
    kind: 'auth',
    advice: 'Use a user who logs in with the password alone; Tryton asks this one for more.',
  },
  'tryton.rate_limited': {
    kind: 'rateLimited',
    advice: 'Wait. After wrong passwords Tryton refuses the user for a few minutes.',
  },
  'tryton.unreachable': {
    kind: 'transient',
    advice: 'Check that the Tryton server runs and that the setting `url` is right.',
  },
  'tryton.no_answer': {
    kind: 'transient',
    advice: 'Check that the Tryton server runs and is not overloaded.',
  },
  'tryton.database_down': {
    kind: 'transient',
    advice: 'Check that the database server behind Tryton runs.',
  },
  'tryton.busy': {
    kind: 'transient',
    advice: 'Nothing to do: others were writing the same records, and it is tried again.',
  },
  'tryton.server_error': {
    kind: 'transient',
    advice: 'Look into the log of the Tryton server: it failed in a way that it does not explain.',
  },
  'tryton.interrupted': {
    kind: 'transient',
    advice: 'Nothing to do: the work was stopped on purpose and goes on later.',
  },
  'tryton.not_sent': {
    kind: 'transient',
    advice: 'Nothing to do: it is tried again. If it lasts, check whether the Tryton server is overloaded.',
  },
  'tryton.answer_too_large': {
    kind: 'permanent',
    advice: 'Map fewer long text fields of this collection, or shorten the longest texts in Tryton.',
  },
  'tryton.request_too_large': {
    kind: 'permanent',
    advice: 'Shorten the values, or raise max_size_authenticated in the [request] section of trytond.conf.',
  },
  'tryton.version_mismatch': {
    kind: 'precondition',
    advice: 'Nothing to do: the record changed meanwhile, and it is read again first.',
  },
  'tryton.record_gone': {
    kind: 'precondition',
    advice: 'Nothing to do: the record no longer exists, or the user may no longer see it.',
  },
  'tryton.validation': {
    kind: 'invalid',
    advice:
      'Correct the value where it comes from; the message is what Tryton would tell a person who enters it.',
  },
  'tryton.duplicate': {
    kind: 'invalid',
    advice:
      'Another record in Tryton, perhaps an inactive one, has this value already. Correct one of the two.',
  },
  'tryton.unknown_reference': {
    kind: 'invalid',
    advice:
      'Add it to Tryton (countries: trytond_import_countries), or correct the value where it comes from.',
  },
  'tryton.wrong_type': {
    kind: 'invalid',
    advice: 'Change the mapping of this field so that it gives what Tryton keeps in it.',
  },
  'tryton.database_refused': {
    kind: 'invalid',
    advice: 'Correct the value where it comes from: the database behind Tryton cannot hold it.',
  },
  'tryton.warning': {
    kind: 'invalid',
    advice: 'Make this change in Tryton itself, where a person can confirm the warning.',
  },
  'tryton.referenced': {
    kind: 'permanent',
    advice:
      'Deactivate the record instead of deleting it (map `active`), or remove in Tryton what refers to it.',
  },
  'tryton.outcome_unknown': {
    kind: 'unknownOutcome',
    advice: 'Nothing to do: it is looked up in Tryton whether the write happened.',
  },
} as const satisfies Record<string, Row>;

export type TrytonCode = keyof typeof FAILURES;

export interface FailureDetail {
  readonly field?: string;
  readonly retryAfterMs?: number;
}

export function failureOf(code: TrytonCode, message: string, detail: FailureDetail = {}): Failure {
  return { ...FAILURES[code], code, message, ...detail };
}

export function failWith(
  code: TrytonCode,
  message: string,
  detail?: FailureDetail,
  cause?: unknown,
): ConnectorFailure {
  return new ConnectorFailure(failureOf(code, message, detail), { cause });
}

/**
 * True when the failure may be the fault of one record of a batch. Tryton undoes the whole batch then, so the others can
 * be sent again; a busy or unreachable server refuses everybody.
 */
export function mayBeOfOneRecord(failure: Failure): boolean {
  switch (failure.kind) {
    case 'invalid':
    case 'precondition':
    case 'permanent':
      return true;
    case 'transient':
      return failure.code === 'tryton.server_error';
    case 'config':
    case 'rateLimited':
    case 'auth':
    case 'unknownOutcome':
      return false;
  }
}

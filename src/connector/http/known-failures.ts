/** What may go wrong with every system that is reached over HTTP, whatever the system. */
import { knownFailures, type KnownFailure, type NamedMeaning } from '../known-failures.ts';
import { HTTP_RULES } from './http-rules.ts';
import { READINGS } from './transport-failure.ts';

const CAUSES: Readonly<Record<string, string>> = {
  redirected: 'The system has moved: it answers with another address.',
  unauthorized: 'The credentials are refused, or have expired.',
  forbidden: 'The account may not do this.',
  not_found: 'There is nothing at this address, or the record is gone.',
  request_timeout: 'The system gave up waiting for the request.',
  changed_meanwhile: 'The record was changed by somebody else since it was read.',
  request_not_supported: 'The system does not understand this kind of request.',
  refused: 'The system refuses the request, for a reason that is in the message.',
  account_blocked: 'The account is blocked: unpaid, or closed by the vendor.',
  busy: 'Somebody else is using the record just now.',
  version_needed: 'The system takes a write only with the version it was made for.',
  rate_limited: 'More was asked than the system allows in this time.',
  unavailable: 'The system is in maintenance or overloaded.',
  server_error: 'The system failed inside.',
  forbidden_address: 'The address lies in a network that connections may not reach.',
  malformed_request: 'A header or address holds what cannot be sent.',
  untrusted_certificate:
    'The certificate of the system is expired, for another name, or of an unknown authority.',
  unreachable: 'No connection could be made: the system is down, or the network between is.',
  timeout: 'The system took the request and did not answer in time.',
  interrupted: 'The work was stopped on purpose.',
  connection_broken: 'The connection broke while the request was under way.',
  answer_too_large: 'The answer is larger than is taken in.',
  answer_unreadable: 'The answer is compressed in a way that does not unpack.',
  left_alone: 'The system failed several times in a row and is given a rest.',
  too_many_at_once: 'As many requests run already as the system takes at once.',
  budget_spent: 'What the system allows in this time is used up.',
  budget_paused: 'The system asked for a pause.',
  budget_ceiling: 'What is left of the day’s allowance is kept for more urgent requests.',
  bad_address: 'The address of the connection is not one.',
  bad_private_key: 'The private key of the connection cannot be read.',
  client_refused: 'The system refuses the client id or secret that Trueup is registered with.',
  token_unreachable: 'The address that gives tokens cannot be reached.',
  reauthorise: 'The authorisation was revoked or has expired, and cannot be renewed without a person.',
  endless_list: 'The system keeps giving the same page of a list.',
  foreign_address: 'The system sent us to an address of somebody else.',
  record_too_large: 'One record is larger than the system takes in a request.',
  results_missing: 'The system answered a batch without a result for every record.',
  outcome_unknown: 'The answer to a write was lost: it may or may not have happened.',
};

const OWN: readonly NamedMeaning[] = [
  { name: 'left_alone', kind: 'transient' },
  { name: 'too_many_at_once', kind: 'rateLimited' },
  { name: 'budget_spent', kind: 'rateLimited' },
  { name: 'budget_paused', kind: 'rateLimited' },
  {
    name: 'budget_ceiling',
    kind: 'rateLimited',
    advice: 'Wait until the limit recovers, read less often, or have it raised by the vendor.',
  },
  { name: 'bad_address', kind: 'config', advice: 'Correct the address in the settings of the connection.' },
  { name: 'bad_private_key', kind: 'config', advice: 'Enter the private key again, as PEM text (PKCS #8).' },
  {
    name: 'client_refused',
    kind: 'config',
    advice: 'Check client id, secret and callback in the system’s own settings, then connect again.',
  },
  { name: 'token_unreachable', kind: 'transient' },
  {
    name: 'reauthorise',
    kind: 'auth',
    advice: 'Run: trueup connect — a person authorises the connection again.',
  },
  {
    name: 'endless_list',
    kind: 'permanent',
    advice: 'Report this with the code: the system’s lists are not read as they should be.',
  },
  {
    name: 'foreign_address',
    kind: 'config',
    advice: 'Check the address of the connection, and that no proxy rewrites links.',
  },
  { name: 'record_too_large', kind: 'invalid', advice: 'Shorten the longest values of this record.' },
  { name: 'results_missing', kind: 'unknownOutcome' },
  {
    name: 'outcome_unknown',
    kind: 'unknownOutcome',
    advice: 'Nothing to do: it is looked up whether the write happened.',
  },
];

/** Those of one system, under its name. */
export function httpFailures(system: string): readonly KnownFailure[] {
  const ruled = HTTP_RULES.flatMap(({ name, kind, advice, status }): readonly NamedMeaning[] =>
    name === undefined
      ? []
      : [
          {
            name,
            kind: kind === 'lost' ? 'unknownOutcome' : kind,
            ...(advice === undefined ? {} : { advice }),
            ...(status === undefined ? {} : { sign: signOf([status].flat()) }),
          },
        ],
  );
  const onTheWire = Object.values(READINGS).map(({ name, unsent, advice }): NamedMeaning => ({
    name,
    kind: unsent,
    ...(advice === undefined ? {} : { advice }),
  }));
  return knownFailures(system, [...ruled, ...onTheWire, ...OWN], CAUSES);
}

function signOf(statuses: readonly number[]): string {
  const [first = 0, ...others] = statuses;
  return others.length > 10
    ? `HTTP ${String(first)} to ${String(statuses.at(-1))}`
    : `HTTP ${statuses.join(', ')}`;
}

/** Reads Salesforce's errors in all their shapes, and makes failures of them. */
import type { Failure } from '../../connector/failure.ts';
import type { ErrorReader, FailureTable, SystemError } from '../../connector/http/failures.ts';
import { tabledFailures, type OwnMeaning } from '../../connector/own-failures.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { ERROR_CODES, meaningOf, UNKNOWN_RECORD_ERROR } from './error-codes.ts';

/** What we ourselves find. */
export const OWN = {
  bad_setting: { kind: 'config' },
  unknown_collection: { kind: 'config', advice: 'Correct the name of the collection.' },
  unknown_field: { kind: 'config', advice: 'Correct the name of the field, or let the user see it.' },
  not_searchable: { kind: 'config', advice: 'Match on another field: Salesforce cannot search by this one.' },
  bad_instance: {
    kind: 'config',
    advice: 'Check `login_url`: what answers there does not seem to be Salesforce.',
  },
  cursor_expired: { kind: 'config', advice: 'Nothing to do: everything is compared once instead.' },
  unexpected_answer: { kind: 'transient', advice: 'Check that a proxy in between does not answer itself.' },
  record_gone: { kind: 'precondition', advice: 'Nothing to do: it is read again first.' },
  key_taken: {
    kind: 'precondition',
    advice: 'Nothing to do: the record that has this key is read and matched first.',
  },
  job_aborted: { kind: 'transient', advice: 'Nothing to do: what was not done is sent again.' },
  bulk_refused: {
    kind: 'config',
    advice: 'The Bulk API refuses the whole job; the message says why. Correct it, or set `bulk_from: 0`.',
  },
  told_only: {
    kind: 'config',
    advice: 'Take the event out of the sides of the sync; name it under `announce` instead.',
  },
  event_not_permitted: {
    kind: 'config',
    advice: 'Give the user the right to create this event: Setup, Permission Sets, Object Settings.',
  },
  event_misfit: {
    kind: 'invalid',
    advice: 'Announce another field of the entity, or change the type of the event’s field.',
  },
  event_refused: {
    kind: 'invalid',
    advice: 'The message says what is wrong. Correct the event in Salesforce, or what is announced to it.',
  },
  events_unavailable: { kind: 'transient', advice: 'Nothing to do: it is tried again by itself.' },
  log_unfit: {
    kind: 'config',
    advice: 'Make what is missing in Setup, or take `error_log` out of the connection.',
  },
  outcome_unknown: {
    kind: 'unknownOutcome',
    advice: 'Nothing to do: it is looked up in Salesforce whether the write happened.',
  },
} as const satisfies Record<string, OwnMeaning>;

/** Something that we ourselves found, as a failure and ready to throw. */
export const { failureOf, refuse } = tabledFailures('salesforce', OWN);

/** One error as REST (`errorCode`), collections (`statusCode`) and bulk rows word it. */
export function failureOfRecord({ code, message, field }: SystemError): Failure {
  const meaning = meaningOf(code, message) ?? UNKNOWN_RECORD_ERROR;
  const { kind, advice, name = code.toLowerCase(), retryAfterMs } = meaning;
  return {
    kind,
    code: `salesforce.${name}`,
    message: `Salesforce: ${code}: ${withoutValues(message)}`,
    advice,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

const readError: ErrorReader = ({ status, content }) => (status < 400 ? null : errorIn(content));

/** For the HTTP kit: the same table, by code and text. */
export const FAILURES: FailureTable = {
  readError,
  rules: [
    // Whatever code comes with them: the request may have done its work.
    { status: [500, 502, 504], kind: 'lost', name: 'server_error' },
    {
      status: 503,
      kind: 'transient',
      name: 'unavailable',
      advice: 'Nothing to do: Salesforce is in maintenance.',
    },
    ...ERROR_CODES.map(([code, { name = code.toLowerCase(), ...meaning }]) => ({ code, name, ...meaning })),
  ],
};

/** The first error of a body, whose shape is a list of one or, for OAuth, an object. */
export function errorIn(content: Json): SystemError | null {
  const first =
    content !== null && typeof content === 'object' && isJsonArray(content) ? content[0] : content;
  if (first === null || first === undefined || typeof first !== 'object' || isJsonArray(first)) return null;
  return systemErrorOf(first);
}

export function systemErrorOf(error: JsonObject): SystemError {
  const code = error['errorCode'] ?? error['statusCode'] ?? error['error'];
  const message = error['message'] ?? error['error_description'];
  const fields = error['fields'];
  const field =
    fields !== undefined && fields !== null && Array.isArray(fields) ? (fields as readonly Json[])[0] : null;
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? withoutValues(message) : '',
    ...(typeof field === 'string' ? { field } : {}),
  };
}

/** Salesforce quotes what it refuses; a message here names the field and keeps the person's data out. */
function withoutValues(message: string): string {
  return message
    .replace(/(data value too large: )[^]*( \(max length=)/, '$1…$2')
    .replace(/(invalid email address: )[^]*/i, '$1…')
    .replace(/(restricted picklist field: )[^]*/i, '$1…')
    .replace(/((?:Foreign key external ID|Duplicate external id specified): )[^]*?( not found|$)/i, '$1…$2')
    .replace(/(Cannot deserialize instance of \w+ from \w+ value )[^]*?( or request may)/, '$1…$2')
    .replace(/(id value of incorrect type: )[^]*/i, '$1…');
}

/** Answers in the shapes that Salesforce gives them. */
import type { HttpAnswer } from '../http-server.ts';
import type { SalesforceError } from './failure.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';

export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

export function textAnswer(status: number, body: string, contentType = 'text/plain'): HttpAnswer {
  return { status, headers: { 'content-type': contentType }, body };
}

export function csvAnswer(body: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'text/csv', ...headers }, body };
}

export function noContent(): HttpAnswer {
  return { status: 204, headers: {}, body: '' };
}

/** The error of a request for one thing: an array of one, whose key is `errorCode`. */
export function errorAnswer(error: SalesforceError): HttpAnswer {
  return jsonAnswer(error.status, [errorBody(error)]);
}

/** `duplicateResut` is how the real system spells it here, and only here. */
export function errorBody(error: SalesforceError): Readonly<Record<string, unknown>> {
  const { duplicateResult } = error.details;
  return {
    ...(duplicateResult === undefined ? {} : { duplicateResut: duplicateResult }),
    message: error.message,
    errorCode: error.code,
    ...(hasFields(error) ? { fields: error.fields } : {}),
  };
}

/** The error of one record in a collection, whose key is `statusCode`. */
export function collectionError(error: SalesforceError): Readonly<Record<string, unknown>> {
  return { statusCode: error.code, message: error.message, fields: error.fields, ...error.details };
}

/** Errors about a record name its fields, even if there are none; errors about the request do not. */
function hasFields(error: SalesforceError): boolean {
  return error.fields.length > 0 || ABOUT_A_RECORD.has(error.code);
}

const ABOUT_A_RECORD: ReadonlySet<string> = new Set([
  'DUPLICATE_VALUE',
  'ENTITY_IS_DELETED',
  'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  'INSUFFICIENT_ACCESS_OR_READONLY',
  'INVALID_CROSS_REFERENCE_KEY',
  'UNABLE_TO_LOCK_ROW',
  'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
]);

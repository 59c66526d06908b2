/** A refusal in Salesforce's own words. What clients and people match on are the code and the text. */
export class SalesforceError extends Error {
  override readonly name = 'SalesforceError';
  readonly code: string;
  readonly fields: readonly string[];
  /** The status of a request for one record; in a collection the status is 200 all the same. */
  readonly status: number;
  /** More members of the error, such as `duplicateResult`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: SalesforceErrorOptions = {}) {
    super(message);
    this.code = code;
    this.fields = options.fields ?? [];
    this.status = options.status ?? 400;
    this.details = options.details ?? {};
  }
}

export interface SalesforceErrorOptions {
  readonly fields?: readonly string[];
  readonly status?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function noSuchColumn(object: string, field: string): SalesforceError {
  return new SalesforceError('INVALID_FIELD', `No such column '${field}' on sobject of type ${object}`);
}

export function notFound(message = 'The requested resource does not exist'): SalesforceError {
  return new SalesforceError('NOT_FOUND', message, { status: 404 });
}

export function isDeleted(): SalesforceError {
  return new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted', { status: 404 });
}

export function invalidReference(fields: readonly string[] = []): SalesforceError {
  return new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', { fields });
}

export function malformedId(label: string, value: string, fields: readonly string[] = []): SalesforceError {
  return new SalesforceError('MALFORMED_ID', `${label}: id value of incorrect type: ${value}`, { fields });
}

export function jsonError(message: string): SalesforceError {
  return new SalesforceError('JSON_PARSER_ERROR', message);
}

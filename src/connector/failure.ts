/**
 * What a failure means for what happens next. The kind alone decides retry, hold or dead letter (see worker/retry.ts);
 * the code says what it was, in the connector's own words.
 *
 * - `transient`     did not happen; the same request may work later
 * - `rateLimited`   did not happen; the system asked us to slow down
 * - `auth`          did not happen; the connection's credentials are refused
 * - `config`        did not happen; the sync or connection is set up wrongly (missing table, no permission)
 * - `precondition`  did not happen; the record changed or went away since it was read
 * - `invalid`       did not happen; the system refuses this record's values
 * - `permanent`     did not happen and never will in this form
 * - `unknownOutcome` may or may not have happened: the answer was lost
 */
export type FailureKind =
  | 'transient'
  | 'rateLimited'
  | 'auth'
  | 'config'
  | 'precondition'
  | 'invalid'
  | 'permanent'
  | 'unknownOutcome';

/** An expected error of an outside system, as data. `message` may quote the system but never a secret. */
export interface Failure {
  readonly kind: FailureKind;
  /** Dotted and stable, system first: `tryton.validation`, `postgres.unique_violation`. */
  readonly code: string;
  readonly message: string;
  /** The native field at fault, where the system says so. */
  readonly field?: string;
  /** What a person can do about it, as an instruction. */
  readonly advice?: string;
  readonly retryAfterMs?: number;
}

/** Carries a failure through code that throws. Connectors raise nothing else for conditions of the outside world. */
export class ConnectorFailure extends Error {
  override readonly name = 'ConnectorFailure';
  readonly failure: Failure;

  constructor(failure: Failure, options?: { readonly cause?: unknown }) {
    super(`${failure.code}: ${failure.message}`, options);
    this.failure = failure;
  }
}

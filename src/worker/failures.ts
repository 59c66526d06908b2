/** From anything thrown to a failure that can be stored. A thrown bug stays a bug: it is not dressed up as an outside condition. */
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import type { StoredFailure } from '../store/contract.ts';
import { isStoreOutage } from '../store/database.ts';

/** A fault of ours, not of the outside world. */
export const UNEXPECTED = 'trueup.unexpected';

export function failureOfError(error: unknown): Failure {
  if (error instanceof ConnectorFailure) return error.failure;
  if (isStoreOutage(error)) {
    return {
      kind: 'transient',
      code: 'trueup.store_unavailable',
      message: 'the store cannot be reached or cannot work just now',
    };
  }
  const message =
    error instanceof Error ? `${error.name}: ${error.message}` : 'something was thrown that is not an error';
  return {
    kind: 'transient',
    code: UNEXPECTED,
    message,
    advice: 'This is a bug in Trueup: please report it with this code.',
  };
}

export function stored(failure: Failure): StoredFailure {
  const { kind, code, message, field, advice } = failure;
  return {
    kind,
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(advice === undefined ? {} : { advice }),
  };
}

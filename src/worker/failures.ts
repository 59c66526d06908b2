/** From anything thrown to a failure that can be stored. A thrown bug stays a bug: it is not dressed up as an outside condition. */
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import type { StoredFailure } from '../store/contract.ts';

export function failureOfError(error: unknown): Failure {
  if (error instanceof ConnectorFailure) return error.failure;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : 'something was thrown that is not an error';
  return { kind: 'transient', code: 'trueup.unexpected', message, advice: 'This is a bug in Trueup: please report it with this code.' };
}

export function stored(failure: Failure): StoredFailure {
  const { kind, code, message, field, advice } = failure;
  return { kind, code, message, ...(field === undefined ? {} : { field }), ...(advice === undefined ? {} : { advice }) };
}

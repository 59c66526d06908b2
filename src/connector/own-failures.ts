/** How a connector makes failures of what it finds itself, so that all of them word and throw it alike. */
import { ConnectorFailure, type Failure, type FailureKind } from './failure.ts';

/** What one of a connector's own failures means: a row of its table. */
export interface OwnMeaning {
  readonly kind: FailureKind;
  readonly advice?: string;
}

/** What may be known beside kind, code and message. */
export interface FailureDetails {
  readonly field?: string;
  readonly advice?: string;
  /** What was thrown; for whoever reads the stack, and no part of the failure. */
  readonly cause?: unknown;
}

/** The failures of a connector that has a table of them, by their names in it. */
export interface TabledFailures<Name extends string> {
  readonly failureOf: (name: Name, message: string, field?: string) => Failure;
  readonly refuse: (name: Name, message: string, field?: string) => ConnectorFailure;
}

/** For a connector whose table says what each failure means; codes are `system.name`. */
export function tabledFailures<Name extends string>(
  system: string,
  table: Readonly<Record<Name, OwnMeaning>>,
): TabledFailures<Name> {
  const failureOf: TabledFailures<Name>['failureOf'] = (name, message, field) => ({
    ...table[name],
    code: `${system}.${name}`,
    message,
    ...(field === undefined ? {} : { field }),
  });
  return { failureOf, refuse: (...given) => new ConnectorFailure(failureOf(...given)) };
}

/** The failures of a connector that says at each place what they mean. */
export interface SpelledFailures {
  readonly failureOf: (kind: FailureKind, name: string, message: string, details?: FailureDetails) => Failure;
  readonly refuse: (
    kind: FailureKind,
    name: string,
    message: string,
    details?: FailureDetails,
  ) => ConnectorFailure;
}

/** For a connector whose failures are explained where they happen; codes are `system.name`. */
export function spelledFailures(system: string): SpelledFailures {
  const failureOf: SpelledFailures['failureOf'] = (kind, name, message, { field, advice } = {}) => ({
    kind,
    code: `${system}.${name}`,
    message,
    ...(field === undefined ? {} : { field }),
    ...(advice === undefined ? {} : { advice }),
  });
  return {
    failureOf,
    refuse: (kind, name, message, details = {}) =>
      new ConnectorFailure(failureOf(kind, name, message, details), { cause: details.cause }),
  };
}

/** The failure an exception stands for; anything else is a bug and goes on. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof ConnectorFailure) return error.failure;
  throw error;
}

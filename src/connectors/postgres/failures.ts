/** Turns what the driver throws into failures. The server's own message is quoted, its details never: they hold values. */
import pg from 'pg';
import { z } from 'zod';

import { ConnectorFailure, type Failure, type FailureKind } from '../../connector/failure.ts';
import {
  CONNECTION_LOST,
  networkMeanings,
  NO_ENCRYPTION,
  UNREACHABLE,
  UNTRUSTED_CERTIFICATE,
  type Meaning,
} from '../../connector/meanings.ts';
import { InvariantError } from '../../lib/assert.ts';
import { meaningOf } from './sqlstates.ts';

/** By the code of Node's own network and TLS errors. */
export const NETWORK: Readonly<Record<string, Meaning>> = {
  ...networkMeanings('PostgreSQL'),
  // The server's socket on this machine is not there.
  ENOENT: { ...UNREACHABLE, name: 'connection_refused' },
  CERT_HAS_EXPIRED: UNTRUSTED_CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED_CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED_CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED_CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED_CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED_CERTIFICATE,
};

/** The driver gives these no code, so their texts stand for them. */
const DRIVER: readonly (readonly [text: RegExp, meaning: Meaning])[] = [
  [/^SASL/, { kind: 'auth', name: 'invalid_password', advice: 'Enter the current user name and password.' }],
  [/SSL/, NO_ENCRYPTION],
  [/timeout/i, UNREACHABLE],
];

/** A failure of our own finding, ready to throw. */
export function refuse(kind: FailureKind, name: string, message: string, advice?: string): ConnectorFailure {
  return new ConnectorFailure({
    kind,
    code: `postgres.${name}`,
    message,
    ...(advice === undefined ? {} : { advice }),
  });
}

/** Names the columns of a constraint; the server tells only the constraint. */
export type ConstraintColumns = (constraint: string) => readonly string[];

export function failureOf(error: unknown, columnsOf?: ConstraintColumns): Failure {
  if (error instanceof ConnectorFailure) return error.failure;
  const meaning = meaningOfError(error);
  const message =
    error instanceof AggregateError
      ? messagesOf(error)
      : error instanceof Error
        ? error.message
        : String(error);
  const field = error instanceof pg.DatabaseError ? fieldOf(error, columnsOf) : undefined;
  return {
    kind: meaning.kind,
    code: `postgres.${meaning.name}`,
    message,
    ...(field === undefined ? {} : { field }),
    ...(meaning.advice === undefined ? {} : { advice: meaning.advice }),
  };
}

/** The same as an error to throw, with its cause. A bug of ours stays what it is. */
export function asConnectorFailure(error: unknown): unknown {
  if (error instanceof ConnectorFailure || isBug(error)) return error;
  return new ConnectorFailure(failureOf(error), { cause: error });
}

function isBug(error: unknown): boolean {
  return [InvariantError, TypeError, RangeError, ReferenceError, z.ZodError].some(
    (kind) => error instanceof kind,
  );
}

/**
 * True when the connection is gone, so that a statement sent before may or may not have happened. A server that is being
 * shut down says so with severity FATAL, also after it has committed but before it has answered.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof ConnectorFailure || isBug(error)) return false;
  if (!(error instanceof pg.DatabaseError)) return true;
  return error.severity === 'FATAL' || error.severity === 'PANIC' || error.code?.startsWith('08') === true;
}

/** True when the failure is about the values of one record, so that the others of its batch may still be written. */
export function isAboutOneRecord(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  // Row security reports a forbidden record with the code of a missing right; only the server's routine tells them apart.
  if (error.code === '42501') return error.routine === 'ExecWithCheckOptions';
  return failureOf(error).kind === 'invalid' || error.code?.startsWith('54') === true;
}

export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

function meaningOfError(error: unknown): Meaning {
  if (error instanceof pg.DatabaseError) return meaningOf(error.code ?? '');
  const code = error instanceof Error && 'code' in error ? NETWORK[String(error.code)] : undefined;
  const text = error instanceof Error ? error.message : '';
  return code ?? DRIVER.find(([pattern]) => pattern.test(text))?.[1] ?? CONNECTION_LOST;
}

function fieldOf(error: pg.DatabaseError, columnsOf: ConstraintColumns | undefined): string | undefined {
  if (error.column !== undefined) return error.column;
  return error.constraint === undefined ? undefined : columnsOf?.(error.constraint)[0];
}

/** A host with several addresses fails with one error for each. */
function messagesOf(error: AggregateError): string {
  const causes: readonly unknown[] = error.errors;
  return causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('; ');
}

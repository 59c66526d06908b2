/** Turns what the driver throws into failures. The server's own message is quoted; nothing of ours quotes a value. */
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import { spelledFailures } from '../../connector/own-failures.ts';
import { meaningOfCode, meaningOfErrno } from './errnos.ts';

/** What the driver attaches to an error; `errno` is the server's number only where the server spoke. */
interface DriverError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/** What the connector itself finds wrong, as a failure and ready to throw. */
export const { failureOf, refuse } = spelledFailures('mysql');

/** Names the columns of a unique key; the server tells only the key. */
export type KeyColumns = (key: string) => readonly string[];

export function failureOfError(error: unknown, columnsOf: KeyColumns = () => []): Failure {
  if (error instanceof ConnectorFailure) return error.failure;
  const { errno = 0, code = '', sqlMessage, message } = asDriverError(error);
  if (sqlMessage === undefined) {
    const { kind, name, advice } = meaningOfCode(code);
    return failureOf(kind, name, message, advice === undefined ? {} : { advice });
  }
  const meaning = meaningOfErrno(errno) ?? { kind: 'permanent' as const, name: `error_${String(errno)}` };
  const key = /for key '([^']+)'/.exec(sqlMessage)?.[1];
  const field =
    meaning.field?.exec(sqlMessage)?.[1] ?? (key === undefined ? undefined : columnsOf(bareKey(key))[0]);
  return failureOf(meaning.kind, meaning.name, sqlMessage, {
    ...(field === undefined ? {} : { field: field.split('.').at(-1) ?? field }),
    ...(meaning.advice === undefined ? {} : { advice: meaning.advice }),
  });
}

/** What to throw instead of a driver's error. Any other error is a bug of ours and stays what it is. */
export function asThrown(error: unknown): unknown {
  return isFromDriver(error) ? new ConnectorFailure(failureOfError(error), { cause: error }) : error;
}

function isFromDriver(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof ConnectorFailure) return false;
  return 'code' in error || 'fatal' in error || error.message === 'Pool is closed.';
}

/**
 * True when the connection is gone, so that a statement sent before may or may not have happened. Numbers of the server
 * that say so: shutdown, killed, kicked out for being idle.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!isFromDriver(error)) return false;
  const { errno = 0, sqlMessage } = asDriverError(error);
  return sqlMessage === undefined || meaningOfErrno(errno)?.name === 'connection_lost';
}

/** True when the failure is about the values of one record, so that the others of its batch may still be written. */
export function isAboutOneRecord(error: unknown): boolean {
  return isFromDriver(error) && !isConnectionLost(error) && failureOfError(error).kind === 'invalid';
}

/** True when the whole transaction was undone in favour of somebody else's, and may be tried again at once. */
export function isDeadlock(error: unknown): boolean {
  return hasName(error, 'deadlock');
}

/** True when somebody else held a record locked for longer than we wait. */
export function isLockWait(error: unknown): boolean {
  return hasName(error, 'lock_wait');
}

function hasName(error: unknown, name: string): boolean {
  return isFromDriver(error) && meaningOfErrno(asDriverError(error).errno ?? 0)?.name === name;
}

/** True when the table is no longer what it was when we looked. */
export function isChangedTable(error: unknown): boolean {
  const code = error instanceof ConnectorFailure ? error.failure.code : '';
  return code === 'mysql.unknown_field' || code === 'mysql.unknown_collection';
}

/** MySQL writes `table.key` since version 8. */
function bareKey(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function asDriverError(error: unknown): DriverError {
  return error instanceof Error ? error : new Error(String(error));
}

/** The errors of PostgreSQL that the engine can meet, as its driver throws them. */
import pg from 'pg';

export const UNIQUE_VIOLATION = '23505';
export const CHECK_VIOLATION = '23514';
export const CARDINALITY_VIOLATION = '21000';
export const DEADLOCK_DETECTED = '40P01';
export const IN_FAILED_TRANSACTION = '25P02';

export function sqlError(code: string, message: string): pg.DatabaseError {
  const error = new pg.DatabaseError(message, 0, 'error');
  error.code = code;
  return error;
}

/** What a worker is told when its connection to the store breaks. One for all: where it came from says nothing, and costs much. */
export const CONNECTION_LOST = new Error('Connection terminated unexpectedly');

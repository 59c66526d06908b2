import type { Json } from '../../lib/json.ts';
import type { FailureKind } from '../failure.ts';
import type { AnswerHeaders, Effect } from './request.ts';

/** An error as the system itself words it. */
export interface SystemError {
  /** The system's own code: `REQUIRED_FIELD_MISSING`, `THROTTLED`; empty where it has none. */
  readonly code: string;
  /** May quote the record; it is stripped of secrets before anybody sees it. */
  readonly message: string;
  /** The native field at fault. */
  readonly field?: string;
  /** When the system says how long to wait, otherwise than by the header Retry-After. */
  readonly retryAfterMs?: number;
}

/**
 * Finds the error in an answer, also in a 200 that says `success: false`; null when there is none.
 * `content` is null when the body was empty or not JSON; a status of 400 or more is a failure in any case.
 */
export type ErrorReader = (answer: {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly content: Json;
}) => SystemError | null;

/** `lost`: may have happened. Becomes `unknownOutcome` for a write and `transient` for a read. */
export type RuleKind = FailureKind | 'lost';

/** One row of a connector's failure table: what it matches, and what that means. What is not said matches everything. */
export interface FailureRule {
  readonly status?: number | readonly number[];
  /** The system's code, whole. */
  readonly code?: string | readonly string[];
  /** For systems that tell things apart by text alone. */
  readonly message?: RegExp;
  readonly effect?: Effect;
  readonly kind: RuleKind;
  /** Stable, without the system's name: `validation`; by default the system's code in snake case, or the kind. */
  readonly name?: string;
  /** An instruction for a person. */
  readonly advice?: string;
  /** How long to leave the system alone where the answer does not say. */
  readonly retryAfterMs?: number;
  /** The limit that was hit: it is paused for all workers. All limits when not said and the kind is `rateLimited`. */
  readonly limit?: string;
}

/** A connector's reading of errors: the first rule that matches decides; behind them stand the rules of HTTP itself. */
export interface FailureTable {
  readonly rules: readonly FailureRule[];
  readonly readError?: ErrorReader;
}

/**
 * Dead letters, shown to the people of a system where they work: a log there that a connector keeps for the host. It is only
 * ever written; that it cannot be is nobody's dead letter.
 */
import type { Failure } from './failure.ts';

/** The setting that switches it on, with the same name for every system that has such a log: the collection to write to. */
export const ERROR_LOG_SETTING = 'error_log';

/** A dead letter as the log shows it. Of the record it names the id, and of its values none. */
export interface LoggedLetter {
  readonly kind: 'letter';
  /** The same for the same letter, for as long as there is a log. */
  readonly key: string;
  readonly state: 'waiting' | 'retrying' | 'discarded';
  readonly sync: string;
  /** Where it failed, and what that side is a collection of. */
  readonly side: string;
  readonly collection: string;
  /** What was tried: a write's kind, or `read`. */
  readonly tried: 'create' | 'update' | 'delete' | 'read';
  readonly recordId: string | null;
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
  readonly field: string | null;
  readonly tries: number;
  readonly firstFailedMs: number;
  readonly lastFailedMs: number;
}

/** A letter that is none any more. `recordId` names the entry, as its last result did. */
export interface SolvedLetter {
  readonly kind: 'solved';
  readonly key: string;
  readonly recordId: string;
}

/** What became of telling one letter. `recordId` names the entry from now on. */
export type LogResult =
  | { readonly kind: 'told'; readonly key: string; readonly recordId: string }
  | { readonly kind: 'failed'; readonly key: string; readonly failure: Failure };

/** The log of one connection, as the host has it kept. */
export interface ErrorLog {
  /** What the system lacks, a sentence each with what to do; nothing where the log can be kept. */
  lacks(): Promise<readonly string[]>;
  /**
   * Makes an entry for each letter, or brings it up to date: told twice, there is still one. One result each, in order, with
   * the entry's id; throws a failure where nothing was sent. That an entry was deleted meanwhile is no failure.
   */
  put(letters: readonly (LoggedLetter | SolvedLetter)[]): Promise<readonly LogResult[]>;
}

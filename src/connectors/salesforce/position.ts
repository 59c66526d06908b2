/**
 * Positions in the feed of one object, as decisions without any waiting.
 *
 * Salesforce stamps a record when a transaction writes it and shows it when that commits, so a stamp may appear below what
 * was already read. Each poll therefore begins some time before the highest stamp it knew. When that one has stood for
 * longer than this time, nothing below it can be missing any more, and the next poll begins behind it. Stamps are only
 * compared with stamps, and the server's time of an answer only with that of another answer.
 */
import type { Cursor } from '../../connector/contract.ts';
import { refuse } from './failures.ts';
import { isObject } from './wire.ts';

export interface Position {
  readonly object: string;
  /** The next poll reads what is stamped here or later, in milliseconds; null: everything. */
  readonly fromMs: number | null;
  /** The highest stamp known, and the server's time when it was first seen to be the highest. */
  readonly highestMs: number | null;
  readonly highestSinceMs: number;
  /** The log of deletes has been read up to here. */
  readonly deletesMs: number;
  /** The last change event that was told, in Base64; null when none was. */
  readonly replay: string | null;
}

const SECOND_MS = 1_000;

/** Where the feed stands now, when nobody has read it yet. */
export function presentPosition(
  object: string,
  highestMs: number | null,
  serverMs: number,
  overlapMs: number,
): Position {
  return {
    object,
    fromMs: highestMs === null ? null : wholeSecond(highestMs - overlapMs),
    highestMs,
    highestSinceMs: serverMs,
    deletesMs: serverMs - overlapMs,
    replay: null,
  };
}

/** Where the next poll begins once this one has read everything; `seenMs` is its highest stamp, null for no row. */
export function afterPoll(
  before: Position,
  seenMs: number | null,
  serverMs: number,
  overlapMs: number,
): Position {
  const highestMs = seenMs === null ? before.highestMs : Math.max(seenMs, before.highestMs ?? seenMs);
  if (highestMs === null) return before;
  const isSame = highestMs === before.highestMs;
  const highestSinceMs = isSame ? before.highestSinceMs : serverMs;
  // One more second, for stamps that share theirs with the moment at which the highest was seen.
  const isSettled = isSame && serverMs - highestSinceMs >= overlapMs + SECOND_MS;
  const fromMs = isSettled ? wholeSecond(highestMs) + SECOND_MS : wholeSecond(highestMs - overlapMs);
  return { ...before, fromMs: Math.max(fromMs, before.fromMs ?? fromMs), highestMs, highestSinceMs };
}

/** Where to go on when reading stops in the middle of a poll, after a row stamped `reachedMs`. */
export function partWay(before: Position, reachedMs: number, overlapMs: number): Position {
  const fromMs = wholeSecond(reachedMs - overlapMs);
  return { ...before, fromMs: Math.max(fromMs, before.fromMs ?? fromMs) };
}

export function toCursor(position: Position): Cursor {
  return { ...position };
}

/** A cursor that is not one of this object's ⇒ failure `cursor_expired`. */
export function parsePosition(object: string, cursor: Cursor): Position {
  if (isObject(cursor) && cursor['object'] === object) {
    const { fromMs = null, highestMs = null, highestSinceMs, deletesMs, replay = null } = cursor;
    const isOurs =
      isMomentOrNull(fromMs) && isMomentOrNull(highestMs) && (replay === null || typeof replay === 'string');
    if (isOurs && typeof highestSinceMs === 'number' && typeof deletesMs === 'number')
      return { object, fromMs, highestMs, highestSinceMs, deletesMs, replay };
  }
  throw refuse('cursor_expired', `The stored position does not belong to ${object}.`);
}

function isMomentOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value));
}

function wholeSecond(atMs: number): number {
  return Math.floor(atMs / SECOND_MS) * SECOND_MS;
}

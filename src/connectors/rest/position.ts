/**
 * Positions in a feed that is asked for changes since a moment, as decisions without any waiting.
 *
 * A system stamps a record when it is written and shows it when that is committed and indexed, so a stamp may appear below
 * what was already read. Each poll therefore begins some time, the overlap, before the highest stamp known. When that one
 * has stood for longer than the overlap, nothing below it can be missing any more, and the next poll begins right behind
 * it. Stamps are only compared with stamps; our clock only measures how long one has stood.
 */
import type { Cursor } from '../../connector/contract.ts';
import { isJsonArray } from '../../lib/json.ts';
import { refuse } from './failures.ts';

export interface Position {
  readonly collection: string;
  /** The next poll asks for what is stamped here or later; null: everything. In milliseconds, as all moments here. */
  readonly fromMs: number | null;
  /** The highest stamp known, and when, by our clock, it was first seen to be the highest. */
  readonly highestMs: number | null;
  readonly highestSinceMs: number;
  /** The list of deletes has been read up to here. */
  readonly deletesMs: number | null;
}

export interface Overlap {
  readonly overlapMs: number;
  /** How exact the stamps are. */
  readonly grainMs: number;
}

/** Where the feed stands now, by the system's own time; null where it does not tell it: then the first poll reads all. */
export function presentPosition(
  collection: string,
  serverMs: number | null,
  nowMs: number,
  { overlapMs, grainMs }: Overlap,
): Position {
  const fromMs = serverMs === null ? null : floor(serverMs - overlapMs, grainMs);
  return { collection, fromMs, highestMs: null, highestSinceMs: nowMs, deletesMs: fromMs };
}

/** Where the next poll begins once this one, begun at `nowMs`, has read everything; `seenMs` is its highest stamp. */
export function afterPoll(
  before: Position,
  seenMs: number | null,
  nowMs: number,
  { overlapMs, grainMs }: Overlap,
): Position {
  const highestMs = seenMs === null ? before.highestMs : Math.max(seenMs, before.highestMs ?? seenMs);
  if (highestMs === null) return before;
  const isSame = highestMs === before.highestMs;
  const highestSinceMs = isSame ? before.highestSinceMs : nowMs;
  // One more grain, for stamps that share theirs with the moment at which the highest was seen.
  const isSettled = isSame && nowMs - highestSinceMs >= overlapMs + grainMs;
  const fromMs = isSettled ? floor(highestMs, grainMs) + grainMs : floor(highestMs - overlapMs, grainMs);
  return { ...before, fromMs: Math.max(fromMs, before.fromMs ?? fromMs), highestMs, highestSinceMs };
}

/** Where to go on when a poll that comes oldest first stops after a record stamped `reachedMs`. */
export function partWay(before: Position, reachedMs: number, { overlapMs, grainMs }: Overlap): Position {
  const fromMs = floor(reachedMs - overlapMs, grainMs);
  return { ...before, fromMs: Math.max(fromMs, before.fromMs ?? fromMs) };
}

export function toCursor(position: Position): Cursor {
  return { ...position };
}

/** A cursor that is not one of this collection's ⇒ failure `cursor_expired`. */
export function parsePosition(collection: string, cursor: Cursor): Position {
  if (
    cursor !== null &&
    typeof cursor === 'object' &&
    !isJsonArray(cursor) &&
    cursor['collection'] === collection
  ) {
    const { fromMs = null, highestMs = null, highestSinceMs, deletesMs = null } = cursor;
    if (
      isMomentOrNull(fromMs) &&
      isMomentOrNull(highestMs) &&
      isMomentOrNull(deletesMs) &&
      typeof highestSinceMs === 'number'
    )
      return { collection, fromMs, highestMs, highestSinceMs, deletesMs };
  }
  throw refuse('cursor_expired', `The stored position does not belong to ${collection}.`);
}

function isMomentOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value));
}

function floor(atMs: number, grainMs: number): number {
  return Math.floor(atMs / grainMs) * grainMs;
}

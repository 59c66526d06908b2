/**
 * Positions in the polled feed of one table, as decisions without any waiting. Times are the server's texts
 * (`2026-03-31 14:05:06.123`), compared and shifted on one made-up line: only their differences mean anything.
 *
 * A transaction stamps a record when the statement runs and shows it when it commits, so a stamp may appear below what
 * was already read. MySQL offers no horizon below which nothing can appear any more. In its place stands a declared one:
 * a transaction that is open for at most `lookbackSeconds` is seen. Each poll therefore reads again from the highest
 * stamp it knew minus the lookback, to the whole second, because many columns keep no smaller grain. When the highest
 * stamp has stood for longer than the lookback, nothing below it can be missing, and the next poll begins behind it.
 */
import type { Cursor } from '../../connector/contract.ts';
import { refuse } from './failures.ts';

export interface Position {
  readonly table: string;
  readonly column: string;
  /** The next poll reads what is stamped here or later; null: everything that is stamped. */
  readonly from: string | null;
  /** The highest stamp known, and the server's time (UTC) when it was first seen to be the highest. */
  readonly highest: string | null;
  readonly highestSince: string;
}

/** What a look at the table tells before its rows are read. */
export interface Head {
  /** The highest stamp that is not in the future. */
  readonly highest: string | null;
  readonly now: string;
}

const SECOND_MS = 1_000;

/** Where the feed stands now, when nobody has read it yet. */
export function presentPosition(
  table: string,
  column: string,
  head: Head,
  lookbackSeconds: number,
): Position {
  const { highest, now } = head;
  return {
    table,
    column,
    from: highest === null ? null : shifted(highest, -lookbackSeconds),
    highest,
    highestSince: now,
  };
}

/** Where the next poll begins once this one has read everything from `previous.from` on. */
export function nextPosition(previous: Position, head: Head, lookbackSeconds: number): Position {
  const { table, column } = previous;
  const isSame = head.highest === previous.highest;
  const highestSince = isSame ? previous.highestSince : head.now;
  const settledMs = msOf(head.now) - msOf(highestSince);
  // One more second, for stamps that share their second with the moment at which the highest was seen.
  const isSettled = isSame && settledMs >= (lookbackSeconds + 1) * SECOND_MS;
  if (head.highest === null) return { ...previous, highest: null, highestSince };
  const from = isSettled ? shifted(head.highest, 1) : shifted(head.highest, -lookbackSeconds);
  return { table, column, from: later(previous.from, from, head), highest: head.highest, highestSince };
}

/** Where to go on when reading stops after a row stamped `stamp`, in the middle of a poll that would end at `next`. */
export function partWay(previous: Position, next: Position, stamp: string): Position {
  const reached = shifted(stamp, 0);
  const from = next.from === null || reached < next.from ? reached : next.from;
  return { ...previous, from: previous.from !== null && previous.from > from ? previous.from : from };
}

export function parsePosition(table: string, column: string, cursor: Cursor): Position {
  if (typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor)) {
    const given = cursor as Readonly<Record<string, unknown>>;
    const { from, highest, highestSince } = given;
    const isOurs = given['table'] === table && given['column'] === column && typeof highestSince === 'string';
    if (isOurs && isStampOrNull(from) && isStampOrNull(highest))
      return { table, column, from, highest, highestSince };
  }
  throw refuse('config', 'cursor_expired', `the stored position does not belong to ${table}.${column}`, {
    advice: 'The collection is compared completely; nothing has to be done.',
  });
}

export function toCursor(position: Position): Cursor {
  const { table, column, from, highest, highestSince } = position;
  return { table, column, from, highest, highestSince };
}

/** The feed never goes back, except from a future that a wrong clock once made it believe in. */
function later(previous: string | null, next: string, head: Head): string {
  const isBelievable = previous !== null && head.highest !== null && previous <= shifted(head.highest, 1);
  return isBelievable && previous > next ? previous : next;
}

/** The stamp, cut to its second, some seconds later. */
function shifted(stamp: string, seconds: number): string {
  const wholeMs = Math.floor(msOf(stamp) / SECOND_MS) * SECOND_MS;
  return new Date(wholeMs + seconds * SECOND_MS).toISOString().slice(0, 19).replace('T', ' ');
}

function msOf(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 23).replace(' ', 'T')}Z`);
}

function isStampOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/.test(value));
}

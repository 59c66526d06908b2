/** For feeds that are asked again and again: what they tell, each thing once, in pages from which the next question can go on. */
import type { ChangePage, Cursor, Hint, SystemRecord, UnreadableRecord } from './contract.ts';

/** One thing that a feed tells. */
export type Notice =
  | { readonly kind: 'record'; readonly record: SystemRecord }
  | { readonly kind: 'unreadable'; readonly unreadable: UnreadableRecord }
  | { readonly kind: 'hint'; readonly hint: Hint };

/** A page, and the position behind it. */
export interface Told<Position> {
  readonly page: ChangePage;
  readonly position: Position;
}

/** Beyond this it is forgotten what was told, and told again. */
const TOLD_MAX = 100_000;

/** What was told of which record in one reading: what lies in an overlap is read at every poll and told once. */
export class ToldRecords {
  readonly #states = new Map<string, string>();

  /** Whether this state of the record was not the last that was told of it; from now on it is. */
  isNews(recordId: string, state: string): boolean {
    if (this.#states.get(recordId) === state) return false;
    if (this.#states.size >= TOLD_MAX) this.#states.clear();
    this.#states.set(recordId, state);
    return true;
  }
}

/** One page of them; `caughtUp` says that nothing lies behind its cursor. */
export function pageOf(notices: readonly Notice[], cursor: Cursor, caughtUp: boolean): ChangePage {
  return {
    records: notices.flatMap((notice) => (notice.kind === 'record' ? [notice.record] : [])),
    hints: notices.flatMap((notice) => (notice.kind === 'hint' ? [notice.hint] : [])),
    unreadable: notices.flatMap((notice) => (notice.kind === 'unreadable' ? [notice.unreadable] : [])),
    cursor,
    caughtUp,
  };
}

/** What was told from `before` to `after`, in pages of at most so many notices; there is always one. */
export interface Stretch<Position> {
  readonly notices: readonly Notice[];
  readonly before: Position;
  readonly after: Position;
  readonly caughtUp: boolean;
}

/** Of several pages only the last carries the new position: before it, not everything is told. */
export function* pagesOf<Position>(
  { notices, before, after, caughtUp }: Stretch<Position>,
  toCursor: (position: Position) => Cursor,
  noticesMax: number,
): Generator<Told<Position>> {
  for (let start = 0; start === 0 || start < notices.length; start += noticesMax) {
    const part = notices.slice(start, start + noticesMax);
    const isLast = start + noticesMax >= notices.length;
    const position = isLast ? after : before;
    yield { page: pageOf(part, toCursor(position), isLast && caughtUp), position };
  }
}

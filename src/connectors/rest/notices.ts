/** What a feed tells: rows as notices, notices as pages. */
import type {
  ChangePage,
  ChangesRequest,
  Cursor,
  Hint,
  SystemRecord,
  UnreadableRecord,
} from '../../connector/contract.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Row } from './collection.ts';
import type { Look } from './single.ts';

/** What was told is remembered, so as not to be told again at every poll; beyond this it is told again. */
const TOLD_MAX = 50_000;

/** What a feed works with. */
export interface Feed {
  readonly look: Look;
  readonly request: ChangesRequest;
  readonly clock: Clock;
  /** Record id → what was told of it in this reading. */
  readonly told: Map<string, string>;
}

/** A page, with where to go on behind it. */
export interface Told {
  readonly page: ChangePage;
  readonly cursor: Cursor;
}

/** What a row says to whoever follows the feed. */
export type Notice =
  | { readonly kind: 'record'; readonly record: SystemRecord }
  | { readonly kind: 'unreadable'; readonly unreadable: UnreadableRecord }
  | { readonly kind: 'hint'; readonly hint: Hint };

export function noticesOf(feed: Feed, rows: readonly Row[]): readonly Notice[] {
  return rows.flatMap((row): readonly Notice[] => {
    if (row.kind === 'unreadable') return [row];
    const id = row.kind === 'record' ? row.record.id : row.id;
    if (!isNews(feed, id, row.kind === 'record' ? stateOf(row.record) : 'deleted')) return [];
    return row.kind === 'record' ? [row] : [{ kind: 'hint', hint: { id, kind: 'deleted' } }];
  });
}

/** While following, what lies in the overlap is read at every poll and told once. */
function isNews({ told, request }: Feed, id: string, state: string): boolean {
  if (!request.follow) return true;
  if (told.get(id) === state) return false;
  if (told.size >= TOLD_MAX) told.clear();
  told.set(id, state);
  return true;
}

function stateOf({ version, modifiedAtMs, fields }: SystemRecord): string {
  return JSON.stringify([version, modifiedAtMs ?? null, ...fields]);
}

/** Of several pages only the last carries the new position: before it, not everything is told. */
export function* pagesOf(
  notices: readonly Notice[],
  { before, after }: { readonly before: Cursor; readonly after: Cursor },
  sizeMax: number,
  caughtUp: boolean,
): Generator<Told> {
  for (let start = 0; start === 0 || start < notices.length; start += sizeMax) {
    const part = notices.slice(start, start + sizeMax);
    const isLast = start + sizeMax >= notices.length;
    const cursor = isLast ? after : before;
    yield { page: pageOf(part, cursor, isLast && caughtUp), cursor };
  }
}

export function pageOf(notices: readonly Notice[], cursor: Cursor, caughtUp: boolean): ChangePage {
  return {
    records: notices.flatMap((notice) => (notice.kind === 'record' ? [notice.record] : [])),
    hints: notices.flatMap((notice) => (notice.kind === 'hint' ? [notice.hint] : [])),
    unreadable: notices.flatMap((notice) => (notice.kind === 'unreadable' ? [notice.unreadable] : [])),
    cursor,
    caughtUp,
  };
}

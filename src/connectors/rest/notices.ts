/** What the rows of a feed tell. */
import type { ChangesRequest, Cursor, SystemRecord } from '../../connector/contract.ts';
import { pagesOf, type Notice, type Stretch, type Told, type ToldRecords } from '../../connector/notices.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Row } from './collection.ts';
import type { Look } from './single.ts';

/** What a feed works with. */
export interface Feed {
  readonly look: Look;
  readonly request: ChangesRequest;
  readonly clock: Clock;
  readonly told: ToldRecords;
}

export function noticesOf(feed: Feed, rows: readonly Row[]): readonly Notice[] {
  return rows.flatMap((row): readonly Notice[] => {
    if (row.kind === 'unreadable') return [row];
    const id = row.kind === 'record' ? row.record.id : row.id;
    if (!isNews(feed, id, row.kind === 'record' ? stateOf(row.record) : 'deleted')) return [];
    return row.kind === 'record' ? [row] : [{ kind: 'hint', hint: { id, kind: 'deleted' } }];
  });
}

/** While following, what lies in the overlap is told once. */
function isNews({ told, request }: Feed, id: string, state: string): boolean {
  return !request.follow || told.isNews(id, state);
}

function stateOf({ version, modifiedAtMs, fields }: SystemRecord): string {
  return JSON.stringify([version, modifiedAtMs ?? null, ...fields]);
}

/** Pages as large as they were asked for. */
export function pagesFor({ request }: Feed, stretch: Stretch<Cursor>): Generator<Told<Cursor>> {
  return pagesOf(stretch, (cursor) => cursor, request.pageRecordsMax);
}

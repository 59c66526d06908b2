import { ConnectorFailure } from '../failure.ts';
import type { AnswerHeaders } from './request.ts';

/** A million pages is a loop, not a collection. */
const PAGES_MAX = 1_000_000;

/** How a system gives a long list in parts. A position is whatever says where to go on: a URL, a cursor, an offset. */
export interface Paging<Page, Position> {
  readonly system: string;
  readonly first: Position;
  readonly read: (position: Position) => Promise<Page>;
  /** Null after the last page. */
  readonly next: (page: Page, position: Position) => Position | null;
  readonly pagesMax?: number;
}

/**
 * The pages in order, each read when it is asked for. A position that comes twice in a row, or more pages than
 * `pagesMax`, ⇒ failure `permanent`: going on would never end, and stopping would look like the end of the list.
 */
export async function* pages<Page, Position extends string | number>({
  system,
  first,
  read,
  next,
  pagesMax = PAGES_MAX,
}: Paging<Page, Position>): AsyncGenerator<Page> {
  let position: Position | null = first;
  for (let count = 0; position !== null; count += 1) {
    if (count >= pagesMax) throw endless(system, `there are more than ${String(pagesMax)} pages`);
    const page: Page = await read(position);
    const following: Position | null = next(page, position);
    if (following === position) throw endless(system, 'a page names itself as the next one');
    yield page;
    position = following;
  }
}

/** The next offset, or null when this page was not full. */
export function nextOffset(offset: number, rows: number, rowsMax: number): number | null {
  return rows < rowsMax ? null : offset + rows;
}

/** The address of the next page by the header Link (RFC 8288), or null. The client refuses one of another origin. */
export function nextLink(headers: AnswerHeaders): string | null {
  for (const [, address = '', parameters = ''] of (headers.get('link') ?? '').matchAll(LINK)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
    const relations = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return address;
  }
  return null;
}

const LINK = /<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]+))?)*)/g;

function endless(system: string, why: string): ConnectorFailure {
  const message = `The list does not end: ${why}`;
  return new ConnectorFailure({ kind: 'permanent', code: `${system}.endless_list`, message });
}

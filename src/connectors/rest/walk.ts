/** Lists in pages, each kind of paging as the description says it. */
import { nextLink, pages } from '../../connector/http/pages.ts';
import type { Answer, AnswerHeaders } from '../../connector/http/request.ts';
import { type Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import { rowsAt, scalarText } from './answers.ts';
import type { Asking, RestApi } from './api.ts';
import type { Pages } from './description/lists.ts';
import type { RequestShape } from './description/words.ts';
import { refuse } from './failures.ts';
import type { Filled } from './request.ts';

/** A list of a described system. */
export interface ListSource {
  readonly request: RequestShape;
  readonly records: string;
  readonly pages: Pages;
}

/** How to walk it. */
export interface Walk {
  readonly asking: Asking;
  readonly names: Readonly<Record<string, string>>;
  readonly slots?: readonly Filled[];
  readonly recordsMax: number;
  /** Null for the beginning. */
  readonly start: Position | null;
  readonly idOf: (row: Json) => string | null;
}

/** Where a page begins: an address, a cursor, or a number. Empty for the beginning of an addressed list. */
export type Position = string | number;

/** One page as the system gave it. */
export interface Sheet {
  readonly rows: readonly Json[];
  readonly headers: AnswerHeaders;
  /** Asked for again, the same page comes. */
  readonly at: Position;
  /** Null on the last page. */
  readonly next: Position | null;
}

/** Whether a list may be gone on with later: by numbers it may not, because deletes shift what they count. */
export function isResumable({ kind }: Pages): boolean {
  return kind === 'link' || kind === 'url' || kind === 'cursor';
}

export function firstPosition(paging: Pages): Position {
  if (paging.kind === 'page') return paging.first;
  return paging.kind === 'offset' ? 0 : '';
}

/** Every page, each when it is asked for. A list that shifts under the reader ⇒ failure `transient`, to begin again. */
export async function* walk(api: RestApi, source: ListSource, how: Walk): AsyncGenerator<Sheet> {
  const read = source.pages.kind === 'offset' ? overlapping(api, source, how) : plainly(api, source, how);
  yield* pages<Sheet, Position>({
    system: 'rest',
    first: how.start ?? firstPosition(source.pages),
    read,
    next: ({ next }) => next,
  });
}

type Read = (at: Position) => Promise<Sheet>;

function plainly(api: RestApi, source: ListSource, how: Walk): Read {
  let totalBefore: number | null = null;
  let readSoFar = 0;
  return async (at) => {
    const answer = await ask(api, source, how, at);
    const rows = rowsAt(answer.content, source.records, how.asking.operation);
    const total = totalIn(source.pages, answer.content);
    if (source.pages.kind === 'page' && total !== null && totalBefore !== null && total < totalBefore)
      throw shifted();
    totalBefore = total ?? totalBefore;
    readSoFar += rows.length;
    const next = nextOf(source.pages, answer, { at, rows, readSoFar, total }, how.idOf, api.baseUrl);
    return { rows, headers: answer.headers, at, next };
  };
}

/** Each page begins with the last record of the one before: if it is another one, something before it was deleted. */
function overlapping(api: RestApi, source: ListSource, how: Walk): Read {
  let lastId: string | null = null;
  return async (at) => {
    const offset = Number(at);
    const answer = await ask(api, source, how, lastId === null ? offset : offset - 1);
    const all = rowsAt(answer.content, source.records, how.asking.operation);
    const [first] = all;
    if (lastId !== null && (first === undefined || how.idOf(first) !== lastId)) throw shifted();
    const rows = lastId === null ? all : all.slice(1);
    const last = rows.at(-1);
    lastId = last === undefined ? lastId : how.idOf(last);
    const total = totalIn(source.pages, answer.content);
    const reached = offset + rows.length;
    const isEnd = rows.length === 0 || (total !== null && reached >= total);
    return { rows, headers: answer.headers, at, next: isEnd ? null : reached };
  };
}

async function ask(
  api: RestApi,
  { request, pages: paging }: ListSource,
  how: Walk,
  at: Position,
): Promise<Answer<Json>> {
  const isAddress = (paging.kind === 'link' || paging.kind === 'url') && at !== '';
  if (isAddress) return await api.follow(String(at), request, how.asking);
  const slots = [...(how.slots ?? []), ...sizeSlot(paging, how.recordsMax)];
  if ('send' in paging && at !== '') slots.push({ slot: paging.send, value: at });
  return await api.send(request, { names: how.names, slots }, how.asking);
}

function sizeSlot(paging: Pages, recordsMax: number): readonly Filled[] {
  if (paging.kind === 'none' || paging.size?.send === undefined) return [];
  const { send, max } = paging.size;
  // Numbered pages must have one size from the first to the last; an overlap needs room beside it.
  const value =
    paging.kind === 'page' ? max : Math.min(max, paging.kind === 'offset' ? recordsMax + 1 : recordsMax);
  return [{ slot: send, value }];
}

interface Reached {
  readonly at: Position;
  readonly rows: readonly Json[];
  readonly readSoFar: number;
  readonly total: number | null;
}

/** Without a word from the system only an empty page is the end: a system may give fewer records than it is asked for. */
function nextOf(
  paging: Pages,
  { headers, content }: Answer<Json>,
  { at, rows, readSoFar, total }: Reached,
  idOf: Walk['idOf'],
  baseUrl: string,
): Position | null {
  switch (paging.kind) {
    case 'none':
      return null;
    case 'link':
      return addressOf(nextLink(headers), baseUrl);
    case 'url':
      return addressOf(scalarText(valueAt(content, paging.next)), baseUrl);
    case 'cursor': {
      if (paging.more !== undefined && valueAt(content, paging.more) !== true) return null;
      const ofLast = rows.map(idOf).at(-1) ?? null;
      const cursor = paging.next === undefined ? ofLast : scalarText(valueAt(content, paging.next));
      return cursor === '' ? null : cursor;
    }
    case 'offset':
      return null;
    case 'page': {
      const last = paging.last === undefined ? null : Number(valueAt(content, paging.last) ?? Number.NaN);
      const isLast = last !== null && Number.isFinite(last) && Number(at) - paging.first + 1 >= last;
      const isAll = total !== null && readSoFar >= total;
      return rows.length === 0 || isLast || isAll ? null : Number(at) + 1;
    }
  }
}

/** A link may be relative; the client refuses one that leads to another origin. */
function addressOf(link: string | null, baseUrl: string): string | null {
  if (link === null || link === '') return null;
  return URL.parse(link, `${baseUrl}/`)?.href ?? link;
}

function totalIn(paging: Pages, content: Json): number | null {
  const at = paging.kind === 'offset' || paging.kind === 'page' ? paging.total : undefined;
  const total = at === undefined ? Number.NaN : Number(valueAt(content, at) ?? Number.NaN);
  return Number.isFinite(total) ? total : null;
}

function shifted(): Error {
  return refuse(
    'list_shifted',
    'Records were deleted while the list was read, and some may have been skipped.',
  );
}

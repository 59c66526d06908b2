/** How a list is likely paged and asked for changes, by the usual names of parameters and members. */
import type { JsonObject } from '../../../lib/json.ts';
import { flow, quoted } from './lines.ts';
import { answerHeaders, answerOf, type Operation, type Parameter } from './operations.ts';
import { propertiesOf } from './schemas.ts';

const SIZE_MAX = 100;
const SIZES =
  /^(?:limit|per_page|perpage|page_size|pagesize|size|count|max_results|maxresults|\$?top|page\[size\])$/i;
const CURSORS =
  /^(?:after|starting_after|cursor|page_token|pagetoken|next_token|next_cursor|continuation|page\[after\]|page_info)$/i;
const OFFSETS = /^(?:offset|skip|\$skip|start|start_index|startat)$/i;
const PAGES = /^(?:page|page_number|pagenumber|page_no|page\[number\])$/i;
const NEXT_CURSORS =
  /^(?:next_cursor|nextcursor|next_page_token|nextpagetoken|next_token|cursor|after|next_page)$/i;
const NEXT_LINKS = /^(?:next|next_url|nexturl|next_link|nextlink|nextpage|next_page|@odata\.nextlink)$/i;
const MORES = /^(?:has_more|hasmore|more)$/i;
const TOTALS = /^(?:total|total_count|totalcount|total_results|totalresults|count)$/i;
const SINCES =
  /^(?:(?:updated|modified|changed|last_?modified|last_?updated)_?(?:since|after|at_min|from)?|since|changed_?since|(?:updated|modified)(?:_at)?\[(?:gte?|since|after)\])$/i;
const MODIFIED =
  /^(?:updated|modified|last_?modified(?:_?date)?|updated_?(?:at|date|on|time)|modified_?(?:at|date|on|time)|changed_?(?:at|on)|date_?(?:updated|modified)|last_?updated(?:_?(?:at|date))?)$/i;

/** A piece of the draft, and what a person must decide about it. */
export interface Guess {
  readonly text: string;
  readonly decide?: string;
}

export function pagesOf(document: JsonObject, list: Operation): Guess {
  const named = (pattern: RegExp): Parameter | undefined =>
    list.parameters.find((parameter) => parameter.in === 'query' && pattern.test(parameter.name));
  const at = membersByPointer(document, list);
  const found = (pattern: RegExp): string | undefined => at.find(([name]) => pattern.test(name))?.[1];
  const size = sizeOf(named(SIZES));
  const [cursor, offset, page] = [named(CURSORS), named(OFFSETS), named(PAGES)];
  const [more, total] = [found(MORES), found(TOTALS)];
  if (cursor !== undefined) {
    const next = found(NEXT_CURSORS);
    if (next !== undefined || more !== undefined)
      return {
        text: flow({ kind: 'cursor', next, more, send: quoted(cursor.name), size: size.text }),
        ...size.decide,
      };
    const text = flow({ kind: 'cursor', next: '/next_cursor', send: quoted(cursor.name), size: size.text });
    return { text, decide: `where the answer says the cursor for ${cursor.name}` };
  }
  if (answerHeaders(document, list).includes('link'))
    return { text: flow({ kind: 'link', size: size.text }), ...size.decide };
  const sized = size.text ?? flow({ max: SIZE_MAX });
  const decide = 'deletes shift such lists: choose paging by cursor where the system has it';
  if (offset !== undefined)
    return { text: flow({ kind: 'offset', send: quoted(offset.name), total, size: sized }), decide };
  if (page !== undefined)
    return { text: flow({ kind: 'page', send: quoted(page.name), total, size: sized }), decide };
  const link = found(NEXT_LINKS);
  if (link !== undefined)
    return {
      text: flow({ kind: 'url', next: link, size: size.text }),
      decide: `whether ${link} holds a whole address`,
    };
  return {
    text: flow({ kind: 'none' }),
    decide: 'whether one answer really holds every record; the document names no paging',
  };
}

/** The parameter by which changes since a moment can be asked for. */
export function sinceOf(list: Operation): Parameter | null {
  return list.parameters.find(({ name, in: place }) => place === 'query' && SINCES.test(name)) ?? null;
}

/** The name of the member that says when a record was changed last. */
export function modifiedIn(names: Iterable<string>): string | null {
  return [...names].find((name) => MODIFIED.test(name)) ?? null;
}

function sizeOf(parameter: Parameter | undefined): {
  readonly text: string | undefined;
  readonly decide: { readonly decide?: string };
} {
  if (parameter === undefined) return { text: undefined, decide: {} };
  const { maximum } = parameter.schema;
  const isSaid = typeof maximum === 'number' && maximum >= 1;
  const max = isSaid ? Math.min(10_000, Math.floor(maximum)) : SIZE_MAX;
  const decide = isSaid
    ? {}
    : { decide: `the most records of a page; the document does not limit ${parameter.name}` };
  return { text: flow({ send: quoted(parameter.name), max }), decide };
}

/** The members of an answer, down to those of the objects in it that speak of paging. */
function membersByPointer(document: JsonObject, list: Operation): readonly (readonly [string, string])[] {
  const schema = answerOf(document, list);
  if (schema === null) return [];
  return [...propertiesOf(document, schema).properties].flatMap(([name, property]) => [
    [name, quoted(`/${escaped(name)}`)] as const,
    ...(/^(?:meta|paging|pagination|links|_links|page|cursor)$/i.test(name)
      ? [...propertiesOf(document, property).properties.keys()].map(
          (inner) => [inner, quoted(`/${escaped(name)}/${escaped(inner)}`)] as const,
        )
      : []),
  ]);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

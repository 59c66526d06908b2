/** Cursors of lists: opaque to whoever asks, checked when they come back. */
import { z } from '@hono/zod-openapi';

import { ApiProblem } from '../problem.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
const CURSOR_LENGTH_MAX = 1_000;

export const Paging = z.object({
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().openapi({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
});

export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Where a page begins; null for the first. Anything but one of our cursors is refused. */
export function decodeCursor<Place>(cursor: string | undefined, shape: z.ZodType<Place>): Place | null {
  if (cursor === undefined) return null;
  try {
    return shape.parse(JSON.parse(textOf(cursor)));
  } catch {
    const errors = [{ path: 'cursor', message: 'is not a cursor of this list' }];
    throw new ApiProblem('invalid', { errors, advice: 'Take `next` of the page before, unchanged.' });
  }
}

/** A character that no store can keep may come in here past the door that looks for it. */
function textOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.includes(String.raw`\u0000`)) throw new Error('no text of a store');
  return text;
}

export type Page<Element> = Readonly<Record<'items', readonly Element[]>> & { readonly next: string | null };

/** One row more than asked for was read: it tells whether there is a next page, and is left out. */
export function pageOf<Row, Element>(
  rows: readonly Row[],
  limit: number,
  placeOf: (last: Row) => unknown,
  show: (row: Row) => Element,
): Page<Element> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null;
  return { items: shown.map(show), next };
}

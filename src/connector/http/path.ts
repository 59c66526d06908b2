import { ConnectorFailure } from '../failure.ts';
import type { Query } from './request.ts';

/**
 * A path from a template whose values are each one segment: ``path`/contacts/${id}/notes` ``. Whatever a value holds,
 * it cannot add a segment, climb up or start a query. A value that is empty, `.` or `..` ⇒ failure `invalid`.
 */
export function path(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce((built, text, index) => `${built}${segment(values[index - 1])}${text}`);
}

/** A value as one step of a path. One that is empty, `.` or `..` ⇒ failure `invalid`. */
export function segment(value: string | number | undefined): string {
  const text = String(value ?? '');
  // URL parsers take `.` and `..` for steps even when they are encoded, so there is no way to say them.
  if (text !== '' && !/^\.{1,2}$/.test(text)) return encodeURIComponent(text);
  const message = 'An id that is empty or made of dots cannot be asked for.';
  throw new ConnectorFailure({ kind: 'invalid', code: 'http.path_segment', message });
}

/** The URL of a request, or null when it would leave the base URL's origin. */
export function urlOf(baseUrl: string, target: string, query: Query = {}): URL | null {
  const base = new URL(baseUrl);
  const isPath = target.startsWith('/');
  if (!isPath && !/^https?:\/\//i.test(target)) return null;
  const url = parsed(isPath ? base.origin + base.pathname.replace(/\/$/, '') + target : target);
  if (url === null || url.origin !== base.origin || url.username !== '' || url.password !== '') return null;
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.append(name, String(value));
  url.hash = '';
  return url;
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** Requests as a description says them, filled with values. */
import { segment } from '../../connector/http/path.ts';
import type { Body, HttpRequest } from '../../connector/http/request.ts';
import type { Json } from '../../lib/json.ts';
import { draftOf, putAt, type Draft } from '../../lib/pointer.ts';
import type { RequestShape, Slot } from './description/words.ts';

/** A value and where it goes. */
export interface Filled {
  readonly slot: Slot;
  readonly value: string | number;
}

/** What a request is filled with. */
export interface Filling {
  /** By the names in braces: `id`, `account`, `fields`, names of fields. */
  readonly names: Readonly<Record<string, string>>;
  readonly slots?: readonly Filled[];
  /** The body as it is built so far; what the description always sends, when not said. */
  readonly body?: Draft;
  readonly form?: boolean;
}

type Built = Pick<HttpRequest, 'method' | 'path'> & {
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
};

/** An id or field value that cannot be a step of a path ⇒ failure `invalid`. */
export function requestOf(shape: RequestShape, { names, slots = [], body, form = false }: Filling): Built {
  const query = Object.fromEntries(
    Object.entries(shape.query ?? {}).map(([name, value]) => [name, inText(String(value), names)]),
  );
  const headers: Record<string, string> = { ...shape.headers };
  let draft = body ?? (shape.body === undefined ? undefined : draftOf(shape.body));
  for (const { slot, value } of slots) {
    if (typeof slot === 'string') query[slot] = String(value);
    else {
      const filled =
        slot.text === undefined ? value : slot.text.replaceAll('{}', () => escaped(String(value), slot));
      if ('query' in slot) query[slot.query] = String(filled);
      else if ('header' in slot) headers[slot.header] = String(filled);
      else draft = putAt(draft ?? {}, slot.body, spelledAs(slot.as, filled));
    }
  }
  return {
    method: shape.method ?? 'GET',
    path: shape.path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => segment(names[name] ?? '')),
    query,
    headers,
    ...(draft === undefined ? {} : { body: bodyOf(draft, form) }),
  };
}

/** As a number where that is asked for and loses no digit. */
export function spelledAs(as: 'number' | undefined, value: string | number): string | number {
  return as === 'number' && String(Number(value)) === String(value) ? Number(value) : value;
}

function inText(text: string, names: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
}

/** Doubled is the kind of quote that surrounds the value, and no other. */
function escaped(value: string, { escape, text = '' }: Exclude<Slot, string>): string {
  const quote = /['"]/.exec(text)?.[0];
  if (escape === 'doubled') return quote === undefined ? value : value.replaceAll(quote, quote + quote);
  return escape === 'backslash' ? value.replaceAll(/['"\\]/g, String.raw`\$&`) : value;
}

function bodyOf(draft: Draft, form: boolean): Body {
  if (!form) return { kind: 'json', value: draft as Json };
  return { kind: 'form', fields: Object.fromEntries(formFields('', draft)) };
}

/** `{address: {city: X}}` as `address[city]=X`, and lists by their places. */
function formFields(name: string, value: Draft): readonly (readonly [string, string])[] {
  if (value === null) return [[name, '']];
  if (typeof value !== 'object') return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    formFields(name === '' ? key : `${name}[${key}]`, inner),
  );
}

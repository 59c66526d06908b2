/** What a description says of answers, applied to one. */
import type { AnswerHeaders } from '../../connector/http/request.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import type { Condition, Place } from './description/words.ts';
import { refuse } from './failures.ts';

/** Whether the condition holds for the document. */
export function holds({ at, is, is_not: isNot, present }: Condition, document: Json | undefined): boolean {
  const value = valueAt(document, at);
  if (present !== undefined) return (value !== undefined && value !== null) === present;
  if (is !== undefined) return (value ?? null) === is;
  return (value ?? null) !== isNot;
}

/** The text or number that stands at the place; null where there is none. */
export function textAt(place: Place, headers: AnswerHeaders, content: Json | undefined): string | null {
  if (typeof place !== 'string') return headers.get(place.header.toLowerCase()) ?? null;
  return scalarText(valueAt(content, place));
}

/** A number is taken as its digits, for ids and codes that are numbers. */
export function scalarText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** The list at the pointer. None there is no empty list: a wrong description must not look like an empty collection. */
export function rowsAt(content: Json, pointer: string, operation: string): readonly Json[] {
  const rows = valueAt(content, pointer);
  if (rows !== undefined && rows !== null && typeof rows === 'object' && isJsonArray(rows)) return rows;
  const place = pointer === '' ? 'The answer itself' : `What stands at ${pointer}`;
  throw refuse('unexpected_answer', `${place} is no list, answering ${operation}.`);
}

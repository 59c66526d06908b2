/** Keeps people's data out of what leaves the house, while its form, which is what a mapping fails on, stays to be seen. */
import type { Value } from '../engine/value.ts';

const TEXT_MAX = 200;

/** Letters become `a`, capitals `A`, digits `0`; everything else, and the length, stays: `Ann Lee 7` is `Aaa Aaa 0`. */
export function shapeOfText(text: string): string {
  return text
    .slice(0, TEXT_MAX)
    .replaceAll(/\p{L}|\p{N}/gu, (character) =>
      /\p{N}/u.test(character) ? '0' : /\p{Lu}/u.test(character) ? 'A' : 'a',
    );
}

export function shapeOfValue(value: Value): Value {
  if (typeof value === 'string') return shapeOfText(value);
  if (Array.isArray(value)) return value.map((element: string) => shapeOfText(element));
  return value;
}

/** A message with everything that may be a value of a record put out: what is quoted, addresses, numbers of length. */
export function redactMessage(message: string): string {
  return message
    .replaceAll(/"[^"]*"|“[^”]*”|(?<!\w)'[^']*'/g, '"…"')
    .replaceAll(/[^\s<>",]+@[^\s<>",]+/g, '…@…')
    .replaceAll(/\+?\d[\d ().-]{6,}\d/g, '…');
}

/** An expression without its texts and numbers; names of fields stay. */
export function redactExpression(expression: string): string {
  return expression.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '"…"').replaceAll(/\b\d[\w.]*/g, '…');
}

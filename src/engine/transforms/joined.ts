/**
 * One value that a side keeps in several fields: joined where it is read, split where it is written. Only what can be told
 * apart again is read, and only what joins to the same is written; everything else is refused by name. So both laws hold for
 * every value that passes.
 */
import { InvalidValue, type NativeValue } from '../value.ts';
import type { Step, TransformOf } from './step.ts';
import { keyOf } from './values.ts';

/** A template taken apart: `marks[i]` stands before `names[i]`, and `end` after the last. */
interface Pattern {
  readonly names: readonly string[];
  readonly marks: readonly string[];
  readonly end: string;
}

/** Each field of the template in its order, and the text between. */
export function patternOf(template: string): Pattern {
  const pieces = template.split(/\{([^{}]+)\}/);
  const names = pieces.filter((_, place) => place % 2 === 1).map((name) => name.trim());
  const marks = pieces.filter((_, place) => place % 2 === 0);
  return { names, marks: marks.slice(0, -1), end: marks.at(-1) ?? '' };
}

export function joinedStep({ template, rest, alone }: TransformOf<'joined'>): Step {
  const pattern = patternOf(template);
  const restPlace = rest === undefined ? null : pattern.names.indexOf(rest);
  const alonePlace = alone === undefined ? null : pattern.names.indexOf(alone);
  const split = (text: string): readonly (string | null)[] | null =>
    splitWhole(pattern, restPlace, text) ?? splitAlone(pattern, alonePlace, text);
  return {
    get: (native) => {
      const parts = pattern.names.map((name) => partOf(native, name));
      const wrong = parts.find((part) => part instanceof InvalidValue);
      if (wrong !== undefined) return wrong;
      const texts = parts as readonly (string | null)[];
      if (texts.every((text) => text === null)) return null;
      const whole = joinWhole(pattern, alonePlace, texts);
      const back = whole === null ? null : split(whole);
      if (whole !== null && back?.every((text, place) => text === texts[place]) === true) return whole;
      return unsplit(pattern, whole, texts);
    },
    put: (golden) => {
      const text = keyOf(golden);
      if (text === '') return fieldsOf(pattern, []);
      const parts = text === null ? null : split(text);
      return parts === null
        ? new InvalidValue('not_split', `the text cannot be told apart into ${pattern.names.join(' and ')}`)
        : fieldsOf(pattern, parts);
    },
  };
}

function fieldsOf({ names }: Pattern, parts: readonly (string | null)[]): NativeValue {
  return Object.fromEntries(names.map((name, place) => [name, parts[place] ?? null]));
}

/** Blanks around a part do not count, nor how its letters are composed; a part of blanks is none. */
function partOf(native: NativeValue, name: string): string | null | InvalidValue {
  const isRecord = typeof native === 'object' && native !== null && !Array.isArray(native);
  const raw = isRecord ? ((native as Readonly<Record<string, NativeValue>>)[name] ?? null) : undefined;
  if (raw === null) return null;
  const text = raw === undefined ? null : keyOf(raw);
  if (text === null)
    return new InvalidValue('not_text', `${name} is a list or a structure, and no part of a text`);
  const kept = text.normalize('NFC').trim();
  return kept === '' ? null : kept;
}

function joinWhole(
  { marks, end }: Pattern,
  alonePlace: number | null,
  parts: readonly (string | null)[],
): string | null {
  if (parts.every((part) => part !== null))
    return `${parts.map((part, place) => `${marks[place] ?? ''}${part}`).join('')}${end}`.normalize('NFC');
  const filled = parts.flatMap((part, place) => (part === null ? [] : [place]));
  return filled.length === 1 && filled[0] === alonePlace ? (parts[alonePlace] ?? null) : null;
}

function unsplit({ names }: Pattern, whole: string | null, parts: readonly (string | null)[]): InvalidValue {
  const missing = names.filter((_, place) => parts[place] === null);
  const why =
    whole === null || missing.length > 0
      ? `${missing.join(' and ')} has no value, and the text would not tell that`
      : 'a part holds what stands between the parts, and the text could not be told apart again';
  return new InvalidValue('not_split', why);
}

/** Parts before the one that takes the rest end at the first mark, those behind it begin at the last. */
function splitWhole(
  { names, marks, end }: Pattern,
  restPlace: number | null,
  text: string,
): readonly string[] | null {
  const [begin = ''] = marks;
  if (!text.startsWith(begin) || !text.endsWith(end)) return null;
  let inner = text.slice(begin.length, text.length - end.length);
  if (text.length < begin.length + end.length) return null;
  const middle = restPlace ?? names.length - 1;
  const [front, back]: [string[], string[]] = [[], []];
  for (const mark of marks.slice(1, middle + 1)) {
    const place = inner.indexOf(mark);
    if (place < 0) return null;
    front.push(inner.slice(0, place));
    inner = inner.slice(place + mark.length);
  }
  for (const mark of marks.slice(middle + 1).toReversed()) {
    const place = inner.lastIndexOf(mark);
    if (place < 0) return null;
    back.unshift(inner.slice(place + mark.length));
    inner = inner.slice(0, place);
  }
  const parts = [...front, inner, ...back];
  // Where no part may hold a mark, one that does could have been split elsewhere.
  const isDoubtful = restPlace === null && marks.slice(1).some((mark) => inner.includes(mark));
  return isDoubtful || parts.some((part) => part === '' || part !== part.trim()) ? null : parts;
}

/** A text without anything between is the one part that may stand alone. */
function splitAlone(
  { names, marks, end }: Pattern,
  alonePlace: number | null,
  text: string,
): readonly (string | null)[] | null {
  const isPlain = ![...marks, end].some((mark) => mark !== '' && text.includes(mark));
  if (alonePlace === null || !isPlain || text !== text.trim() || text === '') return null;
  return names.map((_, place) => (place === alonePlace ? text : null));
}

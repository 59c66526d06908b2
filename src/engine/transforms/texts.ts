/** Steps on text: what stands before it, how long it is, in which case, and lists that are kept as one text. */
import { InvalidValue, type NativeValue } from '../value.ts';
import type { LengthUnit, Step, TransformOf } from './step.ts';
import { keyOf, oneWay } from './values.ts';

export function prefixStep(prefix: string): Step {
  return {
    get: (raw) => {
      if (raw === '') return null;
      return typeof raw === 'string' && raw.startsWith(prefix)
        ? raw.slice(prefix.length)
        : new InvalidValue('no_prefix', `expected text that begins with ${JSON.stringify(prefix)}`);
    },
    put: (golden) => {
      const text = keyOf(golden);
      return text === null ? new InvalidValue('not_text', 'a list takes no prefix') : `${prefix}${text}`;
    },
  };
}

export function caseStep(to: 'upper' | 'lower'): Step {
  const change = to === 'upper' ? upperCase : (text: string) => text.toLowerCase();
  const step = (raw: NativeValue): NativeValue => (typeof raw === 'string' ? change(raw) : raw);
  return { get: step, put: step };
}

/** Capitals, except where reading them back gives another letter: `ß` would come back as `ss`. */
function upperCase(text: string): string {
  const upper = text.toUpperCase();
  if (upper.toLowerCase() === text.toLowerCase()) return upper;
  const careful = [...text].map((letter) => (comesBack(letter) ? letter.toUpperCase() : letter)).join('');
  return careful.toLowerCase() === text.toLowerCase() ? careful : text;
}

function comesBack(letter: string): boolean {
  return letter.toUpperCase().toLowerCase() === letter.toLowerCase();
}

export const trimStep: Step = {
  get: (raw) => (typeof raw === 'string' ? raw.trim() : raw),
  put: (golden) => golden,
};

export function separatorStep(separator: string): Step {
  // People type `a,b` as often as `a, b`: blanks of the separator are written but not required.
  const mark = separator.trim() || separator;
  const read = (text: string): readonly string[] => {
    const elements: string[] = [];
    for (const part of text.split(mark)) {
      const element = part.trim();
      if (element !== '') elements.push(element);
    }
    return elements;
  };
  return {
    get: (raw) =>
      typeof raw === 'string'
        ? read(raw)
        : new InvalidValue('not_a_set', 'expected one text with separators'),
    put: (golden) => {
      if (!Array.isArray(golden)) return new InvalidValue('not_a_set', 'expected a list');
      const elements = golden.map((element: NativeValue) => keyOf(element) ?? '');
      const joined = elements.join(separator);
      const again = read(joined);
      return again.length === elements.length && again.every((element, index) => element === elements[index])
        ? joined
        : new InvalidValue('separator_inside', 'an element is blank, or holds the separator or outer blanks');
    },
  };
}

/** Which part is the first name and which the last no text says, so a part is read and never written. */
export function partStep({ separator, take }: TransformOf<'part'>): Step {
  return {
    get: (raw) => {
      if (typeof raw !== 'string') return new InvalidValue('not_text', 'expected one text with parts');
      const [first = '', ...rest] = raw
        .trim()
        .split(separator)
        .map((part) => part.trim())
        .filter((part) => part !== '');
      if (take === 'first') return first === '' ? null : first;
      const found = take === 'last' ? (rest.at(-1) ?? '') : rest.join(separator);
      return found === '' ? null : found;
    },
    put: () => oneWay('a part of a text'),
  };
}

const UNIT_WORDS = { characters: 'characters', utf16: 'UTF-16 units', bytes: 'bytes' } as const;

export function lengthStep({ max, unit, tooLong }: TransformOf<'length'>): Step {
  return {
    get: (raw) => raw,
    put: (golden) => {
      if (typeof golden !== 'string') return golden;
      const length = lengthOf(golden, unit);
      if (length <= max) return golden;
      if (tooLong === 'cut') return cutTo(golden, max, unit);
      const reason = `${String(length)} ${UNIT_WORDS[unit]}, and the side keeps ${String(max)}`;
      return new InvalidValue('too_long_there', reason);
    },
  };
}

function lengthOf(text: string, unit: LengthUnit): number {
  if (unit === 'utf16') return text.length;
  let length = 0;
  for (const character of text) length += sizeOf(character, unit);
  return length;
}

/** Never through a character: half of one could not be stored, or not be read back. */
function cutTo(text: string, max: number, unit: LengthUnit): string {
  let [left, kept] = [max, 0];
  for (const character of text) {
    left -= sizeOf(character, unit);
    if (left < 0) break;
    kept += character.length;
  }
  return text.slice(0, kept);
}

function sizeOf(character: string, unit: LengthUnit): number {
  if (unit === 'characters') return 1;
  if (unit === 'utf16') return character.length;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_00_00 ? 3 : 4;
}

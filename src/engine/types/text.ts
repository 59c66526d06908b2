/** Text in one spelling: composed, whole, and no longer than the field allows. */
import { InvalidValue, type NativeValue, type Value } from '../value.ts';
import { shapeOf } from './shape.ts';

interface TextRules {
  readonly lengthMax?: number;
  readonly trims?: boolean;
  readonly emptyIsNull?: boolean;
}

export function textOf({
  lengthMax,
  trims = false,
  emptyIsNull = false,
}: TextRules): (raw: NativeValue) => Value | InvalidValue {
  return (raw) => {
    const text = typeof raw === 'string' ? raw : scalarText(raw);
    if (text === null) return new InvalidValue('not_text', `expected text, got ${shapeOf(raw)}`);
    // What counts is the length as kept: composing shortens most text and lengthens some.
    const kept = composed(trims ? text.trim() : text);
    if (kept === null) return halfCharacter();
    if (emptyIsNull && kept === '') return null;
    if (lengthMax !== undefined && kept.length > lengthMax && codePoints(kept) > lengthMax) {
      return new InvalidValue(
        'too_long',
        `${String(codePoints(kept))} characters, at most ${String(lengthMax)} fit`,
      );
    }
    return kept;
  };
}

/** Below it no character composes with another, and none is half of one. */
const FIRST_COMBINING = 0x03_00;
const SCANNED_CHARS_MAX = 64;

/** The text in Unicode's composed form; null when it holds half a character. Most text is seen to be so at a glance. */
export function composed(text: string): string | null {
  let plain = text.length <= SCANNED_CHARS_MAX;
  for (let index = 0; plain && index < text.length; index += 1)
    plain = text.charCodeAt(index) < FIRST_COMBINING;
  if (plain) return text;
  return text.isWellFormed() ? text.normalize('NFC') : null;
}

/** A lone surrogate has no UTF-8 spelling: no system could store it and give it back. */
export function halfCharacter(): InvalidValue {
  return new InvalidValue('not_text', 'the text holds half a character (a lone surrogate)');
}

function codePoints(text: string): number {
  return [...text].length;
}

/** Null for what has no text of its own: a list or a structure. */
export function scalarText(raw: NativeValue): string | null {
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : null;
}

/** Reads text that stands for one thing: without outer blanks, and nothing of it is no value. */
export function wordOf(
  code: string,
  expected: string,
  read: (word: string) => string | null,
): (raw: NativeValue) => Value | InvalidValue {
  return (raw) => {
    const text = typeof raw === 'string' ? raw : typeof raw === 'number' ? String(raw) : null;
    if (text === null) return new InvalidValue(code, `expected ${expected}, got ${shapeOf(raw)}`);
    const word = text.trim();
    if (word === '') return null;
    const kept = composed(word);
    if (kept === null) return halfCharacter();
    return read(kept) ?? new InvalidValue(code, `expected ${expected}`);
  };
}

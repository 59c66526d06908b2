/** What a person types who looks for something, and whether texts have it: as people mean it, not letter by letter. */
import { folded } from './standards/fold.ts';

/** `digits`: a number, however it is grouped. `words`: each somewhere in the texts, in any order. */
export type Sought =
  | { readonly kind: 'digits'; readonly digits: string }
  | {
      readonly kind: 'words';
      readonly words: readonly string[];
      /** The same as they were typed, in small letters, accents and all. */
      readonly typed: readonly string[];
    };

const DIGITS_MIN = 5;
const WORDS_MAX = 8;
const SEPARATORS = /[\s()+/.-]/g;

/** Null where nothing is said that could be looked for. Beginnings of telephone numbers that differ by who writes them are left out. */
export function soughtBy(term: string): Sought | null {
  const digits = term.replaceAll('(0)', '').replaceAll(SEPARATORS, '');
  if (/^\d+$/.test(digits) && digits.length >= DIGITS_MIN) {
    const bare = digits.replace(/^0+/, '');
    return { kind: 'digits', digits: bare.length >= DIGITS_MIN ? bare : digits };
  }
  const typed = term
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => folded(word) !== '')
    .slice(0, WORDS_MAX);
  return typed.length === 0 ? null : { kind: 'words', words: typed.map(folded), typed };
}

export function hasSought(sought: Sought, texts: readonly string[]): boolean {
  if (sought.kind === 'digits')
    return texts.some((text) => text.replaceAll(SEPARATORS, '').includes(sought.digits));
  const plain = texts.map(folded);
  return sought.words.every((word) => plain.some((text) => text.includes(word)));
}

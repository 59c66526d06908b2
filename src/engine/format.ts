/**
 * Patterns that somebody who does not program can read: `#` is a digit, `@` a letter, `?` any character, `*` any number of
 * them; everything else stands for itself, and so does what follows a `\`. Matching takes at most pattern times text steps.
 */

type Sign =
  | { readonly kind: 'digit' | 'letter' | 'any' | 'rest' }
  | { readonly kind: 'itself'; readonly character: string };

export function matchesFormat(format: string, text: string): boolean {
  const signs = signsOf(format);
  const characters = [...text];
  let [sign, position] = [0, 0];
  // Where the last `*` stands and what it has taken: on a mismatch it takes one character more.
  let [star, taken] = [-1, 0];
  while (position < characters.length) {
    const wanted = signs[sign];
    if (wanted?.kind === 'rest') {
      [star, taken] = [sign, position];
      sign += 1;
    } else if (wanted !== undefined && fits(wanted, characters[position] ?? '')) {
      sign += 1;
      position += 1;
    } else if (star >= 0) {
      taken += 1;
      [sign, position] = [star + 1, taken];
    } else return false;
  }
  return signs.slice(sign).every(({ kind }) => kind === 'rest');
}

/** The pattern as a regular expression, for JSON Schema. */
export function formatPattern(format: string): string {
  const parts = signsOf(format).map((sign) => {
    if (sign.kind === 'itself') return sign.character.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    return { digit: '[0-9]', letter: String.raw`\p{L}`, any: '.', rest: '.*' }[sign.kind];
  });
  return `^${parts.join('')}$`;
}

const KINDS: ReadonlyMap<string, 'digit' | 'letter' | 'any' | 'rest'> = new Map([
  ['#', 'digit'],
  ['@', 'letter'],
  ['?', 'any'],
  ['*', 'rest'],
]);

function signsOf(format: string): readonly Sign[] {
  const signs: Sign[] = [];
  let isEscaped = false;
  for (const character of format) {
    const kind = KINDS.get(character);
    if (isEscaped || (kind === undefined && character !== '\\')) signs.push({ kind: 'itself', character });
    else if (kind !== undefined) signs.push({ kind });
    isEscaped = !isEscaped && character === '\\';
  }
  return signs;
}

function fits(sign: Sign, character: string): boolean {
  switch (sign.kind) {
    case 'digit':
      return /^[0-9]$/.test(character);
    case 'letter':
      return /^\p{L}$/u.test(character);
    case 'any':
    case 'rest':
      return true;
    case 'itself':
      return sign.character === character;
  }
}

/** What the YAML parser could not read, in words for somebody who does not know its grammar. */
import type { LineCounter, YAMLError } from 'yaml';

import type { FileError } from './places.ts';

const SHOWN_MAX = 20;
const INDENT_FIX = 'Indent with blanks, and what belongs together by the same number of them.';

interface Words {
  readonly message: string;
  readonly fix: string;
}

const WORDS: ReadonlyMap<string, Words> = new Map([
  ['TAB_AS_INDENT', { message: 'a tab cannot indent', fix: 'Replace it by blanks.' }],
  [
    'BAD_INDENT',
    {
      message: 'the indentation does not fit what stands above, or a bracket is not closed',
      fix: INDENT_FIX,
    },
  ],
  [
    'MULTIPLE_DOCS',
    { message: 'a second document begins here', fix: 'Remove the line ---, or make it a file of its own.' },
  ],
  ['RESOURCE_EXHAUSTION', { message: 'this is nested too deeply', fix: 'Nest at most 32 levels.' }],
  [
    'TAG_RESOLVE_FAILED',
    { message: 'tags such as !name mean nothing here', fix: 'Remove the tag, or write the text in quotes.' },
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    {
      message: 'a second key in one line',
      fix: 'Put it into a line of its own, or the text in quotes if it holds a colon.',
    },
  ],
  [
    'MISSING_CHAR',
    {
      message: 'a quote, bracket or comma is missing',
      fix: 'Close what was opened, and put commas between.',
    },
  ],
]);
const SECRET_FIX = 'Inside { } write a secret in quotes: "${secret:NAME}".';

/** The first problem of each line. What the parser merely did not expect follows, as a rule, from what stands before. */
export function syntaxErrors(
  problems: readonly YAMLError[],
  text: string,
  file: string,
  counter: LineCounter,
): readonly FileError[] {
  const lines = text.split('\n');
  const byLine = new Map<number, FileError>();
  for (const { code, message, pos } of problems.toSorted((left, right) => left.pos[0] - right.pos[0])) {
    const { line, col } = counter.linePos(Math.min(pos[0], text.length));
    const words = wordsOf(code, lines[line - 1] ?? '');
    if (byLine.has(line) || byLine.size === SHOWN_MAX || (words === null && byLine.size > 0)) continue;
    const said = words ?? { message: `this is not YAML: ${message}`, fix: INDENT_FIX };
    byLine.set(line, { file, line: Math.max(1, line), column: Math.max(1, col), path: '', ...said });
  }
  return [...byLine.values()];
}

function wordsOf(code: string, line: string): Words | null {
  const isSecret = code === 'UNEXPECTED_TOKEN' && line.includes('${');
  return isSecret
    ? { message: 'a bracket inside { } must stand in quotes', fix: SECRET_FIX }
    : (WORDS.get(code) ?? null);
}

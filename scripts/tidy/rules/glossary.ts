import type { Finding } from '../finding.ts';
import { tableRows, type Row } from '../markdown.ts';
import type { Rule } from '../rule.ts';

const PAGE = 'docs/glossary.md';
const FIX = 'give it one row: the word, what it means here, and what we do not call it';

/** One word per idea, and every word says what it stands for. */
export const glossary: Rule = {
  name: 'glossary',
  check: (repository) => {
    const page = repository.texts.get(PAGE);
    if (page === undefined)
      return [{ path: PAGE, line: 1, message: 'is missing', fix: 'write down the words of the project' }];
    const rows = tableRows(page);
    return [...undefinedWords(rows), ...doubleWords(rows)];
  },
};

function undefinedWords(rows: readonly Row[]): readonly Finding[] {
  return rows
    .filter(({ cells: [word = '', meaning = ''] }) => word === '' || meaning === '')
    .map(({ line, cells: [word = ''] }) => ({
      path: PAGE,
      line,
      message: `"${word}" has no definition`,
      fix: FIX,
    }));
}

function doubleWords(rows: readonly Row[]): readonly Finding[] {
  const words = rows.flatMap(({ line, cells: [cell = ''] }) =>
    cell.split(',').map((word) => ({ line, word: plain(word) })),
  );
  return words
    .filter(({ word }, index) => word !== '' && words.findIndex((other) => other.word === word) < index)
    .map(({ line, word }) => ({ path: PAGE, line, message: `"${word}" is defined twice`, fix: FIX }));
}

function plain(word: string): string {
  return word.replaceAll(/[*_`]/g, '').trim().toLowerCase();
}

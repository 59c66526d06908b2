import type { Finding } from '../finding.ts';
import type { Rule } from '../rule.ts';

interface Row {
  readonly folder: string;
  readonly what: string;
  readonly name: RegExp;
  readonly example: string;
}

/** Migrations run in the order of their numbers; decisions are quoted by theirs. */
const ROWS: readonly Row[] = [
  {
    folder: 'src/store/migrations/',
    what: 'a migration',
    name: /^(\d{4})_[a-z0-9_]+\.sql$/,
    example: '0001_what_it_makes.sql',
  },
  {
    folder: 'docs/decisions/',
    what: 'a decision',
    name: /^(\d{4})-[a-z0-9-]+\.md$/,
    example: '0001-what-is-decided.md',
  },
];

/** What is numbered has the numbers 0001, 0002 … with nothing missing or doubled, and a page says its number. */
export const numbers: Rule = {
  name: 'number',
  check: ({ texts }) =>
    ROWS.flatMap((row) =>
      [...texts]
        .filter(([path]) => path.startsWith(row.folder) && !path.endsWith('.ts'))
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .flatMap(([path, text], index) => findingsOf(row, path, text, index)),
    ),
};

function findingsOf(row: Row, path: string, text: string, index: number): readonly Finding[] {
  const number = row.name.exec(path.slice(row.folder.length))?.[1];
  const at = (message: string, fix: string): readonly Finding[] => [{ path, line: 1, message, fix }];
  if (number === undefined) return at(`is not named like ${row.what}`, `name it ${row.example}`);
  const expected = String(index + 1).padStart(4, '0');
  if (number !== expected)
    return at(`is number ${number}, expected ${expected}`, 'close the gap or renumber the double');
  if (path.endsWith('.md') && !text.startsWith(`# ${number} `))
    return at('does not begin with its number', `let it begin with "# ${number} "`);
  return [];
}

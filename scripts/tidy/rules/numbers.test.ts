import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { numbers } from './numbers.ts';

const named = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`src/store/migrations/${name}`, '']));

const page = (number: string): string => `# ${number} Layers\n`;

test('numbers that follow each other are right', async () => {
  expect(await planted(numbers, named('0001_links.sql', '0002_writes.sql', '0003_journal.sql'))).toEqual([]);
});

test('a gap, a double and a strange name are found', async () => {
  expect(await planted(numbers, named('0001_links.sql', '0003_writes.sql'))).toEqual([
    'src/store/migrations/0003_writes.sql:1 number is number 0003, expected 0002',
  ]);
  expect(await planted(numbers, named('0001_links.sql', '0001_writes.sql'))).toEqual([
    'src/store/migrations/0001_writes.sql:1 number is number 0001, expected 0002',
  ]);
  expect(await planted(numbers, named('0001_links.sql', '2-writes.sql'))).toEqual([
    'src/store/migrations/2-writes.sql:1 number is not named like a migration',
  ]);
});

test('a decision has a number of its own and begins with it', async () => {
  expect(await planted(numbers, { 'docs/decisions/0001-layers.md': page('0001') })).toEqual([]);
  expect(
    await planted(numbers, {
      'docs/decisions/0001-layers.md': page('1'),
      'docs/decisions/0001-parts.md': page('0001'),
    }),
  ).toEqual([
    'docs/decisions/0001-layers.md:1 number does not begin with its number',
    'docs/decisions/0001-parts.md:1 number is number 0001, expected 0002',
  ]);
});

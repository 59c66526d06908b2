import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { glossary } from './glossary.ts';

const page = (...rows: readonly string[]): Record<string, string> => ({
  'docs/glossary.md': ['| word | meaning | not |', '|---|---|---|', ...rows].join('\n'),
});

test('every word has a meaning, and one row', async () => {
  expect(
    await planted(
      glossary,
      page('| **system**, connector | a product; our code for it | app |', '| side | one of two | |'),
    ),
  ).toEqual([]);
  expect(
    await planted(
      glossary,
      page('| system | a product | |', '| side |  | left |', '| **System** | again | |'),
    ),
  ).toEqual([
    'docs/glossary.md:4 glossary "side" has no definition',
    'docs/glossary.md:5 glossary "system" is defined twice',
  ]);
});

test('the page must be there', async () => {
  expect(await planted(glossary, {})).toEqual(['docs/glossary.md:1 glossary is missing']);
});

import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { markers } from './markers.ts';

const UNFINISHED = ['TO', 'DO'].join('');
const BROKEN = ['FIX', 'ME'].join('');
const SILENCED = ['oxlint', 'disable-next-line'].join('-');
const EXPECTED = ['@ts', 'expect-error'].join('-');

test('a note about unfinished work and a silenced check are found in every kind of file', async () => {
  expect(
    await planted(markers, {
      'src/a.ts': `const a = 1;\n// ${UNFINISHED}: the rest`,
      'src/a.sql': `-- ${BROKEN} later`,
      'src/b.ts': `// ${SILENCED} eqeqeq`,
      'src/c.ts': `// ${EXPECTED}`,
    }),
  ).toEqual([
    `src/a.ts:2 marker says ${UNFINISHED}`,
    `src/a.sql:1 marker says ${BROKEN}`,
    `src/b.ts:1 marker says ${['oxlint', 'disable'].join('-')}`,
    `src/c.ts:1 marker says ${EXPECTED}`,
  ]);
});

test('a test may assert that the compiler refuses something, and longer words are other words', async () => {
  expect(
    await planted(markers, { 'src/a.test.ts': `// ${EXPECTED}`, 'src/b.ts': `const ${UNFINISHED}S = 1;` }),
  ).toEqual([]);
});

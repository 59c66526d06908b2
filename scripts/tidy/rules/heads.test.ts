import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { heads } from './heads.ts';

test('what a file says of itself stands above its imports', async () => {
  const [doc, first, second] = [
    '/** Counts. */',
    "import { a } from './a.ts';",
    "import { b } from './b.ts';",
  ];
  const found = await planted(heads, {
    'src/store/below.ts': [first, doc, second].join('\n'),
    'src/store/above.ts': [doc, first, second].join('\n'),
    'src/store/after.ts': [first, second, doc, 'export const own = 1;'].join('\n'),
  });
  expect(found).toEqual(['src/store/below.ts:3 head a doc comment stands between imports']);
});

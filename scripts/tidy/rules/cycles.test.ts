import fc from 'fast-check';
import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { cycles, cyclesOf } from './cycles.ts';

test('a cycle is shown with its whole way, also when only types go round', async () => {
  const found = await planted(cycles, {
    'src/a.ts': "import { b } from './b.ts';",
    'src/b.ts': "import type { C } from './c.ts';",
    'src/c.ts': "import { a } from './a.ts';",
  });
  expect(found).toEqual(['src/a.ts:1 cycle import cycle: src/a.ts → src/b.ts → src/c.ts → src/a.ts']);
});

test('two ways to the same file are no cycle', async () => {
  const found = await planted(cycles, {
    'src/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
    'src/b.ts': "import { c } from './c.ts';",
    'src/c.ts': '',
  });
  expect(found).toEqual([]);
});

test('a graph whose arrows all point down has no cycle; one arrow back from the last to the first makes one', () => {
  const nodes = fc.integer({ min: 2, max: 12 });
  fc.assert(
    fc.property(nodes, fc.array(fc.tuple(fc.nat(11), fc.nat(11))), (count, pairs) => {
      const graph = new Map(
        Array.from({ length: count }, (_, from) => {
          const chosen = pairs
            .filter(([own, to]) => own === from && to > from && to < count)
            .map(([, to]) => String(to));
          return [String(from), [...chosen, ...(from + 1 < count ? [String(from + 1)] : [])]] as const;
        }),
      );
      const closed = new Map([...graph, [String(count - 1), ['0']]]);
      expect(cyclesOf(graph)).toEqual([]);
      expect(cyclesOf(closed)).not.toEqual([]);
    }),
  );
});

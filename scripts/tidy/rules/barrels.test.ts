import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { barrels } from './barrels.ts';

const SOURCE = "export * from './a.ts';\nexport type { B } from './b.ts';\nexport const own = 1;";

test('names are imported from where they are defined', async () => {
  expect(await planted(barrels, { 'src/store/index.ts': SOURCE })).toEqual([
    'src/store/index.ts:1 barrel re-exports ./a.ts',
    'src/store/index.ts:2 barrel re-exports ./b.ts',
  ]);
});

test("a connector's definition and the public entry points may gather names", async () => {
  const paths = [
    'src/connectors/acme/index.ts',
    'src/connector/index.ts',
    'src/engine/index.ts',
    'src/index.ts',
  ];
  expect(await planted(barrels, Object.fromEntries(paths.map((path) => [path, SOURCE])))).toEqual([]);
});

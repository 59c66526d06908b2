import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { dependencies } from './dependencies.ts';

const PAGE = 'docs/decisions/0001-dependencies.md';
const MANIFEST = JSON.stringify(
  { engines: { node: '>=22' }, dependencies: { pg: '8' }, devDependencies: { node: '24' } },
  null,
  2,
);
const page = (...names: readonly string[]): string =>
  ['| package | for |', '|---|---|', ...names.map((name) => `| \`${name}\` | something |`)].join('\n');

test('package.json and the page of decisions name the same packages', async () => {
  expect(await planted(dependencies, { 'package.json': MANIFEST, [PAGE]: page('pg', 'node') })).toEqual([]);
  expect(await planted(dependencies, { 'package.json': MANIFEST, [PAGE]: page('pg', 'left-pad') })).toEqual([
    'package.json:9 dependency node is nowhere explained',
    `${PAGE}:4 dependency left-pad is not in package.json`,
  ]);
});

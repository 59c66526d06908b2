import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { machines } from './machines.ts';

const folder = (name: string): string => `/${name}/`;

test('a folder of one machine is found in code, pages and settings', async () => {
  const found = await planted(machines, {
    'src/a.ts': `const a = '${folder('tmp')}x';`,
    'docs/a.md': `\n\nsee ${folder('home')}me/notes`,
    'a.yaml': `path: ${folder('root')}a`,
  });
  expect(found).toEqual([
    `src/a.ts:1 machine names the machine's folder ${folder('tmp')}`,
    `docs/a.md:3 machine names the machine's folder ${folder('home')}`,
    `a.yaml:1 machine names the machine's folder ${folder('root')}`,
  ]);
});

test('the same word inside a longer path or an address is not one', async () => {
  expect(
    await planted(machines, {
      'a.md': `/var${folder('tmp')}x, https://example.org${folder('home')}x, src${folder('work')}x`,
    }),
  ).toEqual([]);
});

test('the lock file names only the public registry', async () => {
  const lock =
    '{\n  "resolved": "https://registry.npmjs.org/a/-/a.tgz",\n  "resolved": "http://mirror.internal/b.tgz"\n}';
  expect(await planted(machines, { 'package-lock.json': lock })).toEqual([
    'package-lock.json:3 machine fetches from http://mirror.internal/b.tgz',
  ]);
});

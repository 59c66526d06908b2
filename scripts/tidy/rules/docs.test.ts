import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { docs } from './docs.ts';

const ALL = [
  'export function f() {}',
  'export const c = 1;',
  'export class K {}',
  'export interface I {}',
  'export type T = 1;',
].join('\n');

test('everything that connector/ exports needs a doc comment', async () => {
  expect(await planted(docs, { 'src/connector/a.ts': ALL })).toEqual(
    ['f', 'c', 'K', 'I', 'T'].map(
      (name, index) => `src/connector/a.ts:${String(index + 1)} doc ${name} is public and has no doc comment`,
    ),
  );
});

test('a doc comment is enough, a plain one is not', async () => {
  const source = '/** Says why. */\nexport function f() {}\n\n// Says what.\nexport function g() {}';
  expect(await planted(docs, { 'src/connector/a.ts': source })).toEqual([
    'src/connector/a.ts:5 doc g is public and has no doc comment',
  ]);
});

test('of engine/, what other rooms import is public; names for itself and for tests are not', async () => {
  const found = await planted(docs, {
    'src/engine/a.ts': ALL,
    'src/engine/b.ts': "import { f } from './a.ts';",
    'src/engine/a.test.ts': "import { c } from './a.ts';",
    'src/store/a.ts': "import { K as Other, type T } from '../engine/a.ts';",
  });
  expect(found).toEqual([
    'src/engine/a.ts:3 doc K is public and has no doc comment',
    'src/engine/a.ts:5 doc T is public and has no doc comment',
  ]);
});

test('what is not exported, and other rooms, are free', async () => {
  expect(await planted(docs, { 'src/connector/a.ts': 'function f() {}', 'src/worker/a.ts': ALL })).toEqual(
    [],
  );
});

import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { functions } from './functions.ts';

const body = (count: number): string => '  step();\n'.repeat(count);

test('a function of 70 lines fits, one of 71 does not, whatever kind of function it is', async () => {
  const source = [
    `function fits(): void {\n${body(68)}}`,
    `function long(): void {\n${body(69)}}`,
    `const arrow = (): void => {\n${body(69)}};`,
    `class Pool {\n  drain(): void {\n${body(69)}  }\n}`,
  ].join('\n');
  expect(await planted(functions, { 'src/a.ts': source })).toEqual([
    'src/a.ts:71 function-size this function has 71 lines, at most 70 are allowed',
    'src/a.ts:142 function-size this function has 71 lines, at most 70 are allowed',
    'src/a.ts:214 function-size this function has 71 lines, at most 70 are allowed',
  ]);
});

test('the comment above a function is not part of it, braces in text and patterns are no blocks', async () => {
  const source = `/**\n${' * why\n'.repeat(80)} */\nfunction short(): string {\n  return \`}\${'{'}\` + /[{}]/.source;\n}\n`;
  expect(await planted(functions, { 'src/a.ts': source })).toEqual([]);
});

test('a list of tests may be longer', async () => {
  expect(await planted(functions, { 'src/a.test.ts': `describe('x', () => {\n${body(90)}});` })).toEqual([]);
});

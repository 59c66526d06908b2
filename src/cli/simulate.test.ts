import { expect, test } from 'vitest';

import { CommandFailed } from './command.ts';
import { simulate } from './simulate.ts';

function context(
  words: readonly string[],
  flags: Readonly<Record<string, string | boolean>>,
  signal: AbortSignal,
) {
  const lines: string[] = [];
  const output = {
    isJson: false,
    isTerminal: false,
    line: (text = '') => {
      lines.push(text);
    },
    table: () => undefined,
    json: () => undefined,
    progress: () => undefined,
    progressDone: () => undefined,
    error: () => undefined,
  };
  return { lines, context: { words, flags, output, directory: '.', environment: {}, signal } };
}

test('a simulator runs until it is stopped, and says where it is and how to log in', async () => {
  const stop = new AbortController();
  const { lines, context: given } = context(['salesforce'], { port: '0', empty: true }, stop.signal);
  const line = given.output.line;
  const watched = {
    ...given,
    output: {
      ...given.output,
      line: (text = '') => {
        line(text);
        if (text.startsWith('password')) stop.abort();
      },
    },
  };
  expect(await simulate.run(watched)).toBe(0);
  expect(lines.join('\n')).toMatch(/login and API +http:\/\/127\.0\.0\.1:\d+[^]*client id +\S+/);
});

test.each([
  [[], {}],
  [['abacus'], {}],
  [['salesforce'], { port: 'high' }],
  [['salesforce'], { port: '70000' }],
])('what makes no sense is refused as wrong input: %j %j', async (words, flags) => {
  const { context: given } = context(words, flags, new AbortController().signal);
  const error: unknown = await simulate.run(given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CommandFailed);
  expect(error).toMatchObject({ exitCode: 2 });
});

import { expect, test } from 'vitest';

import { complaints, errorsOf, syncText } from '../../test/support/sync-file.ts';

test.each<[string, string, string]>([
  [
    'a tab',
    'version: 1\nconnections:\n\tcrm: {} # here',
    'here: a tab cannot indent | Replace it by blanks.',
  ],
  ['an open quote', 'version: 1\nsyncs: {a: "x\n', 'line 3: a quote, bracket or comma is missing'],
  ['a second colon', 'version: 1\nsyncs: a: b # here', 'here: a second key in one line'],
  ['a second document', 'version: 1\n--- # here\nversion: 1', 'here: a second document begins here'],
  ['a tag', 'version: !!js/function "x" # here', 'here: tags such as !name mean nothing here'],
  ['an unknown anchor', 'version: 1\nsyncs: *nope # here', 'here: there is no anchor &nope before this'],
  ['a list as a key', 'version: 1 # here\n? [x]\n: 1', 'here: a key here is no text'],
  ['brackets without end', '['.repeat(100_000), 'line 1: this is nested too deeply'],
  [
    'a bare secret in { }',
    'version: 1\nconnections:\n  crm: {url: ${secret:A}} # here',
    'here: a bracket inside { } must stand in quotes',
  ],
])('%s is an error with its line', (_, text, start) => {
  expect(complaints(text)[0]?.slice(0, start.length)).toBe(start);
});

test('a secret that stands bare inside { } is one error, which shows how to write it', () => {
  const text = 'version: 1\nconnections:\n  crm: {system: files, directory: ${secret:A}}\nsyncs: {}\n';
  expect(errorsOf(text)).toMatchObject([
    { line: 3, fix: 'Inside { } write a secret in quotes: "${secret:NAME}".' },
  ]);
});

test('a key that stands twice is an error in its second line, and the rest of the file is still checked', () => {
  const text = syncText({
    fields: ['city: text', 'city: {type: text} # here', 'zip: txt # here'],
    crm: ['city: city', 'zip: zip'],
  });
  expect(complaints(text)).toEqual([
    'here: `city` stands here twice, first in line 10 | Keep one of them.',
    'here: there is no type `txt` | Did you mean `text`?',
  ]);
});

test('a key that would change the nature of a map is refused', () => {
  const text = syncText({ fields: ['__proto__: text'] });
  expect(errorsOf(text)).toMatchObject([{ line: 10, column: 7, message: 'a key cannot be __proto__' }]);
  expect(({} as Record<string, unknown>)['type']).toBeUndefined();
});

test('a few lines of aliases cannot grow into billions of values', () => {
  const levels = Array.from({ length: 9 }, (_, index) => {
    const [own, inner] = ['bcdefghij'[index], 'abcdefghi'[index]];
    return `${String(own)}: &${String(own)} [${Array.from({ length: 10 }, () => `*${String(inner)}`).join(', ')}]`;
  });
  const text = ['version: 1', 'a: &a [x, x, x, x, x, x, x, x, x, x]', ...levels].join('\n');
  expect(errorsOf(text)).toMatchObject([{ message: 'more than 200000 values, with anchors followed' }]);
});

test('an alias inside its own anchor is refused, and deep nesting with it', () => {
  expect(errorsOf('version: 1\nsyncs: &a {b: *a}')).toMatchObject([
    { line: 2, message: 'more than 32 levels, with anchors followed' },
  ]);
  expect(errorsOf(`version: ${'['.repeat(40)}${']'.repeat(40)}`)).toMatchObject([{ line: 1 }]);
});

test('an alias stands for what its anchor holds', () => {
  const text = syncText({
    fields: ['city: &short {type: text, max_length: 40}', 'zip: *short'],
    crm: ['city: city', 'zip: zip'],
  });
  expect(errorsOf(text)).toEqual([]);
});

test('a file of more than a megabyte is refused unread', () => {
  expect(errorsOf(`#${'x'.repeat(1_100_000)}`)).toEqual([
    {
      file: 'trueup.yaml',
      line: 1,
      column: 1,
      path: '',
      message: 'the file has more than 1048576 bytes',
      fix: 'Split it into several files.',
    },
  ]);
});

test('an empty file says how a sync file begins', () => {
  expect(errorsOf('# nothing yet\n')).toMatchObject([
    { message: 'the file is empty', fix: 'Begin with: version: 1' },
  ]);
});

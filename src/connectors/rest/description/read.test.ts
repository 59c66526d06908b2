import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CURSORS } from '../../../../test/support/rest-descriptions.ts';
import { errorText, readDescription } from './read.ts';

const SHIPPED = join(import.meta.dirname, '..', 'descriptions');

function errorsOf(text: string): readonly string[] {
  const read = readDescription(text, 'crm.yaml');
  return read.kind === 'ok' ? [] : read.errors.map(errorText);
}

test('every description that comes with Trueup is good', async () => {
  for (const name of await readdir(SHIPPED))
    expect(errorsOf(await readFile(join(SHIPPED, name), 'utf8'))).toEqual([]);
});

test.each([
  [
    'an unknown key',
    'title: People',
    'titel: People',
    /crm\.yaml:2:1 unknown key `titel`\. Did you mean `title`/,
  ],
  ['a pointer that is none', 'id: /id', 'id: id', /expected a JSON pointer, such as/],
  ['a pointer into the prototype', 'id: /id', 'id: /__proto__', /expected a JSON pointer/],
  ['a span without a unit', 'overlap: 2s', 'overlap: 2', /crm\.yaml:\d+:\d+ .*expected text/],
  ['an overlap shorter than the stamps', 'overlap: 2s', 'overlap: 1ms', /shorter than the grain/],
  [
    'a limit that is not there',
    'limit: burst',
    'limit: brust',
    /there is no limit `brust`\. Did you mean `burst`/,
  ],
  ['an update of nobody', "update: {path: '/people/{id}'", 'update: {path: /people', /which record is meant/],
  [
    'a key that is not unique',
    'required: true, unique: true',
    'required: true',
    /no field that can be found is unique/,
  ],
  ['a version in a header of a list', 'version: /meta/revision', 'version: {header: ETag}', /by_id: true/],
  ['a method that is none', 'method: PATCH', 'method: PATSCH', /PATSCH.*Did you mean `PATCH`/],
])('%s is refused with its place and the fix', (_, before, after, expected) => {
  expect(CURSORS).toContain(before);
  expect(errorsOf(CURSORS.replace(before, after)).join('\n')).toMatch(expected);
});

test('a quote around a value is taken only with word of how one within it is written', () => {
  const text = CURSORS.replace('value: email', `value: {query: q, text: "email eq '{}'"}`);
  expect(errorsOf(text).join()).toMatch(/escape: doubled/);
  expect(errorsOf(text.replace(`'{}'"}`, `'{}'", escape: doubled}`))).toEqual([]);
});

import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { links } from './links.ts';

test('a link is followed from its page, to files and to folders', async () => {
  const page =
    '[a](other.md#part) [b](../src/a.ts) [c](../src/) [d](https://example.org) [e](#here) ![f](gone.png "title")';
  expect(await planted(links, { 'docs/page.md': page, 'docs/other.md': '', 'src/a.ts': '' })).toEqual([
    'docs/page.md:1 link links to gone.png, which does not exist',
  ]);
});

test('what stands in code is not a link', async () => {
  expect(await planted(links, { 'a.md': '`[a](gone.md)`\n```\n[b](gone.md)\n```\n' })).toEqual([]);
});

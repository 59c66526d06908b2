import fc from 'fast-check';
import { expect, test } from 'vitest';

import { folded, linesOf } from './line-diff.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

test('what is not added is the text before, and what is not removed is the text after', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = linesOf(before, after);
      const without = (kind: string): string =>
        lines
          .filter((line) => line.kind !== kind)
          .map((line) => `${line.text}\n`)
          .join('');
      expect(without('added')).toBe(before);
      expect(without('removed')).toBe(after);
    }),
  );
});

test('one changed line is one removed and one added', () => {
  const changed = linesOf('a\nb\nc\n', 'a\nx\nc\n').filter(({ kind }) => kind !== 'same');
  expect(changed).toEqual([
    { kind: 'removed', text: 'b' },
    { kind: 'added', text: 'x' },
  ]);
});

test('far from every change lines are folded away, and it is said how many', () => {
  const before = Array.from({ length: 20 }, (_, index) => String(index)).join('\n');
  const shown = folded(linesOf(before, before.replace('10', 'ten')));
  expect(shown[0]).toEqual({ kind: 'gap', text: '… 7 lines' });
  expect(shown.map(({ text: line }) => line)).toContain('ten');
});

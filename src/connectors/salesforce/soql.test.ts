import fc from 'fast-check';
import { expect, test } from 'vitest';

import { fits, literalParts, quoted } from './soql.ts';

test('no text breaks out of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inside = quoted(text).slice(1, -1);
      expect(inside.replaceAll(/\\[\\'nrtbf]/g, '')).not.toMatch(/['\\\n\r]/);
    }),
  );
});

test('a list is cut so that each part fits, in order and without a loss', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 400 }), { maxLength: 300 }), (texts) => {
      const literals = texts.map(quoted);
      const rest = 'SELECT Id FROM Account WHERE Name IN ';
      const parts = [...literalParts(literals, rest, 100)];
      expect(parts.flat()).toEqual(literals);
      expect(parts.every((part) => part.length <= 100 && fits(`${rest}(${part.join(',')})`))).toBe(true);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { literalParts, quoted } from './soql.ts';

test('no text breaks out of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inside = quoted(text).slice(1, -1);
      expect(inside.replaceAll(/\\[\\'nrtbf]/g, '')).not.toMatch(/['\\\n\r]/);
    }),
  );
});

/** As a client spells it, and as the connector joins a list. */
function addressLength(rest: string, part: readonly string[]): number {
  return new URLSearchParams({ q: `${rest}(${part.join(', ')})` }).toString().length;
}

test('a list is cut so that each part fits into an address, in order and without a loss', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 400 }), { maxLength: 300 }), (texts) => {
      const literals = texts.map(quoted);
      const rest = 'SELECT Id FROM Account WHERE Name IN ';
      const parts = [...literalParts(literals, rest, 100)];
      expect(parts.flat()).toEqual(literals);
      expect(parts.every((part) => part.length <= 100 && addressLength(rest, part) <= 16_000)).toBe(true);
    }),
  );
});

test('two thousand ids are asked for in as few addresses as Salesforce takes', () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => quoted(`003Sm${String(index).padStart(13, '0')}`));
  const parts = [...literalParts(ids, 'SELECT Id FROM Contact WHERE Id IN ', 2_000)];
  expect(Math.max(...parts.map((part) => addressLength('', part)))).toBeLessThanOrEqual(16_000);
  expect(parts).toHaveLength(5);
});

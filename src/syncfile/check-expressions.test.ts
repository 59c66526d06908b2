import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument, stringify, type Scalar } from 'yaml';

import { errorsOf, syncText } from '../../test/support/sync-file.ts';
import { offsetInside } from '../lib/yaml/inside.ts';

/** The sign in the file that the one complaint about a filter points at. */
function pointedAt(filter: string): string {
  const text = syncText({ crmKeys: filter.split('\n') });
  const [error] = errorsOf(text);
  const line = text.split('\n')[(error?.line ?? 1) - 1] ?? '';
  return `${line.slice((error?.column ?? 1) - 1).slice(0, 6)} | ${error?.message ?? ''}`;
}

test.each<[string, string]>([
  ['filter: Status ++ "a"', '++ "a" | the expression cannot go on with `+` here'],
  ['filter: \'Status + it("x")\'', 'it("x" | there is no function `it`'],
  ["filter: 'Name == \"it''s\" && evil(1)'", 'evil(1 | there is no function `evil`'],
  ['filter: "Status == \\"a\\u0041\\" && evil(1)"', 'evil(1 | there is no function `evil`'],
  ['filter: |\n  Status == "a" &&\n    evil(1)', 'evil(1 | there is no function `evil`'],
  ['filter: >\n  Status == "a" &&\n  evil(1)', 'evil(1 | there is no function `evil`'],
  ['filter: Status == "a" &&\n  evil(1)', 'evil(1 | there is no function `evil`'],
])('in %j the complaint stands at the very sign', (filter, expected) => {
  expect(pointedAt(filter)).toBe(expected);
});

test('every character of a scalar is found where YAML spells it', () => {
  const kinds = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL'] as const;
  const words = fc.string({
    unit: fc.constantFrom('a', 'b', "'", '"', '\\', ' ', '(', '\u00e9', '\u{1F600}'),
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(words, fc.constantFrom(...kinds), (value, kind) => {
      const file = stringify({ key: value }, { defaultStringType: kind, lineWidth: 0 });
      const node = parseDocument(file).get('key', true) as Scalar;
      const [begin = 0, end = 0] = node.range ?? [];
      const raw = file.slice(begin, end);
      for (let index = 0; index < value.length; index += 1) {
        const found = file[offsetInside(raw, begin, value, index)];
        expect([value[index], '\\']).toContain(found);
      }
    }),
  );
});

import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';

import { errorsOf, syncText } from '../../test/support/sync-file.ts';
import { typedField } from './shape-field.ts';

const PAGE = readFileSync(new URL('../../docs/types-and-transforms.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example = '']) => example);

/** The lines under a key of the example, without their indentation. */
function under(example: string, key: string): readonly string[] {
  const lines = example.split('\n');
  const begin = lines.indexOf(`${key}:`) + 1;
  const end = lines.findIndex((line, index) => index >= begin && !line.startsWith('  '));
  return lines.slice(begin, end).map((line) => line.trim());
}

test('every example of the page about types and transforms is a good sync file', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(8);
  for (const example of EXAMPLES) {
    expect(parseDocument(example).errors).toEqual([]);
    const fields = under(example, 'fields');
    const names = fields.map((line) => line.split(':')[0] ?? '');
    const filter = example.split('\n').filter((line) => line.startsWith('filter:'));
    const erp = names.map((name) => `${name}: ${name}`);
    expect(errorsOf(syncText({ fields, crm: under(example, 'crm'), crmKeys: filter, erp }))).toEqual([]);
  }
});

test('the page names every type there is', () => {
  const types = typedField.options.map(({ shape }) => shape.type.value);
  expect(types.filter((type) => !PAGE.includes(`\`${type}\``))).toEqual([]);
});

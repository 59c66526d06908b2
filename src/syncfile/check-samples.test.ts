import { expect, test } from 'vitest';

import { parsed, syncText } from '../../test/support/sync-file.ts';
import type { SystemRecord } from '../connector/contract.ts';
import type { SyncDefinition } from '../engine/model.ts';
import type { NativeValue } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import { Findings } from '../lib/yaml/findings.ts';
import { checkSamples } from './check-samples.ts';

const file = parsed(syncText({ fields: ['x: text'], crm: ['x: x'], erp: ['x: x'] }));
const sync = must(file.syncs[0], 'the file has a sync');

/** The file's sync, but with these native values standing for golden ones at the CRM. */
function spelling(pairs: readonly (readonly [string, string])[]): SyncDefinition {
  const sides = sync.sides.map((side) => ({
    ...side,
    fields: side.fields.map((mapping) =>
      side.name === 'crm' && mapping.field === 'x'
        ? { ...mapping, transforms: [{ kind: 'values' as const, pairs }] }
        : mapping,
    ),
  }));
  return { ...sync, sides };
}

function complaintsOf(definition: SyncDefinition, values: readonly NativeValue[]): readonly string[] {
  const records = values.map((value, index): SystemRecord => {
    return { id: `r${String(index + 1)}`, version: null, fields: new Map([['x', value]]) };
  });
  const findings = new Findings(file.places);
  checkSamples(definition, new Map([['crm', records]]), findings);
  return findings.errors.map(({ message }) => message);
}

test('a real value that would be written back as another is told with its record', () => {
  const [complaint, ...more] = complaintsOf(
    spelling([
      ['A', 'on'],
      ['B', 'on'],
    ]),
    ['B', 'A', 'A'],
  );
  expect(complaint).toMatch(/crm `x`: the value A becomes on, and on is written back as B \(record r2\)/);
  expect(more).toEqual([]);
});

test('real values that come back, and those that cannot be read, say nothing against a mapping', () => {
  expect(
    complaintsOf(
      spelling([
        ['A', 'on'],
        ['B', 'off'],
      ]),
      ['A', 'B', 'Z', null],
    ),
  ).toEqual([]);
});

test('a side without records says nothing', () => {
  expect(complaintsOf(sync, [])).toEqual([]);
});

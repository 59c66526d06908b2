import { expect, test } from 'vitest';

import { simpleDefinition } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import type { ValueRule } from '../engine/rules.ts';
import type { Transform } from '../engine/transforms/step.ts';
import { must } from '../lib/assert.ts';
import { withoutConstants } from './constants.ts';

const TRANSFORMS: readonly Transform[] = [
  {
    kind: 'values',
    pairs: [
      ['Canary', 'canary'],
      [4711, true],
    ],
    otherwise: 'canary',
    otherwiseNative: 4711,
  },
  { kind: 'prefix', text: 'Canary-' },
  { kind: 'separator', text: 'canary' },
  { kind: 'part', separator: 'canary', take: 'last' },
  { kind: 'numberFormat', sample: '4.711,00 Canary' },
  { kind: 'nullAs', word: 'canary' },
  { kind: 'nullAs', word: 4711 },
  { kind: 'default', value: 'canary' },
  { kind: 'joined', template: '{first} canary {last}' },
  { kind: 'template', text: 'Canary {value} 4711' },
  { kind: 'expression', text: 'value == "canary" ? 4711 : value' },
  { kind: 'dateFormat', format: 'DD.MM.YYYY' },
];
const RULES: readonly ValueRule[] = [
  { field: 'city', onViolation: 'hold', kind: 'allowed', values: ['Canary'] },
  { field: 'city', onViolation: 'hold', kind: 'format', format: 'canary-[0-9]' },
  { field: 'city', onViolation: 'hold', kind: 'range', min: '4711', max: '4711' },
  {
    field: 'city',
    onViolation: 'hold',
    kind: 'expression',
    text: `value != 'canary'`,
    says: 'not "canary"',
    ofRecord: false,
  },
];

function everywhere(): SyncDefinition {
  const { fields, sides, ...rest } = simpleDefinition(['crm', 'erp']);
  const [field, ...others] = fields;
  const [side, other] = sides;
  const mapping = { field: 'city', native: 'town', direction: 'both', transforms: TRANSFORMS } as const;
  return {
    ...rest,
    fields: [
      {
        ...must(field, 'there are fields'),
        type: { kind: 'choice', options: ['Canary'] },
        policy: {
          owners: [{ side: 'crm', when: { field: 'name', equals: 'Canary' } }],
          resolve: [{ kind: 'hold' }],
        },
      },
      ...others,
    ],
    sides: [
      {
        ...must(side, 'there are sides'),
        fields: [
          { ...mapping, whenMissing: 'canary' },
          { ...mapping, whenMissing: 4711 },
          { ...mapping, whenMissing: { a: ['canary'] } },
          { ...mapping, computed: { kind: 'expression', text: 'first + "canary"' } },
          { ...mapping, computed: { kind: 'template', text: '{first} canary' } },
        ],
        where: [{ native: 'kind', in: ['canary', null], negated: false }],
        filter: 'kind != "canary" && size > 4711',
      },
      must(other, 'there are two sides'),
    ],
    rules: RULES,
  };
}

test('no constant of a definition leaves the house, wherever it stands', () => {
  expect(JSON.stringify(everywhere())).toMatch(/canary/i);
  expect(JSON.stringify(withoutConstants(everywhere()))).not.toMatch(/canary|4\.?711/i);
});

test('what a definition does with which fields stays to be seen', () => {
  const side = must(withoutConstants(everywhere()).sides[0], 'there are sides');
  const [mapping] = side.fields;
  expect(mapping?.transforms.map(({ kind }) => kind)).toEqual(TRANSFORMS.map(({ kind }) => kind));
  expect(mapping?.transforms).toContainEqual({ kind: 'joined', template: '{first} aaaaaa {last}' });
  expect(mapping?.transforms).toContainEqual({ kind: 'dateFormat', format: 'DD.MM.YYYY' });
  expect(side.fields[3]?.computed).toEqual({ kind: 'expression', text: 'first + "…"' });
  expect(side.filter).toBe('kind != "…" && size > …');
});

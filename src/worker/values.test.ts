import { expect, test } from 'vitest';

import { compileSync } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { valuesOf, valuesTold } from './values.ts';

const text = { type: { kind: 'text' }, required: false, ignoreCase: false } as const;
const policy = { owners: [], resolve: [{ kind: 'hold' }] } as const;
const plain = { direction: 'both', transforms: [] } as const;
const computed = { kind: 'template', text: '{name} of {city}' } as const;
const model = compileSync({
  name: 'things',
  entity: 'Thing',
  fields: ['name', 'city', 'label'].map((name) => ({ ...text, name, policy })),
  sides: [
    {
      name: 'crm',
      connection: 'crm',
      collection: 'things',
      fields: [
        { ...plain, field: 'name', native: 'name' },
        { ...plain, field: 'city', native: 'city' },
        { ...plain, field: 'label', native: 'name', direction: 'in', computed },
      ],
      creates: true,
      deletes: true,
      where: [],
    },
  ],
  match: [],
  deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
  guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
});
const side = must(model.sideOf.get('crm'), 'the one side');

test('what is made of several fields is told only by an answer that tells them all', () => {
  expect(valuesTold(side, new Map([['city', 'Bonn']]))).toEqual({ city: 'Bonn' });
  const whole = new Map([
    ['name', 'Ann'],
    ['city', 'Bonn'],
  ]);
  expect(valuesTold(side, whole)).toEqual({ name: 'Ann', city: 'Bonn', label: 'Ann of Bonn' });
});

test('a record that has no value for one of several fields tells what they make all the same', () => {
  expect(valuesOf(side, new Map([['name', 'Ann']]))).toMatchObject({ name: 'Ann', label: 'Ann of' });
});

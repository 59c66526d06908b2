import { expect, test } from 'vitest';

import { complaints, parsed, syncText, type SyncParts } from '../../test/support/sync-file.ts';
import type { CapabilityCard, CollectionDescription, FieldDescription } from '../connector/contract.ts';
import type { FieldType } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import { checkAgainst } from './sync-file.ts';

const CARD: CapabilityCard = {
  version: 'opaque',
  conditionalWrite: true,
  createIdentity: 'search',
  readLagMs: 0,
  deletes: 'feed',
  feed: 'log',
  executionMaxMs: 0,
  writeBatchMax: 100,
  getBatchMax: 100,
  can: { create: true, update: true, delete: true },
};

function native(name: string, type: FieldType, rest: Partial<FieldDescription> = {}): FieldDescription {
  return { name, type, required: false, readOnly: false, unique: false, ...rest };
}

function customers(
  fields: readonly FieldDescription[],
  can: Partial<CapabilityCard['can']> = {},
): CollectionDescription {
  const card = { ...CARD, can: { ...CARD.can, ...can } };
  return {
    name: 'public.customer',
    fields: [native('e_mail', { kind: 'email' }), ...fields],
    card,
    recordsEstimate: null,
  };
}

/** What is said of the CRM of a file when its collection is as described. */
function said(parts: SyncParts, description: CollectionDescription): readonly string[] {
  const text = syncText(parts);
  const file = parsed(text);
  const sync = must(file.syncs[0], 'the file has a sync');
  return complaints(text, checkAgainst(file, sync, new Map([['crm', description]])));
}

function mapped(
  field: string,
  mapping: string,
  type: FieldType,
  rest: Partial<FieldDescription> = {},
): readonly string[] {
  return said(
    { fields: [`x: ${field}`], crm: [`x: ${mapping} # here`], erp: ['x: x'] },
    customers([native('x', type, rest)]),
  );
}

test('a file that fits its systems has nothing wrong', () => {
  const parts = {
    fields: ['name: {type: text, max_length: 80}'],
    crm: ['name: full_name'],
    crmKeys: ['where: [{field: kind, is: customer}]'],
  };
  const description = customers([
    native('full_name', { kind: 'text', lengthMax: 80 }),
    native('kind', { kind: 'text' }),
  ]);
  expect(said(parts, description)).toEqual([]);
});

test('a native field that does not exist is refused with the nearest one, in short and in long form', () => {
  const description = customers([native('full_name', { kind: 'text' })]);
  const complaint = 'here: public.customer has no field `fullname` | Did you mean `full_name`?';
  expect(said({ fields: ['x: text'], crm: ['x: fullname # here'] }, description)).toEqual([complaint]);
  expect(
    said({ fields: ['x: text'], crm: ['x: {field: fullname, direction: in} # here'] }, description),
  ).toEqual([complaint]);
  expect(said({ crmKeys: ['where: [{field: fullname, is: a}] # here'] }, description)).toEqual([complaint]);
});

test('a field that the system sets itself can only be read', () => {
  const readOnly = { readOnly: true };
  expect(mapped('text', 'x', { kind: 'text' }, readOnly)).toEqual([
    'here: `x` is set by the system at crm and cannot be written | Let this side only give it: `direction: in`.',
  ]);
  expect(mapped('text', '{field: x, direction: out}', { kind: 'text' }, readOnly)).toHaveLength(1);
  expect(mapped('text', '{field: x, direction: in}', { kind: 'text' }, readOnly)).toEqual([]);
});

test('what the system demands of a new record must be written, unless nothing is created there', () => {
  const demanding = customers([
    native('code', { kind: 'text' }, { required: true }),
    native('id', { kind: 'integer' }, { required: true, readOnly: true }),
  ]);
  expect(said({}, demanding)).toEqual([
    expect.stringContaining(
      'public.customer demands code of a new record, and nothing is written there | Map what it demands, or give crm `creates: false`.',
    ),
  ]);
  expect(
    said({ fields: ['code: text'], crm: ['code: {field: code, direction: in}'] }, demanding),
  ).toHaveLength(1);
  expect(said({ fields: ['code: text'], crm: ['code: code'] }, demanding)).toEqual([]);
  expect(said({ crmKeys: ['creates: false'] }, demanding)).toEqual([]);
});

test('what a collection cannot do must not be asked of it', () => {
  expect(said({ crmKeys: ['creates: true # here'] }, customers([], { create: false }))).toEqual([
    'here: records of public.customer cannot be created at crm | Give crm `creates: false`.',
  ]);
  expect(said({ crmKeys: ['deletes: true # here'] }, customers([], { delete: false }))).toEqual([
    'here: records of public.customer cannot be deleted at crm | Give crm `deletes: false`.',
  ]);
  expect(said({}, customers([], { update: false }))).toEqual([
    expect.stringContaining(
      'records of public.customer cannot be changed at crm | Let crm only give `email` in customers: `direction: in`.',
    ),
  ]);
  expect(said({ crmKeys: ['creates: false'] }, customers([], { create: false, delete: false }))).toEqual([]);
});

test.each<[string, string, FieldType]>([
  ['text', 'x', { kind: 'text', lengthMax: 5 }],
  ['{type: text, max_length: 5}', 'x', { kind: 'text', lengthMax: 5 }],
  ['{type: text, max_length: 3}', '{field: x, prefix: C-}', { kind: 'text', lengthMax: 5 }],
  ['integer', 'x', { kind: 'decimal' }],
  ['{type: decimal, scale: 2}', 'x', { kind: 'decimal', scaleMax: 4 }],
  ['{type: decimal, scale: 2}', '{field: x, minor_units: 2}', { kind: 'integer' }],
  ['boolean', 'x', { kind: 'boolean' }],
  ['boolean', '{field: x, values: {1: true, 0: false}}', { kind: 'integer' }],
  ['boolean', '{field: x, direction: in}', { kind: 'integer' }],
  ['{type: instant, precision: s}', '{field: x, unix: s}', { kind: 'integer' }],
  ['date', '{field: x, date_format: DD.MM.YYYY}', { kind: 'text' }],
  ['date', 'x', { kind: 'text' }],
  ['set', '{field: x, separator: ","}', { kind: 'text' }],
  ['set', 'x', { kind: 'set' }],
  ['json', 'x', { kind: 'json' }],
  ['text', '{field: x, direction: in}', { kind: 'date' }],
  ['{type: choice, options: [a, b]}', 'x', { kind: 'choice', options: ['b', 'a'] }],
  ['{type: choice, options: [a, b]}', 'x', { kind: 'text', lengthMax: 1 }],
  [
    '{type: choice, options: [a, b]}',
    '{field: x, values: {1: a, 2: b}}',
    { kind: 'choice', options: ['1', '2'] },
  ],
  [
    '{type: choice, options: [a, b]}',
    '{field: x, direction: in, values: {1: a}, otherwise: b}',
    { kind: 'choice', options: ['1', '2', '3'] },
  ],
])('a field %s mapped %s fits %j', (field, mapping, type) => {
  expect(mapped(field, mapping, type)).toEqual([]);
});

test.each<[string, string, FieldType, string]>([
  [
    '{type: text, max_length: 9}',
    'x',
    { kind: 'text', lengthMax: 5 },
    '`x` may have 9 characters, and `x` keeps 5 | Give `x` `max_length: 5`, or widen `x`.',
  ],
  [
    '{type: text, max_length: 5}',
    '{field: x, prefix: C-}',
    { kind: 'text', lengthMax: 5 },
    'Give `x` `max_length: 3`',
  ],
  [
    '{type: choice, options: [active, b]}',
    'x',
    { kind: 'text', lengthMax: 3 },
    '`x` keeps 3 characters, too few for active',
  ],
  [
    'text',
    'x',
    { kind: 'integer' },
    '`x` (text) cannot be kept in `x`, which is of type integer | Map it to a field of type text',
  ],
  [
    '{type: decimal, scale: 4}',
    'x',
    { kind: 'decimal', scaleMax: 2 },
    '`x` may have 4 decimals, and `x` cannot keep them all | Give `x` `scale: 2`',
  ],
  ['{type: decimal, scale: 3}', '{field: x, minor_units: 2}', { kind: 'integer' }, 'Give `x` `scale: 2`'],
  ['decimal', 'x', { kind: 'integer' }, 'cannot be kept in `x`, which is of type integer'],
  ['boolean', 'x', { kind: 'integer' }, '`x` (boolean) cannot be kept in `x`'],
  [
    'instant',
    '{field: x, unix: ms}',
    { kind: 'instant' },
    '`x` (instant), as the mapping spells it, cannot be kept in `x`',
  ],
  [
    'date',
    '{field: x, direction: in}',
    { kind: 'instant' },
    '`x` (date) cannot be read from `x`, which is of type instant',
  ],
  ['set', 'x', { kind: 'text' }, 'or say with a step how the values are spelled there'],
  [
    '{type: choice, options: [a, b]}',
    'x',
    { kind: 'choice', options: ['a'] },
    '`x` has no option b | It has: a. Say with `values` which of them is meant.',
  ],
  [
    '{type: choice, options: [a]}',
    'x',
    { kind: 'choice', options: ['a', 'z'] },
    '`x` may hold z, which `x` does not know | Add it to the options, or say with `values` what it means.',
  ],
  [
    '{type: choice, options: [a]}',
    '{field: x, values: {1: a}}',
    { kind: 'choice', options: ['1', '2'] },
    '`x` may hold 2, which `x` does not know | Say in `values` what it means.',
  ],
])('a field %s mapped %s does not fit %j', (field, mapping, type, complaint) => {
  expect(mapped(field, mapping, type)).toEqual([expect.stringContaining(complaint)]);
  expect(mapped(field, mapping, type)[0]).toMatch(/^here: /);
});

test('a side whose collection is not described is not judged', () => {
  const file = parsed(syncText());
  expect(checkAgainst(file, must(file.syncs[0], 'the file has a sync'), new Map())).toEqual([]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { must } from '../lib/assert.ts';
import { readRecord, renderBody } from './mapping.ts';
import {
  compileSync,
  type Condition,
  type FieldDefinition,
  type MappingDefinition,
  type SideDefinition,
  type SideModel,
} from './model.ts';
import type { FieldType, NativeValue, Values } from './value.ts';

function field(name: string, type: FieldType): FieldDefinition {
  return {
    name,
    type,
    required: false,
    ignoreCase: false,
    policy: { owners: [], resolve: [{ kind: 'hold' }] },
  };
}

const FIELDS = [
  field('name', { kind: 'text', lengthMax: 10 }),
  field('born', { kind: 'date' }),
  field('credit', { kind: 'decimal', scaleMax: 2 }),
];

const MAPPINGS: readonly MappingDefinition[] = [
  { field: 'name', native: 'full_name', direction: 'both', transforms: [], whenMissing: 'unknown' },
  {
    field: 'born',
    native: 'birthday',
    direction: 'both',
    transforms: [{ kind: 'dateFormat', format: 'DD.MM.YYYY' }],
  },
  {
    field: 'credit',
    native: 'credit_cents',
    direction: 'in',
    transforms: [{ kind: 'minorUnits', places: 2 }],
  },
];

function side(where: readonly Condition[] = []): SideModel {
  const crm: SideDefinition = {
    name: 'crm',
    connection: 'crm',
    collection: 'customer',
    fields: MAPPINGS,
    creates: true,
    deletes: false,
    where,
  };
  const model = compileSync({
    name: 'customers',
    entity: 'Customer',
    fields: FIELDS,
    sides: [crm],
    match: [['name']],
    deletes: { mode: 'hold', from: ['crm'], againstEdit: 'hold' },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
  });
  return must(model.sideOf.get('crm'), 'the side is there');
}

function natives(record: Readonly<Record<string, NativeValue>>): ReadonlyMap<string, NativeValue> {
  return new Map(Object.entries(record));
}

test('a record is read under the names and spellings of the entity', () => {
  const record = natives({ full_name: 'Ann', birthday: '31.03.1990', credit_cents: 1_050, elsewhere: 'x' });
  expect(readRecord(side(), record)).toEqual({
    kind: 'values',
    values: { name: 'Ann', born: '1990-03-31', credit: '10.5' },
  });
});

test('a native field the system does not have says nothing, which is not the same as empty', () => {
  expect(readRecord(side(), natives({ full_name: null }))).toEqual({
    kind: 'values',
    values: { name: null },
  });
});

test('a record with one unreadable field is not read at all, and every such field is named', () => {
  const record = natives({ full_name: 'Ann', birthday: '1990-03-31', credit_cents: 'SECRET' });
  const reading = readRecord(side(), record);
  expect(reading).toMatchObject({
    kind: 'invalid',
    problems: [
      { field: 'born', native: 'birthday', code: 'not_date' },
      { field: 'credit', native: 'credit_cents', code: 'not_number' },
    ],
  });
  expect(JSON.stringify(reading)).not.toContain('SECRET');
});

test.each<[NativeValue | undefined, readonly (string | null)[], boolean, boolean]>([
  ['customer', ['customer'], false, true],
  ['supplier', ['customer'], false, false],
  ['UK', ['EU', 'UK'], false, true],
  [true, ['true'], true, false],
  [false, ['true'], true, true],
  [1, ['1'], false, true],
  [null, [null], false, true],
  ['', [null], false, true],
  [undefined, [null], false, true],
  [undefined, ['x'], true, true],
  [{ b: 1, a: 2 }, ['{"a":2,"b":1}'], false, true],
])('%j in %j, negated %j: takes part is %j', (native, list, negated, takesPart) => {
  const record = new Map(native === undefined ? [] : [['kind', native]]);
  const reading = readRecord(side([{ native: 'kind', in: list, negated }]), record);
  expect(reading.kind === 'values').toBe(takesPart);
});

test('every condition must be met', () => {
  const where = [
    { native: 'kind', in: ['customer'], negated: false },
    { native: 'archived', in: ['true'], negated: true },
  ];
  const kindOf = (record: Readonly<Record<string, NativeValue>>): string =>
    readRecord(side(where), natives(record)).kind;
  expect(kindOf({ kind: 'customer', archived: false })).toBe('values');
  expect(kindOf({ kind: 'customer', archived: true })).toBe('excluded');
  expect(kindOf({ kind: 'supplier', archived: false })).toBe('excluded');
});

test('an excluded record may hold what could not be read', () => {
  const record = natives({ kind: 'supplier', birthday: 'unreadable' });
  const reading = readRecord(side([{ native: 'kind', in: ['customer'], negated: false }]), record);
  expect(reading).toEqual({ kind: 'excluded' });
});

test('a body is spelled the side its own way, and only with the fields it names', () => {
  expect(renderBody(side(), { born: '1990-03-31' }, false)).toEqual({
    kind: 'natives',
    natives: new Map([['birthday', '31.03.1990']]),
  });
});

test('a field that this side only gives is never written, whatever the body says', () => {
  const rendering = renderBody(side(), { name: 'Ann', credit: '10.5' }, true);
  expect(rendering).toEqual({ kind: 'natives', natives: new Map([['full_name', 'Ann']]) });
});

test('emptying a field writes null', () => {
  const rendering = renderBody(side(), { name: null, born: null }, false);
  expect(rendering).toEqual({
    kind: 'natives',
    natives: new Map([
      ['full_name', null],
      ['birthday', null],
    ]),
  });
});

test.each<[Values, NativeValue]>([
  [{}, 'unknown'],
  [{ name: null }, 'unknown'],
  [{ name: '' }, ''],
  [{ name: 'Ann' }, 'Ann'],
])('a create of %j writes %j', (body, native) => {
  expect(renderBody(side(), body, true)).toEqual({
    kind: 'natives',
    natives: new Map([['full_name', native]]),
  });
});

test('a value that the side cannot spell is a problem with a name, not a wrong write', () => {
  expect(renderBody(side(), { name: 'Ann', born: 'yesterday' }, false)).toMatchObject({
    kind: 'invalid',
    problems: [{ field: 'born', native: 'birthday', code: 'not_date' }],
  });
});

const record = fc.dictionary(
  fc.constantFrom('full_name', 'birthday', 'credit_cents', 'kind'),
  fc.oneof(fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<NativeValue>, fc.string({ unit: 'binary' })),
);

test('no record and no body makes reading or writing throw', () => {
  const crm = side([{ native: 'kind', in: [null, 'a'], negated: true }]);
  fc.assert(
    fc.property(record, fc.boolean(), (raw, isCreate) => {
      expect([readRecord(crm, natives(raw)), renderBody(crm, raw as Values, isCreate)]).toHaveLength(2);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

test('a structure too deep to compare meets no condition', () => {
  let deep: NativeValue = 1;
  for (let level = 0; level < 20_000; level += 1) deep = [deep];
  const where = [{ native: 'kind', in: ['a', null], negated: false }];
  expect(readRecord(side(where), new Map([['kind', deep]]))).toEqual({ kind: 'excluded' });
});

test('what was read is written back as it was, up to the spelling', () => {
  const crm = side();
  const goldens = fc.record({
    name: fc.option(fc.string({ maxLength: 5 })),
    born: fc.option(fc.constantFrom('1990-03-31', '2024-02-29')),
  });
  fc.assert(
    fc.property(goldens, (values) => {
      const rendering = renderBody(crm, values, false);
      const back = rendering.kind === 'natives' ? readRecord(crm, rendering.natives) : rendering;
      expect(back).toEqual({ kind: 'values', values });
    }),
    { numRuns: 500, seed: 1 },
  );
});

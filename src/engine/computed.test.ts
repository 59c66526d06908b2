import { describe, expect, test } from 'vitest';

import { must } from '../lib/assert.ts';
import { computedOf, filterOf, type Computation } from './computed.ts';
import { readRecord, renderBody } from './mapping.ts';
import { compileSync, type MappingDefinition, type SideModel } from './model.ts';
import { InvalidValue, type FieldType, type NativeValue } from './value.ts';

function read(computation: Computation, natives: Readonly<Record<string, NativeValue>>): unknown {
  const value = computedOf(computation).read(new Map(Object.entries(natives)));
  return value instanceof InvalidValue ? `!${value.code}` : value;
}

const FULL: Computation = { kind: 'template', text: '{First} {Middle} {Last}' };
const JOINED: Computation = { kind: 'expression', text: 'First + " " + Last' };

test.each<[Computation, Readonly<Record<string, NativeValue>>, unknown]>([
  [FULL, { First: 'Ann', Middle: 'M', Last: 'Lee' }, 'Ann M Lee'],
  [FULL, { First: ' Ann ', Middle: null, Last: 'Lee' }, 'Ann Lee'],
  [FULL, { Last: 'Lee' }, 'Lee'],
  [FULL, { First: '', Middle: null, Last: ' ' }, null],
  [FULL, { Other: 'x' }, undefined],
  [FULL, { First: '$&', Last: '{First}' }, '$& {First}'],
  [JOINED, { First: 'Ann', Last: 'Lee' }, 'Ann Lee'],
  [JOINED, { First: 'Ann', Last: null }, '!expression_failed'],
  [JOINED, { Other: 'x' }, undefined],
  [{ kind: 'expression', text: 'First +' }, { First: 'Ann' }, '!bad_expression'],
])('%j of %j is %j', (computation, natives, value) => {
  expect(read(computation, natives)).toEqual(value);
});

test('a computation says which fields it reads', () => {
  expect(computedOf(FULL).natives).toEqual(['First', 'Middle', 'Last']);
  expect(computedOf({ kind: 'expression', text: 'record["First Name"] + a.b' }).natives).toEqual([
    'a',
    'First Name',
  ]);
});

function side(
  mappings: readonly Partial<MappingDefinition>[],
  filter?: string,
  type: FieldType = { kind: 'text' },
): SideModel {
  const model = compileSync({
    name: 's',
    entity: 'E',
    fields: [{ name: 'name', type, required: false, ignoreCase: false, policy: { owners: [], resolve: [] } }],
    sides: [
      {
        name: 'crm',
        connection: 'crm',
        collection: 'things',
        fields: mappings.map((mapping) => ({
          field: 'name',
          native: 'Name',
          direction: 'both',
          transforms: [],
          ...mapping,
        })),
        creates: true,
        deletes: false,
        where: [],
        ...(filter === undefined ? {} : { filter }),
      },
    ],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 1, deletesShareMax: 1, changesShareMax: 1 },
  });
  return must(model.sides[0], 'there is one');
}

function readBy(tried: SideModel, natives: Readonly<Record<string, NativeValue>>): unknown {
  return readRecord(tried, new Map(Object.entries(natives)));
}

describe('a record', () => {
  test('is read with values that are computed from several of its fields, all of which are asked for', () => {
    const tried = side([{ direction: 'in', native: 'First', computed: FULL }]);
    expect(tried.natives).toEqual(['First', 'Middle', 'Last']);
    expect(readBy(tried, { First: 'Ann', Last: 'Lee' })).toEqual({
      kind: 'values',
      values: { name: 'Ann Lee' },
    });
    expect(readBy(tried, { Other: 'x' })).toEqual({ kind: 'values', values: {} });
  });

  test('whose computation fails waits by name, and nothing of it is quoted', () => {
    const tried = side([{ direction: 'in', native: 'First', computed: JOINED }]);
    const reading = readBy(tried, { First: 'Ann', Last: 5 });
    expect(reading).toMatchObject({
      kind: 'invalid',
      problems: [{ field: 'name', code: 'expression_failed' }],
    });
    expect(JSON.stringify(reading)).not.toContain('Ann');
  });

  test.each<[Readonly<Record<string, NativeValue>>, string]>([
    [{ Name: 'x', Status: 'Active', Amount: 200 }, 'values'],
    [{ Name: 'x', Status: 'Active', Amount: 50 }, 'excluded'],
    [{ Name: 'x', Status: null, Amount: 200 }, 'excluded'],
    [{ Name: 'x' }, 'excluded'],
    [{ Name: 'x', Status: 'Active', Amount: 'much' }, 'invalid'],
  ])('%j is %s by the filter', (natives, kind) => {
    const tried = side([{}], 'Status == "Active" && Amount > 100');
    expect(tried.natives).toEqual(['Name', 'Status', 'Amount']);
    expect(readBy(tried, natives)).toMatchObject({ kind });
  });

  test('about which a filter says neither yes nor no waits by name', () => {
    expect(filterOf('Status').admits(new Map([['Status', 'x']]))).toMatchObject({ code: 'not_boolean' });
    expect(readBy(side([{}], 'Name'), { Name: 'x' })).toMatchObject({
      kind: 'invalid',
      problems: [{ field: 'filter', native: 'Name', code: 'not_boolean' }],
    });
  });

  test('is written what an expression makes, and what stands there is no news', () => {
    const tried = side([
      { direction: 'out', transforms: [{ kind: 'expression', text: 'value.upperAscii()' }] },
    ]);
    expect(renderBody(tried, { name: 'Ann' }, false)).toEqual({
      kind: 'natives',
      natives: new Map([['Name', 'ANN']]),
    });
    expect(readBy(tried, { Name: 'ANN' })).toEqual({ kind: 'values', values: {} });
  });

  test('is still compared where the side receives what it gives back unchanged', () => {
    const tried = side([{ direction: 'out', transforms: [{ kind: 'prefix', text: 'C-' }] }]);
    expect(readBy(tried, { Name: 'C-1' })).toEqual({ kind: 'values', values: { name: '1' } });
  });

  test('is not compared where case is lost, unless case does not count', () => {
    const upper: Partial<MappingDefinition> = {
      direction: 'out',
      transforms: [{ kind: 'case', to: 'upper' }],
    };
    expect(readBy(side([upper]), { Name: 'ANN' })).toEqual({ kind: 'values', values: {} });
    const address = side([upper], undefined, { kind: 'email' });
    expect(readBy(address, { Name: 'A@B.CO' })).toEqual({ kind: 'values', values: { name: 'a@b.co' } });
  });
});

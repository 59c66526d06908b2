import { describe, expect, test } from 'vitest';

import { must } from '../lib/assert.ts';
import { compileSync, type MappingDefinition, type SyncDefinition } from './model.ts';
import { remappedBy, replay, type Difference, type Happening, type Untold } from './replay.ts';
import type { FieldType } from './value.ts';

type Mapped = Partial<MappingDefinition> | null;

/** One field `x`, mapped at crm, erp and shop as said; null leaves it out there. */
function syncOf(type: FieldType, crm: Mapped, erp: Mapped = {}, shop: Mapped = null): SyncDefinition {
  const mappings = { crm, erp, shop };
  return {
    name: 'things',
    entity: 'Thing',
    fields: [
      {
        name: 'x',
        type,
        required: false,
        ignoreCase: false,
        policy: { owners: [], resolve: [{ kind: 'hold' }] },
      },
    ],
    sides: Object.entries(mappings).map(([name, mapping]) => ({
      name,
      connection: name,
      collection: 'c',
      fields:
        mapping === null ? [] : [{ field: 'x', native: 'X', direction: 'both', transforms: [], ...mapping }],
      creates: true,
      deletes: false,
      where: [],
    })),
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 1, deletesShareMax: 1, changesShareMax: 1 },
  };
}

const TEXT: FieldType = { kind: 'text' };
const LINKED = new Map([
  ['crm', '1'],
  ['erp', '2'],
  ['shop', '3'],
]);

function read(x: string | null, isGolden = true): Happening {
  return {
    atMs: 1,
    side: 'crm',
    recordId: '1',
    kind: 'read',
    values: { x },
    golden: isGolden ? { x } : {},
  };
}

function written(x: string | null): Happening {
  return { atMs: 2, side: 'erp', recordId: '2', kind: 'written', values: { x }, golden: {} };
}

function replayed(
  before: SyncDefinition,
  after: SyncDefinition,
  ...happenings: readonly Happening[]
): readonly (Difference | Untold)[] {
  const edit = {
    before: compileSync(before),
    after: compileSync(after),
    remapped: remappedBy(before, after),
  };
  const became = new Map();
  return happenings.flatMap((happening) => [...replay(edit, became, LINKED, happening)]);
}

function told(found: readonly (Difference | Untold)[]): readonly unknown[] {
  return found.map((one) =>
    one.kind === 'untold'
      ? [one.side, 'untold', one.native]
      : [one.side, one.way, one.was, one.would, ...(one.reason === null ? [] : [one.reason])],
  );
}

const PREFIX: Mapped = { transforms: [{ kind: 'prefix', text: 'C-' }] };

describe('a replay', () => {
  test('of what is not mapped otherwise finds nothing', () => {
    const sync = syncOf(TEXT, PREFIX);
    expect(replayed(sync, sync, read('7'), written('7'))).toEqual([]);
  });

  test('reads what stood at the side through the edited mapping, and follows it to where it was written', () => {
    const found = replayed(syncOf(TEXT, PREFIX), syncOf(TEXT, {}), read('7'), written('7'));
    expect(told(found)).toEqual([
      ['crm', 'read', '7', 'C-7'],
      ['erp', 'written', '7', 'C-7'],
    ]);
  });

  test('of a value that did not become golden tells how it would have been read, and no more', () => {
    const found = replayed(syncOf(TEXT, PREFIX), syncOf(TEXT, {}), read('7', false), written('8'));
    expect(told(found)).toEqual([['crm', 'read', '7', 'C-7']]);
  });

  test('tells what could not have been read, and that it would not have been written', () => {
    const number: FieldType = { kind: 'integer' };
    const found = replayed(syncOf(TEXT, {}), syncOf(number, {}), read('seven'), written('seven'));
    expect(told(found)).toMatchObject([
      ['crm', 'read', 'seven', undefined, expect.stringContaining('number')],
      ['erp', 'written', 'seven', undefined, 'it could not have been read'],
    ]);
  });

  test('tells a spelling that only the writing side has otherwise', () => {
    const found = replayed(syncOf(TEXT, {}), syncOf(TEXT, {}, PREFIX), read('7'), written('7'));
    expect(told(found)).toEqual([['erp', 'written', '7', 'C-7']]);
  });

  test.each([
    ['another native field', { native: 'Y' }, [['crm', 'untold', 'Y']]],
    [
      'a computed value',
      { direction: 'in', computed: { kind: 'template', text: '{X}' } },
      [['crm', 'untold', 'X']],
    ],
    [
      'a side that only receives',
      { direction: 'out' },
      [['crm', 'read', '7', undefined, 'it is not read there any more']],
    ],
  ] as const)('of %s does not guess', (_, crm, expected) => {
    expect(told(replayed(syncOf(TEXT, {}), syncOf(TEXT, crm), read('7')))).toEqual(expected);
  });

  test('a side that newly receives the field is told of every change, and of no lack of a value', () => {
    const after = syncOf(TEXT, {}, {}, PREFIX);
    const found = replayed(syncOf(TEXT, {}), after, read(null), read('7'), read(null));
    expect(told(found)).toEqual([
      ['shop', 'written', undefined, 'C-7'],
      ['shop', 'written', undefined, null],
    ]);
    expect(must(found[0], 'a difference')).toMatchObject({ recordId: '3', native: 'X' });
  });

  test('a side that receives it no more is told of every value it would have lacked', () => {
    const found = replayed(syncOf(TEXT, {}), syncOf(TEXT, {}, null), read('7'), written('7'));
    expect(told(found)).toEqual([['erp', 'written', '7', undefined, 'it is not written there any more']]);
  });

  test('what a person ruled stands as it was ruled', () => {
    const ruled: Happening = { ...read('9'), kind: 'ruled' };
    expect(replayed(syncOf(TEXT, PREFIX), syncOf(TEXT, {}), ruled, written('9'))).toEqual([]);
  });
});

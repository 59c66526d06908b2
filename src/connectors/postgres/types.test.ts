import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import type { FieldType, NativeValue } from '../../engine/value.ts';
import { parseArray } from './arrays.ts';
import { instantText } from './types.ts';

interface Sample {
  readonly column: string;
  readonly type: FieldType;
  /** Native value as written; and as read, where the system spells it its own way. */
  readonly values: readonly (NativeValue | readonly [written: NativeValue, read: NativeValue])[];
}

const SAMPLES: readonly Sample[] = [
  { column: 'smallint', type: { kind: 'integer' }, values: [-32_768, 32_767] },
  { column: 'int', type: { kind: 'integer' }, values: [0, 2_147_483_647, ['12', 12]] },
  { column: 'bigint', type: { kind: 'integer' }, values: ['9223372036854775807', [5, '5']] },
  {
    column: 'numeric',
    type: { kind: 'decimal' },
    values: ['0.10', '123456789012345678901234567890.123456789', 'NaN'],
  },
  { column: 'numeric(8, 3)', type: { kind: 'decimal', scaleMax: 3 }, values: ['-1.500', [2, '2.000']] },
  { column: 'double precision', type: { kind: 'decimal' }, values: [0.1, 1e300, 'NaN', '-Infinity'] },
  { column: 'real', type: { kind: 'decimal' }, values: [1.5] },
  { column: 'boolean', type: { kind: 'boolean' }, values: [true, false] },
  { column: 'text', type: { kind: 'text' }, values: ['', 'ä\n"\'\\', '{}', 'null'] },
  { column: 'varchar(5)', type: { kind: 'text', lengthMax: 5 }, values: ['12345', '👩👩👩👩👩'] },
  { column: 'char(3)', type: { kind: 'text', lengthMax: 3 }, values: [['a', 'a  ']] },
  { column: 'uuid', type: { kind: 'uuid' }, values: ['6f1c7c1e-2a49-4a4e-9d0b-0b3f6a1c2d3e'] },
  { column: 'date', type: { kind: 'date' }, values: ['2026-03-31', 'infinity', '0044-03-15 BC'] },
  { column: 'time', type: { kind: 'time' }, values: ['14:05:00', '23:59:59.999999'] },
  {
    column: 'timestamptz',
    type: { kind: 'instant' },
    values: [
      '2026-03-31T14:05:00.123456Z',
      '1890-01-01T00:00:00Z',
      'infinity',
      ['2026-10-25T02:30:00+02:00', '2026-10-25T00:30:00Z'],
    ],
  },
  { column: 'timestamptz(0)', type: { kind: 'instant', grainMs: 1_000 }, values: ['2026-03-31T14:05:00Z'] },
  { column: 'timestamp', type: { kind: 'text' }, values: ['2026-03-31T14:05:00.123456', '-infinity'] },
  { column: 'json', type: { kind: 'json' }, values: [{ a: [1, null, { b: '"' }] }, [[1, 2]], 'text', 5] },
  { column: 'jsonb', type: { kind: 'json' }, values: [{ a: { ['__proto__']: 1 } }, false] },
  {
    column: 'text[]',
    type: { kind: 'set' },
    values: [[['a', 'b,"}{', '', 'NULL', '\\']], [[]], [['x', null]]] as const,
  },
  {
    column: 'int[]',
    type: { kind: 'json' },
    values: [
      [[1, 2]],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ] as const,
  },
  { column: 'mood', type: { kind: 'choice', options: ['sad', 'so so', 'glad'] }, values: ['so so'] },
  {
    column: 'mood[]',
    type: { kind: 'set', options: ['sad', 'so so', 'glad'] },
    values: [[['glad', 'so so']]] as const,
  },
  { column: 'email', type: { kind: 'text', lengthMax: 20 }, values: ['a@example.com'] },
  { column: 'bytea', type: { kind: 'text' }, values: ['\\x00ff'] },
  { column: 'interval', type: { kind: 'text' }, values: ['P1Y2M3DT4H5M6.5S'] },
  { column: 'inet', type: { kind: 'text' }, values: ['10.0.0.1'] },
  { column: 'point', type: { kind: 'text' }, values: ['(1,2)'] },
  { column: 'int4range', type: { kind: 'text' }, values: ['[1,5)'] },
  { column: 'pair', type: { kind: 'text' }, values: ['(1,"a b")'] },
];

const bench = postgresWorkbench('types', {}, async (pool) => {
  await pool.query(`
    create type mood as enum ('sad', 'so so', 'glad');
    create domain short_text as varchar(20);
    create domain email as short_text check (value like '%@%');
    create type pair as (n int, t text)`);
  const columns = SAMPLES.map(({ column }, index) => `c${String(index)} ${column}`).join(', ');
  await pool.query(`create table every_type (id int primary key, ${columns})`);
  // Whoever administers a database may choose how dates look and where the server lives.
  await pool.query(`
    do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Asia/Kolkata');
      execute format('alter database %I set datestyle = %L', current_database(), 'German, DMY');
      execute format('alter database %I set intervalstyle = %L', current_database(), 'postgres_verbose');
      execute format('alter database %I set bytea_output = %L', current_database(), 'escape'); end $$`);
});

test('every type is described as what a mapping may take it for', async () => {
  const [description] = await bench.session.describe(['every_type']);
  const described = new Map(description?.fields.map(({ name, type }) => [name, type]));
  expect(described.size).toBe(SAMPLES.length + 1);
  for (const [index, { type }] of SAMPLES.entries()) {
    expect(described.get(`c${String(index)}`)).toEqual(type);
  }
});

describe('a value survives a round trip', () => {
  test.each(SAMPLES.map(({ column, values }, index) => ({ column, values, name: `c${String(index)}` })))(
    'as $column',
    async ({ values, name }) => {
      for (const value of values) {
        const [written, read] = Array.isArray(value) ? (value as readonly NativeValue[]) : [value];
        const fields = new Map([[name, written ?? null]]);
        await bench.pool.query('delete from every_type');
        const insert = new Map<string, NativeValue>([['id', 1], ...fields]);
        const [result] = await bench.session.write('every_type', [
          { key: 'k', kind: 'create', recordId: null, ifVersion: null, fields: insert },
        ]);
        expect(result).toMatchObject({ kind: 'written', recordId: '1' });
        const expected = read ?? written ?? null;
        expect(result?.kind === 'written' ? result.fields?.get(name) : undefined).toEqual(expected);
        const [lookup] = await bench.session.get('every_type', ['1'], [name]);
        expect(lookup).toMatchObject({ kind: 'found', record: { fields: new Map([[name, expected]]) } });
      }
    },
  );
});

describe('an instant', () => {
  test('is the same instant in UTC, with every digit of its fraction', () => {
    const date = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(
        date,
        fc.integer({ min: -15 * 60, max: 15 * 60 }),
        fc.stringMatching(/^(\.\d{1,6})?$/),
        (utc, minutes, digits) => {
          const whole = new Date(Math.floor(utc.getTime() / 1_000) * 1_000);
          const local = new Date(whole.getTime() + minutes * 60_000)
            .toISOString()
            .slice(0, 19)
            .replace('T', ' ');
          const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
          const zone = `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
          expect(instantText(`${local}${digits}${zone}`)).toBe(
            `${whole.toISOString().slice(0, 19)}${digits}Z`,
          );
        },
      ),
      { seed: 1 },
    );
  });

  test('that ISO 8601 cannot spell stays as it is', () => {
    for (const text of [
      'infinity',
      '0044-03-15 12:00:00+00 BC',
      '10000-01-01 00:00:00+00',
      '12000-01-01 00:00:00+01',
    ]) {
      expect(instantText(text)).toBe(text);
    }
  });
});

test('array literals of the server are taken apart as the server means them', async () => {
  const element = fc.option(
    fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', ',', '{', '}', 'N', 'ü', '\n') }),
    { nil: null },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(element, { maxLength: 6 }), async (elements) => {
      const { rows } = await bench.pool.query<{ literal: string }>('select $1::text[]::text as literal', [
        elements,
      ]);
      expect(parseArray(rows[0]?.literal ?? '', (text) => text)).toEqual(elements);
    }),
    { seed: 1, numRuns: 200 },
  );
  expect(parseArray('[0:1]={1,2}', Number)).toEqual([1, 2]);
  expect(parseArray('{{1,2},{3,NULL}}', Number)).toEqual([
    [1, 2],
    [3, null],
  ]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { stepOf } from './transform.ts';
import type { Transform } from './transforms/step.ts';
import { InvalidValue, type NativeValue } from './value.ts';

type Row = readonly [native: NativeValue, golden: unknown];

function shown(value: NativeValue | InvalidValue): unknown {
  return value instanceof InvalidValue ? `!${value.code}` : value;
}

function reads(title: string, transform: Transform, rows: readonly Row[]): void {
  test.each(rows)(`${title} reads %j as %j`, (native, golden) => {
    expect(shown(stepOf(transform).get(native))).toEqual(golden);
  });
}

function writes(title: string, transform: Transform, rows: readonly Row[]): void {
  test.each(rows)(`${title} writes %j as %j`, (golden, native) => {
    expect(shown(stepOf(transform).put(golden))).toEqual(native);
  });
}

const VALUES: Transform = {
  kind: 'values',
  pairs: [
    ['A', 'active'],
    [2, 'blocked'],
    [true, 'asked'],
  ],
};
const GERMAN: Transform = { kind: 'dateFormat', format: 'DD.MM.YYYY' };
const AMERICAN: Transform = { kind: 'dateFormat', format: 'MM/DD/YYYY' };
const CENTS: Transform = { kind: 'minorUnits', places: 2 };
const SECONDS: Transform = { kind: 'unixTime', unit: 's' };
const MILLISECONDS: Transform = { kind: 'unixTime', unit: 'ms' };
const COMMA: Transform = { kind: 'separator', text: ', ' };
const PREFIX: Transform = { kind: 'prefix', text: 'C-' };
const UPPER: Transform = { kind: 'case', to: 'upper' };
const LOWER: Transform = { kind: 'case', to: 'lower' };
const ALL = [VALUES, GERMAN, AMERICAN, CENTS, SECONDS, MILLISECONDS, COMMA, PREFIX, UPPER, LOWER];

describe('value maps', () => {
  reads('a value map', VALUES, [
    ['A', 'active'],
    [2, 'blocked'],
    ['2', 'blocked'],
    [true, 'asked'],
    ['a', '!not_an_option'],
    ['', null],
    [{ toString: 1 }, '!not_an_option'],
    [['A'], '!not_an_option'],
  ]);
  writes('a value map', VALUES, [
    ['active', 'A'],
    ['blocked', 2],
    ['asked', true],
    ['gone', '!not_an_option'],
    [['active'], '!not_an_option'],
  ]);
  reads('`otherwise`', { ...VALUES, otherwise: 'other' }, [
    ['A', 'active'],
    ['X', 'other'],
    ['', null],
  ]);
  reads('a map that names the empty text', { kind: 'values', pairs: [['', 'none']] }, [['', 'none']]);
  const flags: Transform = {
    kind: 'values',
    pairs: [
      ['Y', true],
      ['N', false],
    ],
  };
  reads('a map of flags', flags, [['N', false]]);
  writes('a map of flags', flags, [[false, 'N']]);
});

describe('dates spelled another way', () => {
  // The same digits are two days: which one is said by the format, never guessed.
  reads('DD.MM.YYYY', GERMAN, [
    ['03.04.2026', '2026-04-03'],
    [' 29.02.2024 ', '2024-02-29'],
    ['31.04.2026', '!not_date'],
    ['04/03/2026', '!not_date'],
    ['03x04x2026', '!not_date'],
    ['3.4.2026', '!not_date'],
    ['', null],
    [20_260_403, '!not_date'],
  ]);
  reads('MM/DD/YYYY', AMERICAN, [
    ['03/04/2026', '2026-03-04'],
    ['13/04/2026', '!not_date'],
  ]);
  writes('MM/DD/YYYY', AMERICAN, [
    ['2026-03-04', '03/04/2026'],
    ['0001-01-01', '01/01/0001'],
    ['not a date', '!not_date'],
    [{ toString: 1 }, '!not_date'],
  ]);
  reads('YYYYMMDD', { kind: 'dateFormat', format: 'YYYYMMDD' }, [['20260304', '2026-03-04']]);
});

describe('amounts and stamps', () => {
  reads('cents', CENTS, [
    [1050, '10.5'],
    ['-1', '-0.01'],
    [-0, '0'],
    ['123456789012345678901', '1234567890123456789.01'],
    ['', null],
    ['ten', '!not_number'],
  ]);
  writes('cents', CENTS, [
    ['10.5', '1050'],
    ['0.005', '0.5'],
    ['0', '0'],
  ]);
  reads('seconds since 1970', SECONDS, [
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['1700000000.25', '2023-11-14T22:13:20.250Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.000Z'],
    [253_402_300_800, '!not_instant'],
    ['0x10', '!not_instant'],
    ['', null],
    [true, '!not_instant'],
  ]);
  writes('seconds since 1970', SECONDS, [
    ['2023-11-14T22:13:20.000Z', 1_700_000_000],
    ['2023-11-14T22:13:20.250Z', '!too_precise'],
    ['tomorrow', '!not_instant'],
  ]);
  // Milliseconds read as seconds would lie far in the future.
  reads('milliseconds since 1970', MILLISECONDS, [[1_700_000_000_000, '2023-11-14T22:13:20.000Z']]);
  reads('seconds that are milliseconds', SECONDS, [[1_700_000_000_000, '!not_instant']]);
});

describe('text', () => {
  reads('a separator', COMMA, [
    ['a, b', ['a', 'b']],
    ['a,b', ['a', 'b']],
    [' a ,, b,', ['a', 'b']],
    ['', []],
    [['a'], '!not_a_set'],
  ]);
  writes('a separator', COMMA, [
    [['a', 'b'], 'a, b'],
    [[], ''],
    [['a,b'], '!separator_inside'],
    [[' a'], '!separator_inside'],
    [[''], '!separator_inside'],
    ['a', '!not_a_set'],
  ]);
  writes('a separator of two letters', { kind: 'separator', text: 'xx' }, [
    [['ax', 'b'], '!separator_inside'],
  ]);
  reads('a prefix', PREFIX, [
    ['C-100', '100'],
    ['C-', ''],
    ['100', '!no_prefix'],
    ['', null],
    [100, '!no_prefix'],
  ]);
  writes('a prefix', PREFIX, [
    ['100', 'C-100'],
    [['a'], '!not_text'],
  ]);
  writes('upper case', UPPER, [
    ['ann', 'ANN'],
    ['stra\u00dfe', 'STRA\u00dfE'],
    ['\u03b1\u03c3', '\u03b1\u03c3'],
    ['\u0131', '\u0131'],
    [7, 7],
  ]);
  writes('lower case', LOWER, [['ANN', 'ann']]);
});

test('a missing value passes every transform unchanged, both ways', () => {
  for (const transform of ALL) {
    expect(stepOf(transform).get(null)).toBe(null);
    expect(stepOf(transform).put(null)).toBe(null);
  }
});

const anyJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<NativeValue>;

test.each(ALL.map((transform) => [transform]))('%j never throws, whatever it is given', (transform) => {
  const step = stepOf(transform);
  fc.assert(
    fc.property(fc.oneof(anyJson, fc.string({ unit: 'binary' }), fc.double()), (raw) => {
      expect([step.get(raw), step.put(raw)]).toHaveLength(2);
    }),
    { numRuns: 1_000, seed: 1 },
  );
  expect(shown(step.get({ toString: 1, valueOf: 1 }))).toBeDefined();
});

/** Golden values that belong to each transform, and when two of them count as the same. */
const DAYS = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const INSTANTS = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const WHOLE_SECONDS = INSTANTS.map((text) => `${text.slice(0, 19)}.000Z`);
const DECIMALS = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(9))
  .map(([whole, tenth]) => (tenth === 0 ? String(whole) : `${String(whole)}.${String(tenth)}`))
  .map((text) => (text.startsWith('0') || text.startsWith('-0') ? '0' : text));
const SETS = fc
  .uniqueArray(fc.string({ minLength: 1 }))
  .filter((set) => set.every((element) => element.trim() === element && !element.includes(',')));

test.each<[Transform, fc.Arbitrary<NativeValue>]>([
  [VALUES, fc.constantFrom('active', 'blocked', 'asked')],
  [GERMAN, DAYS],
  [AMERICAN, DAYS],
  [{ kind: 'dateFormat', format: 'YYYYMMDD' }, DAYS],
  [CENTS, DECIMALS],
  [{ kind: 'minorUnits', places: 5 }, DECIMALS],
  [SECONDS, WHOLE_SECONDS],
  [MILLISECONDS, INSTANTS],
  [COMMA, SETS],
  [PREFIX, fc.string()],
])('what %j writes it reads back', (transform, goldens) => {
  const step = stepOf(transform);
  fc.assert(
    fc.property(goldens, (golden) => {
      const written = step.put(golden);
      expect(written).not.toBeInstanceOf(InvalidValue);
      expect(step.get(written instanceof InvalidValue ? null : written)).toEqual(golden);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

test.each<[Transform]>([[UPPER], [LOWER]])(
  'what %j writes differs from what was meant in nothing but case',
  (transform) => {
    const step = stepOf(transform);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.string({
            unit: fc.constantFrom('\u03c3', '\u03c2', '\u03b1', '\u00df', '\u0130', '\u0131', ' '),
          }),
        ),
        (golden) => {
          const back = step.get(step.put(golden) as NativeValue) as string;
          expect(back.toLowerCase()).toBe(golden.toLowerCase());
        },
      ),
      { numRuns: 3_000, seed: 1 },
    );
  },
);

test('whatever a transform reads it can write, and reads the same again', () => {
  const natives = fc.oneof(
    anyJson,
    fc.constantFrom('A', 2, true, 'C-7', 'a, b', '31.12.2026', '12/31/2026', 1_700_000_000, '10.50', '1e-3'),
  );
  for (const transform of [VALUES, GERMAN, AMERICAN, CENTS, MILLISECONDS, COMMA, PREFIX]) {
    const step = stepOf(transform);
    fc.assert(
      fc.property(natives, (native) => {
        const golden = step.get(native);
        const back = golden instanceof InvalidValue ? golden : step.put(golden);
        expect(back instanceof InvalidValue ? back : step.get(back)).toEqual(golden);
      }),
      { numRuns: 500, seed: 1 },
    );
  }
});

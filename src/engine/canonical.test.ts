import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicaliserOf } from './canonical.ts';
import { shapeOf } from './types/shape.ts';
import { InvalidValue, type FieldType, type NativeValue } from './value.ts';

/** The canonical value, or the code of the refusal after a `!`. */
function read(type: FieldType, raw: NativeValue): unknown {
  const value = canonicaliserOf(type)(raw);
  return value instanceof InvalidValue ? `!${value.code}` : value;
}

function refusal(type: FieldType, raw: NativeValue): InvalidValue | null {
  const value = canonicaliserOf(type)(raw);
  return value instanceof InvalidValue ? value : null;
}

type Row = readonly [raw: NativeValue, canonical: unknown];

function table(title: string, type: FieldType, rows: readonly Row[]): void {
  test.each(rows)(`${title}: %j is %j`, (raw, canonical) => {
    expect(read(type, raw)).toEqual(canonical);
  });
}

const DECIMAL: FieldType = { kind: 'decimal' };
const INSTANT: FieldType = { kind: 'instant' };
const CHOICE: FieldType = { kind: 'choice', options: ['active', 'blocked', 'caf\u00e9'] };
const TYPES: readonly FieldType[] = [
  { kind: 'text' },
  { kind: 'text', lengthMax: 3 },
  { kind: 'integer' },
  DECIMAL,
  { kind: 'decimal', scaleMax: 2 },
  { kind: 'boolean' },
  { kind: 'date' },
  { kind: 'time' },
  INSTANT,
  { kind: 'instant', grainMs: 1_000 },
  { kind: 'email' },
  { kind: 'uuid' },
  CHOICE,
  { kind: 'set' },
  { kind: 'set', options: ['red', 'caf\u00e9'] },
  { kind: 'json' },
];

describe('text', () => {
  table('text', { kind: 'text' }, [
    ['Ann', 'Ann'],
    ['', ''],
    ['  two  blanks ', '  two  blanks '],
    ['cafe\u0301', 'caf\u00e9'],
    ['\u{1F469}\u200D\u{1F680}', '\u{1F469}\u200D\u{1F680}'],
    ['\u05E9\u05DC\u05D5\u05DD', '\u05E9\u05DC\u05D5\u05DD'],
    ['\ud83d', '!not_text'],
    ['a\udc00b', '!not_text'],
    [1.5, '1.5'],
    [-0, '0'],
    [true, 'true'],
    [null, null],
    [[], '!not_text'],
    [{ toString: 1 }, '!not_text'],
  ]);

  table('text of at most 3 characters', { kind: 'text', lengthMax: 3 }, [
    ['abc', 'abc'],
    ['abcd', '!too_long'],
    ['\u{1F600}\u{1F600}\u{1F600}', '\u{1F600}\u{1F600}\u{1F600}'],
    ['\u{1F600}\u{1F600}\u{1F600}\u{1F600}', '!too_long'],
    // Six code points as typed, three as kept; and one that grows from two to four.
    ['e\u0301e\u0301e\u0301', '\u00e9\u00e9\u00e9'],
    ['\u0958\u0958', '!too_long'],
  ]);
});

describe('numbers', () => {
  table('decimal', DECIMAL, [
    ['1234.50', '1234.5'],
    ['-.5', '-0.5'],
    ['5.', '5'],
    ['+007', '7'],
    ['-0', '0'],
    ['-0.00', '0'],
    [-0, '0'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    ['1e3', '1000'],
    ['1.5E-3', '0.0015'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['9007199254740993', '9007199254740993'],
    ['', null],
    ['  ', null],
    ['1,234.50', '!not_number'],
    ['1.234,50', '!not_number'],
    ['1e', '!not_number'],
    ['.', '!not_number'],
    ['0x10', '!not_number'],
    ['NaN', '!not_number'],
    [Number.NaN, '!not_number'],
    [Number.POSITIVE_INFINITY, '!not_number'],
    ['1e9999', '!too_long'],
    ['1e-1000', '!too_long'],
    [true, '!not_number'],
    [{}, '!not_number'],
  ]);

  table('decimal of scale 2', { kind: 'decimal', scaleMax: 2 }, [
    ['1.230', '1.23'],
    ['1.234', '!too_precise'],
    ['1e-2', '0.01'],
  ]);

  table('integer', { kind: 'integer' }, [
    [7, '7'],
    [-0, '0'],
    ['007', '7'],
    ['7.0', '7'],
    ['7e2', '700'],
    ['7.5', '!not_integer'],
    [7.5, '!not_integer'],
    ['12345678901234567890', '12345678901234567890'],
    ['-0', '0'],
    ['', null],
    ['seven', '!not_number'],
  ]);
});

describe('booleans', () => {
  table('boolean', { kind: 'boolean' }, [
    [true, true],
    ['true', true],
    ['TRUE', true],
    [1, true],
    ['1', true],
    [' yes ', true],
    ['y', true],
    ['on', true],
    [false, false],
    [0, false],
    ['no', false],
    ['f', false],
    ['off', false],
    ['', null],
    [2, '!not_boolean'],
    ['oui', '!not_boolean'],
    [[], '!not_boolean'],
  ]);
});

describe('dates and times', () => {
  table('date', { kind: 'date' }, [
    ['2026-03-31', '2026-03-31'],
    ['2026-03-31T00:00:00Z', '2026-03-31'],
    ['2026-03-31T00:00:00.000+00:00', '2026-03-31'],
    ['2024-02-29', '2024-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['2026-02-29', '!not_date'],
    ['1900-02-29', '!not_date'],
    ['2026-02-31', '!not_date'],
    ['2026-13-01', '!not_date'],
    // Which of them is the month is nobody's to guess.
    ['03/04/2026', '!not_date'],
    ['31.03.2026', '!not_date'],
    ['2026-03-31T01:00:00Z', '!not_date'],
    ['2026-3-1', '!not_date'],
    [20_260_331, '!not_date'],
    ['', null],
    ['  ', null],
  ]);

  table('time', { kind: 'time' }, [
    ['17:30', '17:30:00'],
    ['17:30:05.120', '17:30:05.12'],
    ['00:00', '00:00:00'],
    ['24:00', '!not_time'],
    ['5:30', '!not_time'],
    ['23:59:60', '!not_time'],
    ['', null],
    [' ', null],
  ]);

  table('instant', INSTANT, [
    ['2026-03-31T14:05:00Z', '2026-03-31T14:05:00.000Z'],
    ['2026-03-31 14:05:00+00', '2026-03-31T14:05:00.000Z'],
    ['2026-03-31T16:05:00+02:00', '2026-03-31T14:05:00.000Z'],
    ['2026-03-31T16:05:00+0200', '2026-03-31T14:05:00.000Z'],
    ['2026-03-31T14:05:00.123456Z', '2026-03-31T14:05:00.123Z'],
    ['2026-03-31T14:05Z', '2026-03-31T14:05:00.000Z'],
    // Berlin's clocks go from 02:00 to 03:00 and, in autumn, from 03:00 to 02:00.
    ['2026-03-29T01:59:59+01:00', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29T03:00:00+02:00', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T02:30:00+02:00', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['2024-02-29T23:30:00-05:00', '2024-03-01T04:30:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59-01:00', '!not_instant'],
    ['0000-01-01T00:00:00+01:00', '!not_instant'],
    ['2026-03-31T14:05:00', '!not_instant'],
    ['2026-03-31', '!not_instant'],
    ['2026-02-30T14:05:00Z', '!not_instant'],
    ['2026-03-31T24:00:00.000Z', '!not_instant'],
    ['2026-03-31T9:05:00.0000Z', '!not_instant'],
    ['2026-03-31T14:05:00+99:00', '!not_instant'],
    [1_700_000_000, '!not_instant'],
    ['', null],
    ['  ', null],
  ]);

  table('instant to the second', { kind: 'instant', grainMs: 1_000 }, [
    ['2026-03-31T14:05:00.999Z', '2026-03-31T14:05:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.000Z'],
  ]);
});

describe('identifying values', () => {
  table('email', { kind: 'email' }, [
    [' Ann@Example.COM ', 'ann@example.com'],
    ['j\u00fcrgen@b\u00fccher.example', 'j\u00fcrgen@b\u00fccher.example'],
    ['', null],
    ['  ', null],
    ['ann@localhost', '!not_email'],
    ['a@b.c, d@e.f', '!not_email'],
    ['Ann <ann@example.com>', '!not_email'],
    ['a\ud800@example.com', '!not_text'],
    [`${'a'.repeat(250)}@example.com`, '!not_email'],
    [7, '!not_email'],
  ]);

  const uuid = '0190a6f4-7d1c-7b3e-8a00-1234567890ab';
  table('uuid', { kind: 'uuid' }, [
    [uuid, uuid],
    [uuid.toUpperCase(), uuid],
    [uuid.replaceAll('-', ''), uuid],
    [`{${uuid}}`, uuid],
    [` ${uuid} `, uuid],
    ['', null],
    ['0190a6f4', '!not_uuid'],
    ['{}', '!not_uuid'],
    [7, '!not_uuid'],
  ]);
});

describe('choices, sets and structures', () => {
  table('choice', CHOICE, [
    ['active', 'active'],
    ['cafe\u0301', 'caf\u00e9'],
    ['', null],
    ['Active', '!not_an_option'],
    ['gone', '!not_an_option'],
    [['active'], '!not_an_option'],
  ]);

  table('set', { kind: 'set' }, [
    [
      ['b', 'a'],
      ['a', 'b'],
    ],
    [['a', 'a'], ['a']],
    [['cafe\u0301', 'caf\u00e9'], ['caf\u00e9']],
    [
      [2, true],
      ['2', 'true'],
    ],
    [[], []],
    [null, null],
    [['a', null], '!not_a_set'],
    [['\ud800'], '!not_text'],
    ['a,b', '!not_a_set'],
  ]);

  table('set with options', { kind: 'set', options: ['red', 'cafe\u0301'] }, [
    [
      ['caf\u00e9', 'red'],
      ['caf\u00e9', 'red'],
    ],
    [['green'], '!not_an_option'],
  ]);

  table('json', { kind: 'json' }, [
    [{ b: 1, a: [true, null] }, '{"a":[true,null],"b":1}'],
    ['{"b": 1, "a": [true, null]}', '{"a":[true,null],"b":1}'],
    ['plain', '"plain"'],
    [-0, '0'],
    ['', null],
    ['null', null],
    [{ 'a\ud800': 1 }, '!not_text'],
    ['{"n": 12345678901234567890}', '!too_precise'],
    [Number.NaN, '!too_precise'],
    ['['.repeat(100) + ']'.repeat(100), '!too_deep'],
  ]);
});

test('a missing value stays missing in every type, and is never the empty text', () => {
  for (const type of TYPES) expect(read(type, null)).toBe(null);
  expect(read({ kind: 'text' }, '')).toBe('');
});

test('a refusal never quotes the value', () => {
  for (const type of TYPES) {
    for (const raw of ['SECRET', 'SECRET\ud800', ['SECRET', { SECRET: 1 }]]) {
      expect(JSON.stringify(refusal(type, raw))).not.toContain('SECRET');
    }
  }
});

test('the shape of a value says what it is without saying what it holds', () => {
  expect([null, 'abc', [1], { a: 1 }, 7, true].map(shapeOf)).toEqual([
    'nothing',
    'text of 3 characters',
    'a list of 1',
    'a structure',
    'a number',
    'a boolean',
  ]);
});

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<NativeValue>;
const looksRight = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a', '\u0301', '\u0958') }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(fc.bigInt(), fc.nat(1_100), fc.integer({ min: -1_100, max: 1_100 }))
    .map(([a, b, c]) => `${String(a)}.${String(b)}e${String(c)}`),
  fc.double().map(String),
  fc.emailAddress(),
  fc.uuid(),
  fc.json(),
  fc.constantFrom('active', 'blocked', 'yes', '0', '1e-999', '1e1000', '12:30:59.123456789'),
);
const native: fc.Arbitrary<NativeValue> = fc.oneof(anyJson, looksRight, fc.array(looksRight), fc.double());

test.each(TYPES.map((type) => [type]))(
  'reading %j never throws, and reading it again changes nothing',
  (type) => {
    const canonicalise = canonicaliserOf(type);
    fc.assert(
      fc.property(native, (raw) => {
        const once = canonicalise(raw);
        expect(once instanceof InvalidValue ? once : canonicalise(once)).toEqual(once);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  },
);

test('no depth of nesting throws', () => {
  let deep: NativeValue = 1;
  for (let level = 0; level < 20_000; level += 1) deep = [deep];
  for (const type of TYPES) expect(canonicaliserOf(type)(deep)).toBeInstanceOf(InvalidValue);
});

function inZone(date: Date, offsetMinutes: number): string {
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const [hours, minutes] = [Math.trunc(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const zone = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':');
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${zone}`;
}

test('the same instant written in different zones is the same value', () => {
  const zones = fc.integer({ min: -14 * 60, max: 14 * 60 });
  const instants = fc.date({ min: new Date('0002-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, zones, zones, (date, one, other) => {
      expect(read(INSTANT, inZone(date, one))).toBe(date.toISOString());
      expect(read(INSTANT, inZone(date, other))).toBe(date.toISOString());
    }),
    { seed: 1 },
  );
});

test('the calendar has exactly the days that there are', () => {
  const texts = fc.tuple(fc.nat(9_999), fc.nat(13), fc.nat(32)).map(([year, month, day]) => {
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  });
  fc.assert(
    fc.property(texts, (text) => {
      const ms = Date.parse(`${text}T00:00:00Z`);
      const exists = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
      expect(read({ kind: 'date' }, text)).toBe(exists ? text : '!not_date');
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

test('a set is the same in every order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.infiniteStream(fc.nat()), (elements, order) => {
      const shuffled = elements.map((element) => [order.next().value as number, element] as const);
      const mixed = shuffled.toSorted(([left], [right]) => left - right).map(([, element]) => element);
      expect(read({ kind: 'set' }, mixed)).toEqual(read({ kind: 'set' }, elements));
    }),
    { seed: 1 },
  );
});

test('two decimals are the same text exactly when they are the same number', () => {
  const parts = fc.tuple(fc.bigInt({ min: -99n, max: 99n }), fc.integer({ min: -2, max: 2 }));
  fc.assert(
    fc.property(parts, parts, ([left, leftPlaces], [right, rightPlaces]) => {
      const equal = left * 10n ** BigInt(leftPlaces + 2) === right * 10n ** BigInt(rightPlaces + 2);
      const [one, other] = [
        `${String(left)}e${String(leftPlaces)}`,
        `${String(right)}e${String(rightPlaces)}`,
      ];
      expect(read(DECIMAL, one) === read(DECIMAL, other)).toBe(equal);
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

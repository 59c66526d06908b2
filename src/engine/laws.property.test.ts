/**
 * The two laws on generated values of every type, through every step that may be used in both directions: what is written
 * reads back as what was meant (PutGet), and what was read is written back as it was (GetPut).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { seededRandom } from '../lib/random.ts';
import { goldenSamples } from './golden-samples.ts';
import { compileLens, compileSync, type FieldLens } from './model.ts';
import type { Transform } from './transforms/step.ts';
import { InvalidValue, sameValue, type FieldType, type NativeValue } from './value.ts';

const VALUES_MIN = 10_000;

function lensOf(type: FieldType, transforms: readonly Transform[], ignoreCase: boolean): FieldLens {
  const { fields } = compileSync({
    name: 's',
    entity: 'E',
    fields: [{ name: 'f', type, required: false, ignoreCase, policy: { owners: [], resolve: [] } }],
    sides: [],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 1, deletesShareMax: 1, changesShareMax: 1 },
  });
  const [field] = fields.values();
  if (field === undefined) throw new Error('the field is there');
  return compileLens({ field: 'f', native: 'n', direction: 'both', transforms }, field);
}

/** Refusals of single values, which a step promises; everything else that is not written is a breach. */
const REFUSALS = new Set([
  'separator_inside',
  'comes_twice',
  'year_there',
  'too_long_there',
  'reserved_word',
  'not_split',
]);

interface Row {
  readonly type: FieldType;
  readonly steps?: readonly Transform[];
  readonly ignoreCase?: boolean;
  /** There are no more values than these. */
  readonly finite?: true;
}

/** What a side keeps in several fields has no outer blanks, and is nothing where it is empty. */
const NAME: FieldType = { kind: 'text', trims: true, emptyIsNull: true };
const MONEY: FieldType = { kind: 'money', currency: 'EUR' };
const COUNTRY: FieldType = { kind: 'country', languages: ['en', 'de'] };
const STATE: FieldType = { kind: 'subdivision', country: 'US' };
const PHONE: FieldType = { kind: 'phone', region: 'DE' };
const INSTANT: FieldType = { kind: 'instant' };
const SECONDS: FieldType = { kind: 'instant', grainMs: 1_000 };
const CHOICE: FieldType = { kind: 'choice', options: ['active', 'blocked'] };

const ROWS: readonly Row[] = [
  { type: { kind: 'text' } },
  { type: { kind: 'text' }, ignoreCase: true },
  { type: { kind: 'text' }, ignoreCase: true, steps: [{ kind: 'case', to: 'upper' }] },
  { type: { kind: 'text' }, ignoreCase: true, steps: [{ kind: 'case', to: 'lower' }] },
  { type: { kind: 'text' }, steps: [{ kind: 'prefix', text: 'C-' }] },
  { type: { kind: 'text', trims: true }, steps: [{ kind: 'trim' }] },
  { type: { kind: 'text', emptyIsNull: true }, steps: [{ kind: 'nullAs', word: '' }] },
  { type: { kind: 'text' }, steps: [{ kind: 'nullAs', word: 'n/a' }] },
  { type: { kind: 'text' }, steps: [{ kind: 'length', max: 20, unit: 'characters', tooLong: 'refuse' }] },
  { type: { kind: 'text' }, steps: [{ kind: 'length', max: 20, unit: 'utf16', tooLong: 'refuse' }] },
  { type: { kind: 'text' }, steps: [{ kind: 'length', max: 20, unit: 'bytes', tooLong: 'refuse' }] },
  {
    type: NAME,
    steps: [{ kind: 'joined', template: '{First} {Last}', rest: 'First', alone: 'Last' }],
  },
  { type: NAME, steps: [{ kind: 'joined', template: '{Street} {No}', rest: 'Street', alone: 'Street' }] },
  { type: { kind: 'integer' } },
  { type: { kind: 'integer' }, steps: [{ kind: 'numberFormat', sample: "1'234" }] },
  { type: { kind: 'decimal' } },
  { type: { kind: 'decimal' }, steps: [{ kind: 'minorUnits', places: 2 }] },
  { type: { kind: 'decimal' }, steps: [{ kind: 'numberFormat', sample: '1.234,56 €' }] },
  { type: { kind: 'decimal' }, steps: [{ kind: 'numberFormat', sample: '$1,234.56' }] },
  { type: { kind: 'decimal' }, steps: [{ kind: 'numberFormat', sample: '1 234,5' }] },
  { type: { kind: 'decimal' }, steps: [{ kind: 'percent', as: 'sign' }] },
  { type: { kind: 'decimal' }, steps: [{ kind: 'percent', as: 'fraction' }] },
  { type: { kind: 'decimal', scaleMax: 4 }, steps: [{ kind: 'nullAs', word: '#N/A' }] },
  { type: { kind: 'boolean' }, finite: true },
  {
    type: { kind: 'boolean' },
    finite: true,
    steps: [
      {
        kind: 'values',
        pairs: [
          ['Y', true],
          ['N', false],
        ],
      },
    ],
  },
  { type: { kind: 'date' } },
  ...['DD.MM.YYYY', 'MM/DD/YYYY', 'M/D/YYYY', 'YYYYMMDD', 'D. M. YYYY'].map((format): Row => ({
    type: { kind: 'date' },
    steps: [{ kind: 'dateFormat', format }],
  })),
  { type: { kind: 'time' } },
  { type: INSTANT },
  { type: INSTANT, steps: [{ kind: 'unixTime', unit: 'ms' }] },
  { type: SECONDS, steps: [{ kind: 'unixTime', unit: 's' }] },
  ...['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC'].map((zone): Row => ({
    type: INSTANT,
    steps: [{ kind: 'localTime', zone, format: 'YYYY-MM-DDTHH:mm:ss.SSS' }],
  })),
  {
    type: SECONDS,
    steps: [{ kind: 'localTime', zone: 'Europe/Berlin', format: 'M/D/YYYY h:mm:ss A', twice: 'later' }],
  },
  { type: { kind: 'email' } },
  { type: { kind: 'email', keepsCase: true } },
  { type: { kind: 'email' }, steps: [{ kind: 'case', to: 'upper' }] },
  { type: { kind: 'uuid' } },
  { type: CHOICE, finite: true },
  {
    type: CHOICE,
    finite: true,
    steps: [
      {
        kind: 'values',
        pairs: [
          [1, 'active'],
          [2, 'blocked'],
        ],
      },
    ],
  },
  { type: { kind: 'set' } },
  { type: { kind: 'set' }, steps: [{ kind: 'separator', text: ';' }] },
  { type: { kind: 'set', options: ['red', 'green', 'blue'] }, steps: [{ kind: 'separator', text: ';' }] },
  { type: { kind: 'json' } },
  { type: PHONE },
  ...(['international', 'national', 'digits'] as const).map((form): Row => ({
    type: PHONE,
    steps: [{ kind: 'phoneFormat', form, region: 'DE' }],
  })),
  { type: COUNTRY, finite: true },
  { type: COUNTRY, finite: true, steps: [{ kind: 'countryFormat', form: 'alpha3' }] },
  { type: COUNTRY, finite: true, steps: [{ kind: 'countryFormat', form: 'numeric' }] },
  { type: COUNTRY, finite: true, steps: [{ kind: 'countryName', language: 'de' }] },
  { type: COUNTRY, finite: true, steps: [{ kind: 'countryName', language: 'ja' }] },
  { type: STATE, finite: true },
  { type: STATE, finite: true, steps: [{ kind: 'subdivisionFormat', form: 'name', country: 'US' }] },
  { type: STATE, finite: true, steps: [{ kind: 'subdivisionFormat', form: 'iso', country: 'US' }] },
  {
    type: { kind: 'subdivision', country: 'GB' },
    finite: true,
    steps: [{ kind: 'subdivisionFormat', form: 'name', country: 'GB' }],
  },
  { type: { kind: 'currency' }, finite: true },
  { type: MONEY },
  { type: MONEY, steps: [{ kind: 'minorUnits', places: 2 }] },
  { type: MONEY, steps: [{ kind: 'numberFormat', sample: '€ 1.234,56' }] },
  { type: { kind: 'money' } },
  { type: { kind: 'timeZone' } },
  { type: { kind: 'url' } },
  { type: { kind: 'url', scheme: 'https' } },
  { type: { kind: 'html' } },
  { type: { kind: 'salesforceId' } },
  { type: { kind: 'salesforceId' }, steps: [{ kind: 'shortId' }] },
];

/** Which steps go both ways. The others only read or only write, and say so when they are asked for the other. */
const BOTH_WAYS: Readonly<Record<Transform['kind'], boolean>> = {
  values: true,
  prefix: true,
  minorUnits: true,
  numberFormat: true,
  percent: true,
  round: false,
  unixTime: true,
  dateFormat: true,
  localTime: true,
  separator: true,
  case: true,
  trim: true,
  length: true,
  part: false,
  nullAs: true,
  joined: true,
  default: false,
  expression: false,
  template: false,
  phoneFormat: true,
  countryFormat: true,
  countryName: true,
  subdivisionFormat: true,
  shortId: true,
};

/** References are ids that only the store can translate: references.property.test.ts. */
const TYPES: Readonly<Record<Exclude<FieldType['kind'], 'reference'>, true>> = {
  text: true,
  integer: true,
  decimal: true,
  boolean: true,
  date: true,
  time: true,
  instant: true,
  email: true,
  uuid: true,
  choice: true,
  set: true,
  json: true,
  phone: true,
  country: true,
  subdivision: true,
  currency: true,
  money: true,
  timeZone: true,
  url: true,
  html: true,
  salesforceId: true,
};

test('no type and no step that goes both ways is left out', () => {
  const tried = new Set(ROWS.flatMap(({ steps }) => (steps ?? []).map(({ kind }) => kind)));
  const wanted = Object.entries(BOTH_WAYS).flatMap(([kind, isBoth]) => (isBoth ? [kind] : []));
  expect([...tried].toSorted()).toEqual(wanted.toSorted());
  expect([...new Set(ROWS.map(({ type }) => type.kind))].toSorted()).toEqual(Object.keys(TYPES).toSorted());
});

/** The first value that breaks a law, and how. */
function breach(lens: FieldLens, goldens: readonly NativeValue[]): unknown {
  let refused = 0;
  for (const golden of goldens) {
    const native = lens.put(golden as never);
    if (native instanceof InvalidValue) {
      refused += 1;
      if (!REFUSALS.has(native.code)) return { golden, refusal: native };
      continue;
    }
    const back = lens.get(native);
    if (back instanceof InvalidValue || !lens.field.same(back, golden as never))
      return { law: 'PutGet', golden, native, back };
    const again = lens.put(back);
    const reread = again instanceof InvalidValue ? again : lens.get(again);
    if (reread instanceof InvalidValue || !lens.field.same(reread, back))
      return { law: 'GetPut', native, back, again };
  }
  // A step that refuses almost everything keeps every law.
  return refused * 4 > goldens.length * 3 ? { refused } : null;
}

test.each(
  ROWS.map((row) => [row, JSON.stringify([row.type, row.steps ?? [], row.ignoreCase ?? false])] as const),
)('the laws hold for %$: $1', (row) => {
  const lens = lensOf(row.type, row.steps ?? [], row.ignoreCase ?? false);
  const goldens = goldenSamples(row.type, seededRandom(7), VALUES_MIN);
  expect(row.finite === true || goldens.length >= VALUES_MIN).toBe(true);
  expect(breach(lens, goldens)).toBe(null);
});

/** Any sequence of UTF-16 units: lone surrogates, controls, right-to-left marks and all. */
const anyText = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 0xff_ff }), fc.constantFrom(0x202e, 0x5d0, 0xd83d, 0xde00, 0x301)),
    {
      maxLength: 12,
    },
  )
  .map((units) => String.fromCharCode(...units));
const anyNative: fc.Arbitrary<NativeValue> = fc.oneof(
  anyText,
  fc.constantFrom<NativeValue>(null, '', ' ', 0, -0, 1e21, true, [], {}, ['a', null]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(anyText, { maxLength: 3 }),
  fc.constantFrom('1.234,56 €', '(5)', '12%', '03/04/2026', '+49 30 123456', 'DEU', 'California', 'USD 5'),
);

test('whatever a side holds is refused by name or read for good: read, written and read again it is the same', () => {
  const lenses = ROWS.map((row) => lensOf(row.type, row.steps ?? [], row.ignoreCase ?? false));
  fc.assert(
    fc.property(anyNative, fc.constantFrom(...lenses), (native, lens) => {
      const golden = lens.get(native);
      if (golden instanceof InvalidValue) return;
      const back = lens.put(golden);
      if (back instanceof InvalidValue) return;
      const again = lens.get(back);
      if (again instanceof InvalidValue) throw new Error(`not read back: ${again.reason}`);
      expect(lens.field.same(again, golden)).toBe(true);
    }),
    { numRuns: VALUES_MIN },
  );
});

test('absent, null and empty stay three things wherever a type can hold all three', () => {
  const text = lensOf({ kind: 'text' }, [], false);
  expect([text.get(null), text.get('')]).toEqual([null, '']);
  expect([text.put(null), text.put('')]).toEqual([null, '']);
  expect(sameValue(undefined, null) || sameValue(null, '') || sameValue('', undefined)).toBe(false);
});

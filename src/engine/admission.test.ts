import { expect, test } from 'vitest';

import { seededRandom } from '../lib/random.ts';
import { admit, explainRefusal, type Admission } from './admission.ts';
import { canonicaliserOf } from './canonical.ts';
import { goldenSamples, SAMPLES_PER_FIELD } from './golden-samples.ts';
import { compileLens, compileSync, type Direction, type FieldLens } from './model.ts';
import type { Transform } from './transforms/step.ts';
import type { FieldType, NativeValue } from './value.ts';

interface Options {
  readonly transforms?: readonly Transform[];
  readonly direction?: Direction;
  readonly ignoreCase?: boolean;
}

function lens(type: FieldType, options: Options = {}): FieldLens {
  const { transforms = [], direction = 'both', ignoreCase = false } = options;
  const policy = { owners: [], resolve: [] };
  const { fields } = compileSync({
    name: 's',
    entity: 'E',
    fields: [{ name: 'status', type, required: false, ignoreCase, policy }],
    sides: [],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 1, deletesShareMax: 1, changesShareMax: 1 },
  });
  const [field] = fields.values();
  if (field === undefined) throw new Error('the field is there');
  return compileLens({ field: 'status', native: 'state', direction, transforms }, field);
}

function ruling(tried: FieldLens, samples: readonly NativeValue[] = []): Admission {
  return admit(tried, samples, seededRandom(1));
}

/** The law that is broken and the sentence about it; null when the mapping is admitted. */
function breach(tried: FieldLens, samples: readonly NativeValue[] = []): readonly [string, string] | null {
  const admission = ruling(tried, samples);
  return admission.kind === 'admitted' ? null : [admission.law, explainRefusal('crm', tried, admission)];
}

function waysOut(tried: FieldLens, samples: readonly NativeValue[] = []): readonly string[] {
  const admission = ruling(tried, samples);
  return admission.kind === 'admitted' ? [] : admission.waysOut;
}

const ONE_WAY = 'Let this side only give the value: `direction: in`.';
const CHOICE: FieldType = { kind: 'choice', options: ['active', 'blocked'] };
const TYPES: readonly FieldType[] = [
  { kind: 'text' },
  { kind: 'text', lengthMax: 5 },
  { kind: 'integer' },
  { kind: 'decimal' },
  { kind: 'decimal', scaleMax: 2 },
  { kind: 'boolean' },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'instant' },
  { kind: 'instant', grainMs: 1_000 },
  { kind: 'email' },
  { kind: 'uuid' },
  CHOICE,
  { kind: 'set' },
  { kind: 'set', options: ['red', 'blue'] },
  { kind: 'json' },
  { kind: 'text', trims: true, emptyIsNull: true },
  { kind: 'email', keepsCase: true },
  { kind: 'phone', region: 'DE' },
  { kind: 'country' },
  { kind: 'subdivision', country: 'US' },
  { kind: 'currency' },
  { kind: 'money' },
  { kind: 'money', currency: 'EUR' },
  { kind: 'timeZone' },
  { kind: 'url' },
  { kind: 'html' },
  { kind: 'salesforceId' },
];

function values(...pairs: readonly (readonly [string | number | boolean, string | boolean])[]): Options {
  return { transforms: [{ kind: 'values', pairs }] };
}

test.each(TYPES.map((type) => [type]))('a mapping of %j without transforms is admitted', (type) => {
  expect(breach(lens(type))).toBe(null);
});

test.each<[FieldType, Options]>([
  [CHOICE, values(['A', 'active'], ['B', 'blocked'])],
  [CHOICE, values([1, 'active'], [2, 'blocked'])],
  [{ kind: 'boolean' }, values(['Y', true], ['N', false])],
  [{ kind: 'decimal', scaleMax: 2 }, { transforms: [{ kind: 'minorUnits', places: 2 }] }],
  [{ kind: 'instant', grainMs: 1_000 }, { transforms: [{ kind: 'unixTime', unit: 's' }] }],
  [{ kind: 'instant' }, { transforms: [{ kind: 'unixTime', unit: 'ms' }] }],
  [{ kind: 'date' }, { transforms: [{ kind: 'dateFormat', format: 'DD.MM.YYYY' }] }],
  [{ kind: 'set' }, { transforms: [{ kind: 'separator', text: ';' }] }],
  [{ kind: 'set', options: ['a b', 'c'] }, { transforms: [{ kind: 'separator', text: ', ' }] }],
  [{ kind: 'text' }, { transforms: [{ kind: 'prefix', text: 'C-' }] }],
  [{ kind: 'text' }, { transforms: [{ kind: 'case', to: 'upper' }], ignoreCase: true }],
  [{ kind: 'text' }, { transforms: [{ kind: 'case', to: 'lower' }], ignoreCase: true }],
  [{ kind: 'email' }, { transforms: [{ kind: 'case', to: 'lower' }] }],
])('a mapping of %j by %j keeps both laws', (type, options) => {
  expect(breach(lens(type, options))).toBe(null);
});

test('two native values for one golden value are refused with the value that would be rewritten', () => {
  const tried = lens(CHOICE, values(['A', 'active'], ['B', 'active'], ['C', 'blocked']));
  expect(breach(tried, ['A', 'C'])).toEqual([
    'GetPut',
    'crm `state`: the value A becomes active, and active is written back as B',
  ]);
  expect(waysOut(tried, ['A', 'C']).join(' ')).toContain('direction: in');
  expect(ruling(tried, ['A'])).toMatchObject({ example: { native: 'A', golden: 'active', back: 'B' } });
});

test('a choice with an option that has no native value is refused by that option', () => {
  const tried = lens(CHOICE, values(['A', 'active']));
  expect(breach(tried)?.[0]).toBe('PutGet');
  expect(breach(tried)?.[1]).toContain('the value blocked of `status` cannot be written');
  expect(waysOut(tried)[0]).toContain('an entry for every value');
});

test('a value map over free text is refused, because most texts are not in it', () => {
  expect(waysOut(lens({ kind: 'text' }, values(['A', 'active'])))[0]).toContain('`choice`');
});

test('losing the case is refused where case counts, and admitted where it does not', () => {
  const upper: readonly Transform[] = [{ kind: 'case', to: 'upper' }];
  expect(breach(lens({ kind: 'text' }, { transforms: upper }))?.[1]).toMatch(
    /is written as .+, and .+ is read back as/,
  );
  expect(waysOut(lens({ kind: 'text' }, { transforms: upper }))[0]).toContain('ignore_case: true');
  expect(breach(lens({ kind: 'text' }, { transforms: upper, ignoreCase: true }), ['Ann', 'ann'])).toBe(null);
});

test('whole seconds cannot carry an instant to the millisecond', () => {
  const tried = lens({ kind: 'instant' }, { transforms: [{ kind: 'unixTime', unit: 's' }] });
  expect(breach(tried)?.[1]).toContain('keeps whole seconds only');
  expect(waysOut(tried)[0]).toContain('precision: s');
});

test('an option that holds the separator is refused; a free element that does is refused when it is written', () => {
  const transforms: readonly Transform[] = [{ kind: 'separator', text: ';' }];
  expect(breach(lens({ kind: 'set', options: ['a;b', 'c'] }, { transforms }))?.[0]).toBe('PutGet');
  expect(breach(lens({ kind: 'set' }, { transforms }))).toBe(null);
});

test.each<[FieldType, readonly Transform[]]>([
  [{ kind: 'text' }, [{ kind: 'minorUnits', places: 2 }]],
  [{ kind: 'text' }, [{ kind: 'dateFormat', format: 'DD.MM.YYYY' }]],
  [{ kind: 'boolean' }, [{ kind: 'unixTime', unit: 's' }]],
  [{ kind: 'date' }, [{ kind: 'unixTime', unit: 's' }]],
  [{ kind: 'email' }, [{ kind: 'separator', text: ';' }]],
])('a field of %j does not pass %j', (type, transforms) => {
  expect(breach(lens(type, { transforms }))?.[0]).toBe('PutGet');
});

test('a side that only receives need not read back what it is given, but must not rewrite what it holds', () => {
  const upper: Options = { transforms: [{ kind: 'case', to: 'upper' }], direction: 'out' };
  expect(breach(lens({ kind: 'text' }, upper), ['ANN'])).toBe(null);
  expect(breach(lens({ kind: 'text' }, upper), ['Ann'])?.[0]).toBe('GetPut');
});

test('a side that only gives may lose whatever it likes', () => {
  const options = { ...values(['A', 'active'], ['B', 'active']), direction: 'in' as const };
  expect(breach(lens(CHOICE, options), ['A', 'B'])).toBe(null);
});

test.each<[FieldType, Options, readonly NativeValue[]]>([
  [{ kind: 'email' }, {}, [' Ann@Example.com ', 'ann@example.com', null, '']],
  [{ kind: 'decimal' }, {}, [1.5, '1.50', '01.5', -0]],
  [{ kind: 'boolean' }, {}, [1, 0, 'yes', true]],
  [{ kind: 'instant', grainMs: 1_000 }, {}, ['2026-03-31T16:05:00.5+02:00']],
  [
    { kind: 'instant', grainMs: 1_000 },
    { transforms: [{ kind: 'unixTime', unit: 'ms' }] },
    [1_700_000_000_123],
  ],
  [{ kind: 'date' }, { transforms: [{ kind: 'dateFormat', format: 'DD.MM.YYYY' }] }, [' 31.03.2026 ']],
  [{ kind: 'set' }, { transforms: [{ kind: 'separator', text: '; ' }] }, ['b;a', 'a; b', '']],
  [{ kind: 'text' }, { transforms: [{ kind: 'prefix', text: 'C-' }] }, ['C-1', '', null]],
  [{ kind: 'text' }, {}, ['cafe\u0301', '']],
  [{ kind: 'json' }, {}, [{ b: 1, a: 2 }, '{"b": 1}']],
])('another spelling of the same value breaks no law: %j %j %j', (type, options, samples) => {
  expect(breach(lens(type, options), samples)).toBe(null);
});

test('a sample that cannot be read breaks no law: its record is stopped by name', () => {
  expect(breach(lens({ kind: 'date' }), ['not a date'])).toBe(null);
});

test('what is quoted in a sentence is short, and blanks are seen', () => {
  const tried = lens({ kind: 'text' }, { transforms: [{ kind: 'case', to: 'upper' }], direction: 'out' });
  expect(breach(tried, [` ${'a'.repeat(500)}`])?.[1]).toMatch(/the value " a{39}…" becomes/);
});

test.each(TYPES.map((type) => [type]))(
  'the samples of %j are canonical, many, and the same for the same seed',
  (type) => {
    const samples = goldenSamples(type, seededRandom(7));
    const canonicalise = canonicaliserOf(type);
    expect(samples.map((sample) => canonicalise(sample))).toEqual(samples);
    expect(goldenSamples(type, seededRandom(7))).toEqual(samples);
    // Of a flag and of a choice of two there are three values, nothing included.
    const isFinite = ['boolean', 'choice', 'country', 'subdivision', 'currency'].includes(type.kind);
    expect(samples.length).toBeGreaterThanOrEqual(isFinite ? 3 : SAMPLES_PER_FIELD);
  },
);

test.each<[FieldType, Transform, string]>([
  [
    { kind: 'text' },
    { kind: 'length', max: 5, unit: 'characters', tooLong: 'cut' },
    'Give the field `max_length: 5`, or the mapping `too_long: refuse`.',
  ],
  [{ kind: 'text' }, { kind: 'trim' }, 'Give the field `trim: true`, so that outer blanks do not count.'],
  [
    { kind: 'text' },
    { kind: 'nullAs', word: '' },
    'Give the field `empty_is_null: true`, so that empty text and no value are one thing.',
  ],
  [
    { kind: 'instant' },
    { kind: 'localTime', zone: 'UTC', format: 'YYYY-MM-DD HH:mm' },
    'Give the field `precision: s` or `precision: min`, so that smaller parts do not count.',
  ],
  [
    { kind: 'decimal' },
    { kind: 'numberFormat', sample: '1,234' },
    'Give the field `type: integer` or a `scale` that the side can keep.',
  ],
  [{ kind: 'decimal' }, { kind: 'round', places: 2 }, 'Give the field a `scale` that the side can keep.'],
  [{ kind: 'choice', options: ['n/a', 'x'] }, { kind: 'nullAs', word: 'n/a' }, ONE_WAY],
])('%j through %j is refused, with a way out', (type, step, first) => {
  const tried = lens(type, { transforms: [step] });
  expect(breach(tried)?.[0]).toBe('PutGet');
  expect(waysOut(tried)[0]).toBe(first);
});

test.each<[FieldType, readonly Transform[], readonly NativeValue[]]>([
  [{ kind: 'phone', region: 'DE' }, [], ['030 123456', '+49 30 123456', 4_930_123_456]],
  [{ kind: 'country' }, [{ kind: 'countryFormat', form: 'alpha3' }], ['Germany', 'DE', 276]],
  [
    { kind: 'decimal' },
    [{ kind: 'numberFormat', sample: '1.234,56 \u20ac' }],
    ['1234,5', '1.234,50\u00a0\u20ac'],
  ],
  [{ kind: 'html' }, [], ['<P>a</P>', '<br/>']],
  [{ kind: 'salesforceId' }, [], ['001A000001LZ6CI']],
  [{ kind: 'money' }, [], [{ amount: '5', currency: 'EUR' }, 'EUR 5']],
])(
  'spellings of one value that are found at a side do not speak against %j through %j',
  (type, transforms, samples) => {
    expect(breach(lens(type, { transforms }), samples)).toBe(null);
  },
);

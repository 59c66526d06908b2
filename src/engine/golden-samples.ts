/** Golden values to try a mapping with: the awkward ones of each type first, then chance. All are canonical. */
import type { Random } from '../lib/random.ts';
import { canonicaliserOf } from './canonical.ts';
import { standardDraw, standardEdges } from './types/samples.ts';
import { InvalidValue, type FieldType, type NativeValue, type Value } from './value.ts';

/** Enough for every edge below in every type, and few enough to check a hundred mappings in a second. */
export const SAMPLES_PER_FIELD = 1_000;
/** Chance may draw values that do not fit the type; a type that almost nothing fits gets fewer samples. */
const DRAWS_PER_SAMPLE = 4;

const TEXTS = [
  ['', ' ', '  ', ' outer blanks ', 'two  blanks', 'a\tb', 'a\nb', 'a\r\nb', '\u00a0', '\u200b'],
  ["O'Neill", '"quoted"', '`', '\\', '%', '_', '<b>&amp;</b>', '${x}', '=1+1', ';', ',', 'a;b, c|d'],
  ['null', 'NULL', 'true', '0', '007', '1e5', '-0', 'NaN', '2026-03-31', '[]', '{}'],
  ['\u{1F600}', '\u{1F469}\u200D\u{1F680}', '\u05E9\u05DC\u05D5\u05DD', '\u202Eabc\u202C', '\u4F60\u597D'],
  ['caf\u00e9', 'stra\u00dfe', '\u0130stanbul', '\u0131', '\u1E9E', '\u03C3\u03C2', '\uFB01'],
  // Ids of 15 characters tell upper from lower case; their longer form has three more characters to say so.
  ['001A000001LZ6CI', '001a000001lz6ci', '001A000001LZ6CIAA3', 'Ann', 'ann', 'ANN'],
].flat();
const NUMBERS = [
  ['0', '1', '-1', '9', '10', '100', '0.1', '-0.5', '0.01', '0.001', '1234.5', '9007199254740993'],
  ['99999999999999999999999999999999999999', '-123456789012345678901234567890.123456789', '-0', '1e-30'],
].flat();
const DAYS = [
  '0001-01-01',
  '1582-10-15',
  '1900-02-28',
  '1970-01-01',
  '2000-02-29',
  '2024-02-29',
  '2026-12-31',
  '9999-12-31',
];
/** The hours when clocks change in Berlin and New York, and what lies one unit beside them. */
const SWITCHES = [
  '2026-03-29T00:59:59.999Z',
  '2026-03-29T01:00:00Z',
  '2026-10-25T00:30:00Z',
  '2026-10-25T01:30:00Z',
  '2026-03-08T07:00:00Z',
];
const TIMES = ['00:00', '00:00:00.001', '02:30', '12:00', '23:59:59', '23:59:59.999999999'];
const EMAILS = [
  'a@b.co',
  'first.last+tag@example.com',
  'j\u00fcrgen@b\u00fccher.example',
  "o'neill@example.org",
];
const UUIDS = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
const STRUCTURES: readonly NativeValue[] = [{}, [], [1, 'a', null], { b: { a: [true] } }, 'text', 0];
const LETTERS = Array.from(
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-_\u00e4\u00f6\u00fc\u00df\u00e9\u0142\u03c3\u05d0\u{1F600}',
);
const NAME_LETTERS = LETTERS.filter((letter) => /[\p{L}\p{N}]/u.test(letter));
const TEXT_LENGTH_MAX = 60;
const SECONDS_OF_DAY = 86_400;
const LAST_DAY = 2_932_896;
const FIRST_DAY = -719_162;

/** Null and the type's awkward values, then random ones; all options where there are only so many values. */
export function goldenSamples(
  type: FieldType,
  random: Random,
  samplesMax: number = SAMPLES_PER_FIELD,
): readonly Value[] {
  const canonicalise = canonicaliserOf(type);
  const samples: Value[] = [null];
  const add = (raw: NativeValue): void => {
    const value = canonicalise(raw);
    if (!(value instanceof InvalidValue)) samples.push(value);
  };
  for (const raw of edgesOf(type)) add(raw);
  const draw = drawOf(type);
  if (draw === null) return samples;
  const drawsMax = DRAWS_PER_SAMPLE * samplesMax;
  for (let drawn = 0; drawn < drawsMax && samples.length < samplesMax; drawn += 1) add(draw(random));
  return samples;
}

function edgesOf(type: FieldType): readonly NativeValue[] {
  switch (type.kind) {
    case 'text':
      return [
        ...TEXTS,
        'x'.repeat(type.lengthMax ?? TEXT_LENGTH_MAX),
        '\u00df'.repeat(Math.min(type.lengthMax ?? 0, TEXT_LENGTH_MAX)),
      ];
    case 'integer':
    case 'decimal':
      return NUMBERS;
    case 'boolean':
      return [true, false];
    case 'date':
      return DAYS;
    case 'time':
      return TIMES;
    case 'instant':
      return [
        ...SWITCHES,
        ...DAYS.map((day) => `${day}T00:00:00Z`),
        '9999-12-31T23:59:59.999Z',
        '1969-12-31T23:59:59.999Z',
      ];
    case 'email':
      return EMAILS;
    case 'uuid':
      return UUIDS;
    case 'choice':
      return type.options;
    case 'set':
      return [[], ...(type.options ?? TEXTS).map((element) => [element]), type.options ?? ['b', 'a']];
    case 'json':
      return STRUCTURES;
    case 'reference':
      return type.many === true ? [[], RECORD_IDS] : RECORD_IDS;
    default:
      return standardEdges(type);
  }
}

const RECORD_IDS = ['1', '9223372036854775807', 'A-17', '001A000001LZ6CIAA3', '["a","b"]', 'a b'];

/** Null where the edges are all there is. */
function drawOf(type: FieldType): ((random: Random) => NativeValue) | null {
  switch (type.kind) {
    case 'text': {
      const lengthMax = Math.min(type.lengthMax ?? TEXT_LENGTH_MAX, TEXT_LENGTH_MAX);
      return (random) => textOf(random, lengthMax);
    }
    case 'integer':
      return (random) => digits(random, 1 + below(random, 20));
    case 'decimal':
      return (random) =>
        `${digits(random, 1 + below(random, 20))}e-${String(below(random, (type.scaleMax ?? 9) + 1))}`;
    case 'boolean':
    case 'choice':
      return null;
    case 'date':
      return (random) => instantOf(random).slice(0, 10);
    case 'time':
      return (random) => instantOf(random).slice(11, 23);
    case 'instant':
      return instantOf;
    case 'email':
      return (random) => `${nameOf(random, 12)}@${nameOf(random, 8)}.example`;
    case 'uuid':
      return (random) => hexOf(random.bytes(16));
    case 'set': {
      const { options } = type;
      const element =
        options === undefined
          ? (random: Random) => textOf(random, 12)
          : (random: Random) => options[below(random, options.length)] ?? '';
      return (random) => Array.from({ length: below(random, 6) }, () => element(random));
    }
    case 'json':
      return (random) => ({
        [textOf(random, 6)]: [below(random, 1_000), textOf(random, 12), random.fraction() < 0.5, null],
      });
    case 'reference': {
      const one = (random: Random): string => nameOf(random, 18);
      return type.many === true
        ? (random) => Array.from({ length: below(random, 4) }, () => one(random))
        : one;
    }
    default:
      return standardDraw(type, textOf, nameOf);
  }
}

function below(random: Random, limit: number): number {
  return Math.floor(random.fraction() * limit);
}

function textOf(random: Random, lengthMax: number): string {
  return Array.from(
    { length: below(random, lengthMax + 1) },
    () => LETTERS[below(random, LETTERS.length)] ?? '',
  ).join('');
}

/** What may stand in an address: letters of any case and alphabet, and digits. */
function nameOf(random: Random, lengthMax: number): string {
  return Array.from(
    { length: 1 + below(random, lengthMax) },
    () => NAME_LETTERS[below(random, NAME_LETTERS.length)] ?? '',
  ).join('');
}

function digits(random: Random, count: number): string {
  const sign = random.fraction() < 0.5 ? '-' : '';
  return sign + Array.from({ length: count }, () => String(below(random, 10))).join('');
}

function instantOf(random: Random): string {
  const day = FIRST_DAY + below(random, LAST_DAY - FIRST_DAY);
  return new Date(
    (day * SECONDS_OF_DAY + below(random, SECONDS_OF_DAY)) * 1_000 + below(random, 1_000),
  ).toISOString();
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

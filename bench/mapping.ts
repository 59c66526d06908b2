/** How many records a mapping of twenty fields reads and writes per second and core, and how often CEL is evaluated. */
import { celEnv, parse, plan } from '@bufbuild/cel';

import { readRecord, renderBody } from '../src/engine/mapping.ts';
import { compileSync, type MappingDefinition, type SideModel } from '../src/engine/model.ts';
import type { Transform } from '../src/engine/transforms/step.ts';
import type { FieldType, NativeValue, Values } from '../src/engine/value.ts';
import { must } from '../src/lib/assert.ts';
import { compileExpression } from '../src/lib/cel/expression.ts';
import { measured, rateBeside, type Measurement } from './measure.ts';

const UNIT = 'records/s/core';
const BAR_RECORDS_PER_S = 200_000;
const BAR_EVALUATIONS_PER_S = 1_000_000;
const RECORDS = 5_000;
const ALONE_RECORDS = 20_000;
const EVALUATIONS = 200_000;
/** Enough for the compiler to have settled, and for one pause of the machine not to decide the result. */
const ROUNDS_WARM = 6;
const ROUNDS_MEASURED = 9;

interface Column {
  readonly type: FieldType;
  readonly steps?: readonly Transform[];
  readonly native: (index: number) => NativeValue;
}

const STATES = ['new', 'active', 'blocked', 'closed'];
const COUNTRIES = ['DE', 'FR', 'US', 'JP', 'GB'];
const ID_SIGNS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz';

/** A customer as a CRM keeps it: no two records share a value that tells people apart. */
const COLUMNS: readonly Column[] = [
  { type: { kind: 'text', lengthMax: 120 }, native: (index) => `Customer number ${String(index)}` },
  { type: { kind: 'text' }, native: (index) => `Stra\u00dfe ${String(index % 900)}` },
  { type: { kind: 'text', trims: true }, native: (index) => `City ${String(index % 300)}` },
  {
    type: { kind: 'text' },
    steps: [{ kind: 'prefix', text: 'C-' }],
    native: (index) => `C-${String(index)}`,
  },
  { type: { kind: 'text' }, native: () => null },
  { type: { kind: 'email' }, native: (index) => `Ann.Lee${String(index)}@Example.com` },
  { type: { kind: 'phone', region: 'DE' }, native: (index) => `+4930${String(1_000_000 + index)}` },
  { type: { kind: 'country' }, native: (index) => must(COUNTRIES[index % COUNTRIES.length], 'one') },
  { type: { kind: 'currency' }, native: (index) => (index % 3 === 0 ? 'USD' : 'EUR') },
  {
    type: { kind: 'money', currency: 'EUR' },
    native: (index) => `${String(index)}.${String(10 + (index % 90))}`,
  },
  {
    type: { kind: 'decimal', scaleMax: 2 },
    steps: [{ kind: 'minorUnits', places: 2 }],
    native: (index) => index * 7,
  },
  { type: { kind: 'integer' }, native: (index) => index },
  { type: { kind: 'boolean' }, native: (index) => (index % 2 === 0 ? 'true' : 'false') },
  {
    type: { kind: 'date' },
    native: (index) => `20${String(10 + (index % 80))}-0${String(1 + (index % 9))}-11`,
  },
  {
    type: { kind: 'date' },
    steps: [{ kind: 'dateFormat', format: 'DD.MM.YYYY' }],
    native: (index) => `11.0${String(1 + (index % 9))}.20${String(10 + (index % 80))}`,
  },
  {
    type: { kind: 'instant' },
    native: (index) => new Date(1_700_000_000_000 + index * 60_011).toISOString(),
  },
  {
    type: { kind: 'choice', options: STATES },
    steps: [{ kind: 'values', pairs: STATES.map((state, index) => [index, state] as const) }],
    native: (index) => index % STATES.length,
  },
  {
    type: { kind: 'set' },
    steps: [{ kind: 'separator', text: ';' }],
    native: (index) => `a${String(index % 7)};vip;b`,
  },
  {
    type: { kind: 'uuid' },
    native: (index) =>
      `0190${String(100_000 + index)}-7a-4b3c-8d9e-0123456789ab`.replace(/^(.{8})(..)-7a/, '$1-$27a'),
  },
  {
    type: { kind: 'salesforceId' },
    native: (index) =>
      `001${Array.from({ length: 12 }, (_, place) => ID_SIGNS[(index * 31 + place * 7) % ID_SIGNS.length] ?? 'A').join('')}`,
  },
];

/** One text per name, as parsers of JSON and database drivers hand them over. */
const NATIVES = COLUMNS.map((_, place) => `Field${String(place)}`);

export function benchMapping(): readonly Measurement[] {
  const side = sideOf(COLUMNS);
  const records = Array.from({ length: RECORDS }, (_, index) => recordOf(COLUMNS, index));
  const texts = records.map((record) => JSON.stringify([...record]));
  const read = perSecond(RECORDS, () => readAll(side, records));
  const bodies = records.map((record) => valuesOf(side, record));
  const parsed = perSecond(RECORDS, () =>
    texts.reduce((sum, text) => sum + (JSON.parse(text) as unknown[]).length, 0),
  );
  return [
    rateBeside('mapping read, 20 fields', read, UNIT, BAR_RECORDS_PER_S, 'bar'),
    rateBeside('mapping read, 20 fields', read, UNIT, parsed, 'JSON.parse of the same records'),
    rateBeside(
      'mapping write, 20 fields',
      perSecond(RECORDS, () =>
        bodies.reduce((sum, body) => sum + renderBody(side, body, false).kind.length, 0),
      ),
      UNIT,
      BAR_RECORDS_PER_S,
      'bar',
    ),
    ...slowSpellings(),
    ...benchExpressions(),
  ];
}

function alone(name: string, column: Column): Measurement {
  const side = sideOf([column]);
  // More values than are remembered, so that each is read as if for the first time.
  const records = Array.from({ length: ALONE_RECORDS }, (_, index) => recordOf([column], index));
  return measured(
    name,
    perSecond(records.length, () => readAll(side, records)),
    'fields/s/core',
  );
}

/** What costs more than the rest together: spellings that only a library or a calendar can read. */
function slowSpellings(): readonly Measurement[] {
  return [
    alone('mapping phone as dialled at home', {
      type: { kind: 'phone', region: 'US' },
      native: (index) =>
        `(212) 5${String(index)
          .padStart(6, '0')
          .replace(/^(..)(....)$/, '$1-$2')}`,
    }),
    alone('mapping country by its name', { type: { kind: 'country' }, native: () => 'United Kingdom' }),
    alone('mapping local time', {
      type: { kind: 'instant' },
      steps: [{ kind: 'localTime', zone: 'Europe/Berlin', format: 'YYYY-MM-DD HH:mm:ss' }],
      native: (index) =>
        new Date(1_700_000_000_000 + index * 600_000).toISOString().slice(0, 19).replace('T', ' '),
    }),
    alone('mapping number by its format', {
      type: { kind: 'decimal' },
      steps: [{ kind: 'numberFormat', sample: '1.234,56 \u20ac' }],
      native: (index) => `${String(1 + (index % 900))}.234,56 \u20ac`,
    }),
    alone('mapping web address', {
      type: { kind: 'url' },
      native: (index) => `https://example.com/a/${String(index)}`,
    }),
  ];
}

const EXPRESSIONS: readonly (readonly [name: string, text: string])[] = [
  ['CEL name of two fields', 'first + " " + last'],
  ['CEL filter', 'status == "Active" && amount > 100.0'],
  ['CEL search in a list', 'tags.exists(t, t == "vip")'],
];

function benchExpressions(): readonly Measurement[] {
  const given: Readonly<Record<string, NativeValue>> = {
    first: 'Ann',
    last: 'Lee',
    status: 'Active',
    amount: 150.5,
    tags: ['a', 'vip', 'b'],
  };
  const natives = new Map(Object.entries(given));
  const valueOf = (field: string): NativeValue | undefined => natives.get(field);
  return EXPRESSIONS.flatMap(([name, text]) => {
    const compiled = compileExpression(text);
    if (compiled.kind === 'bad') return [];
    const bare = plan(celEnv({}), parse(text));
    const ours = perSecond(EVALUATIONS, () => repeat(() => compiled.evaluate(valueOf)));
    const library = perSecond(EVALUATIONS, () => repeat(() => bare(given)));
    return [
      rateBeside(name, ours, 'evaluations/s/core', BAR_EVALUATIONS_PER_S, 'bar'),
      rateBeside(name, ours, 'evaluations/s/core', library, 'the library alone'),
    ];
  });
}

function repeat(run: () => unknown): number {
  let done = 0;
  for (let time = 0; time < EVALUATIONS; time += 1) if (run() !== undefined) done += 1;
  return done;
}

/** The median of several rounds over the same records. */
function perSecond(records: number, round: () => number): number {
  for (let warm = 0; warm < ROUNDS_WARM; warm += 1) round();
  const rates = Array.from({ length: ROUNDS_MEASURED }, () => {
    const beganMs = performance.now();
    round();
    return (records * 1_000) / (performance.now() - beganMs);
  });
  return rates.toSorted((left, right) => left - right)[Math.floor(ROUNDS_MEASURED / 2)] ?? 0;
}

function readAll(side: SideModel, records: readonly ReadonlyMap<string, NativeValue>[]): number {
  let read = 0;
  for (const record of records) if (readRecord(side, record).kind === 'values') read += 1;
  return read;
}

function valuesOf(side: SideModel, record: ReadonlyMap<string, NativeValue>): Values {
  const reading = readRecord(side, record);
  if (reading.kind !== 'values')
    throw new Error(`a record of the bench cannot be read: ${JSON.stringify(reading)}`);
  return reading.values;
}

function recordOf(columns: readonly Column[], index: number): ReadonlyMap<string, NativeValue> {
  return new Map(
    columns.map(({ native }, place) => [must(NATIVES[place], 'every column has a name'), native(index)]),
  );
}

function fieldName(place: number): string {
  return `field_${String(place)}`;
}

function sideOf(columns: readonly Column[]): SideModel {
  const mappings = columns.map(({ steps }, place): MappingDefinition => ({
    field: fieldName(place),
    native: `Field${String(place)}`,
    direction: 'both',
    transforms: steps ?? [],
  }));
  const model = compileSync({
    name: 'customers',
    entity: 'Customer',
    fields: columns.map(({ type }, place) => ({
      name: fieldName(place),
      type,
      required: false,
      ignoreCase: false,
      policy: { owners: [], resolve: [] },
    })),
    sides: [
      {
        name: 'crm',
        connection: 'crm',
        collection: 'c',
        fields: mappings,
        creates: true,
        deletes: false,
        where: [],
      },
    ],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
  });
  return must(model.sides[0], 'there is one side');
}

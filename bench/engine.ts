/** How many records the engine decides on per second and core: one merge and one plan each, ten fields, two sides. */
import { mergeObservation, newIdentity, newLink } from '../src/engine/merge.ts';
import { compileSync, type FieldPolicy, type SyncModel } from '../src/engine/model.ts';
import { planIdentity } from '../src/engine/plan.ts';
import type { Bundle, Link, Observation } from '../src/engine/state.ts';
import type { Value } from '../src/engine/value.ts';
import { seededRandom } from '../src/lib/random.ts';
import { measured, rateBeside, type Measurement } from './measure.ts';

interface Case {
  readonly bundle: Bundle;
  readonly seen: Observation;
}

type Kind = 'firstSight' | 'unchanged' | 'edit' | 'conflict';

const UNIT = 'records/s/core';
const BAR_RECORDS_PER_S = 200_000;
const FIELDS = 10;
const RECORDS = 10_000;
/** Enough for the compiler to have settled, and for one pause of the machine not to decide the result. */
const ROUNDS_WARM = 6;
const ROUNDS_MEASURED = 9;

/** What a working day looks like to the engine: much is met again unchanged, little is in conflict. */
const MIX: readonly (readonly [kind: Kind, share: number])[] = [
  ['firstSight', 0.25],
  ['unchanged', 0.35],
  ['edit', 0.3],
  ['conflict', 0.1],
];

const CONFLICT: FieldPolicy = {
  owners: [],
  resolve: [{ kind: 'latest' }, { kind: 'priority', sides: ['erp', 'crm'] }],
};

/** The mix beside its bar and beside what it costs only to read such bundles; then each kind of record alone. */
export function benchEngine(): readonly Measurement[] {
  const model = modelOfTen();
  const mix = casesOf(model, kindsByShare());
  const texts = mix.map(({ bundle }) => JSON.stringify(bundle));
  const decided = perSecond(RECORDS, () => decideAll(model, mix));
  const read = perSecond(RECORDS, () => readAll(texts));
  const alone = MIX.map(([kind]) => {
    const cases = casesOf(
      model,
      Array.from({ length: RECORDS }, () => kind),
    );
    return measured(
      `engine ${kind}`,
      perSecond(RECORDS, () => decideAll(model, cases)),
      UNIT,
    );
  });
  return [
    rateBeside('engine mix', decided, UNIT, BAR_RECORDS_PER_S, 'bar'),
    rateBeside('engine mix', decided, UNIT, read, 'JSON.parse of the same bundles'),
    ...alone,
  ];
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

function readAll(texts: readonly string[]): number {
  const bundles: unknown[] = [];
  for (const text of texts) bundles.push(JSON.parse(text));
  return bundles.length;
}

/** Keeps every result until the batch is done, as the worker does. */
function decideAll(model: SyncModel, cases: readonly Case[]): number {
  let steps = 0;
  const bundles: Bundle[] = [];
  for (const { bundle, seen } of cases) {
    const outcome = mergeObservation(model, bundle, seen);
    bundles.push(outcome.bundle);
    steps += planIdentity(model, outcome.bundle).length;
  }
  return steps + bundles.length;
}

function modelOfTen(): SyncModel {
  const names = Array.from({ length: FIELDS }, (_, index) => `field_${String(index)}`);
  const fields = names.map((field) => ({
    field,
    native: field,
    direction: 'both' as const,
    transforms: [],
  }));
  const side = (name: string) => ({
    name,
    connection: name,
    collection: 'things',
    fields,
    creates: true,
    deletes: true,
    where: [],
  });
  return compileSync({
    name: 'things',
    entity: 'Thing',
    fields: names.map((name) => ({
      name,
      type: { kind: 'text' },
      required: false,
      ignoreCase: false,
      policy: CONFLICT,
    })),
    sides: [side('crm'), side('erp')],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
  });
}

/** The kinds in their shares, shuffled, so that no branch can be foretold. */
function kindsByShare(): readonly Kind[] {
  const random = seededRandom(1);
  const kinds = MIX.flatMap(([kind, share]) => Array.from({ length: RECORDS * share }, () => kind));
  return kinds
    .map((kind) => ({ kind, place: random.fraction() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ kind }) => kind);
}

function casesOf(model: SyncModel, kinds: readonly Kind[]): readonly Case[] {
  return kinds.map((kind, index) => caseOf(model, kind, index));
}

function caseOf(model: SyncModel, kind: Kind, index: number): Case {
  const names = [...model.fields.keys()];
  const values: Record<string, Value> = Object.fromEntries(
    names.map((name) => [name, `${name} ${String(index)}`]),
  );
  const seen = (change: Readonly<Record<string, Value>>): Observation => ({
    side: 'crm',
    recordId: `crm-${String(index)}`,
    version: '2',
    values: parsed({ ...values, ...change }),
    readBeganMs: 2_000,
    readEndedMs: 2_100,
    followed: { sinceMs: 0, untilMs: 1_000 },
  });
  if (kind === 'firstSight') {
    const bundle: Bundle = {
      identity: newIdentity(String(index)),
      links: [newLink('crm', `crm-${String(index)}`)],
      writes: [],
      holds: [],
    };
    return { bundle, seen: seen({}) };
  }
  const inStep = bundleOf(names, values, index);
  if (kind === 'unchanged') return { bundle: inStep, seen: seen({}) };
  const field = names[index % FIELDS] ?? 'field_0';
  if (kind === 'edit') return { bundle: inStep, seen: seen({ [field]: 'edited at crm' }) };
  const theirs = mergeObservation(model, inStep, {
    side: 'erp',
    recordId: `erp-${String(index)}`,
    version: '2',
    values: { ...values, [field]: 'edited at erp' },
    readBeganMs: 1_500,
    readEndedMs: 1_600,
  });
  return { bundle: parsed(theirs.bundle), seen: seen({ [field]: 'edited at crm' }) };
}

function bundleOf(names: readonly string[], golden: Readonly<Record<string, Value>>, index: number): Bundle {
  const edit = { seq: 1, side: 'crm', fromMs: null, untilMs: 1_000, rule: 'first' as const };
  const link = (side: string): Link => ({
    side,
    recordId: `${side}-${String(index)}`,
    status: 'live',
    version: '1',
    asOfMs: 1_000,
    lookedAtMs: 1_000,
    accounted: golden,
    agreed: Object.fromEntries(names.map((name) => [name, 1])),
    sent: [],
  });
  const edits = Object.fromEntries(names.map((name) => [name, edit]));
  const identity = { id: String(index), seq: 1, golden, edits, tombstone: null };
  return parsed({ identity, links: [link('crm'), link('erp')], writes: [], holds: [] });
}

/** As the store hands it over: nothing shares an object or a text with anything else. */
function parsed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Generated syncs and histories for properties of the engine. */
import * as fc from 'fast-check';

import type {
  DeletePolicy,
  Direction,
  FieldDefinition,
  FieldPolicy,
  Resolver,
} from '../../src/engine/model.ts';
import type { Observation } from '../../src/engine/state.ts';
import type { Value, Values } from '../../src/engine/value.ts';
import type { Step, WorldShape } from './engine-world.ts';
import { seen, type ModelShape, type SideShape } from './engine.ts';

const SIDES = ['crm', 'erp', 'shop', 'desk'];
/** `kind` decides who owns some of the others, and `tags` is a set. */
const FIELDS = ['kind', 'name', 'city', 'tags'];

/** Sides that each hold a value of their own for every field, to be looked at in any order. */
export interface Sights {
  readonly model: ModelShape;
  readonly looks: readonly Observation[];
}

interface Drawn {
  readonly sides: readonly string[];
  readonly fields: readonly string[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  sides: fc.integer({ min: 2, max: SIDES.length }).map((count) => SIDES.slice(0, count)),
  fields: fc.subarray(FIELDS, { minLength: 1 }),
});

const mostly = fc.oneof(
  { weight: 4, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
);

const direction = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Direction>('both') },
  { weight: 1, arbitrary: fc.constantFrom<Direction>('in', 'out') },
);

const deletes: fc.Arbitrary<Partial<DeletePolicy>> = fc.record({
  mode: fc.constantFrom('propagate', 'propagate', 'hold', 'ignore'),
  againstEdit: fc.constantFrom('hold', 'editWins', 'deleteWins'),
});

/** Any policy that a sync file can say. */
function anyPolicy(sides: readonly string[], field: string): fc.Arbitrary<FieldPolicy> {
  const owner = fc.constantFrom(...sides).map((side) => ({ side }));
  const sometimes = owner.map(({ side }) => ({ side, when: { field: 'kind', equals: 'a' } }));
  const resolver = fc.oneof(
    fc.shuffledSubarray([...sides], { minLength: 1 }).map(ranking),
    fc.constantFrom<Resolver>({ kind: 'latest' }, { kind: 'fill' }, { kind: 'hold' }),
  );
  return fc.record({
    owners: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.tuple(owner) },
      { weight: field === 'kind' ? 0 : 1, arbitrary: fc.tuple(sometimes) },
    ),
    resolve: field === 'tags' ? setRule : fc.array(resolver, { maxLength: 3 }),
  });
}

/** Policies that name a winner without looking at the clock and without asking a person. */
function decisivePolicy(sides: readonly string[], field: string): fc.Arbitrary<FieldPolicy> {
  const ranked = fc.shuffledSubarray([...sides], { minLength: sides.length }).map(ranking);
  const fills = fc.constantFrom<readonly Resolver[]>([], [{ kind: 'fill' }]);
  const owner = fc.constantFrom(...sides).map((side) => ({ side }));
  return fc.record({
    owners: fc.oneof(fc.constant([]), fc.tuple(owner)),
    resolve: field === 'tags' ? setRule : fc.tuple(fills, ranked).map(([first, last]) => [...first, last]),
  });
}

const setRule = fc.constant<readonly Resolver[]>([{ kind: 'set' }]);

function ranking(sides: readonly string[]): Resolver {
  return { kind: 'priority', sides };
}

function fieldsOf(
  { sides, fields }: Drawn,
  policyOf: (sides: readonly string[], field: string) => fc.Arbitrary<FieldPolicy>,
): fc.Arbitrary<Readonly<Record<string, Partial<FieldDefinition>>>> {
  const all = fields.map((name) =>
    policyOf(sides, name).map((policy): Partial<FieldDefinition> =>
      name === 'tags' ? { policy, type: { kind: 'set' } } : { policy },
    ),
  );
  return named(fields, all);
}

function sidesOf({ sides, fields }: Drawn): fc.Arbitrary<Readonly<Record<string, SideShape>>> {
  const directions = named(
    fields,
    fields.map(() => direction),
  );
  const whenMissing = fc.constantFrom({}, {}, { name: 'unknown' });
  return named(
    sides,
    sides.map(() => fc.record({ creates: mostly, deletes: mostly, directions, whenMissing })),
  );
}

function valuesOf({ fields }: Drawn): fc.Arbitrary<Values> {
  const text = fc.constantFrom<Value>('a', 'b', null, '');
  const set = fc.subarray(['s', 't', 'u']).map((elements): Value => elements);
  return named(
    fields,
    fields.map((name) => (name === 'tags' ? set : text)),
  );
}

function named<T>(
  names: readonly string[],
  all: readonly fc.Arbitrary<T>[],
): fc.Arbitrary<Readonly<Record<string, T>>> {
  return fc
    .tuple(...all)
    .map((made) => Object.fromEntries(made.map((one, index) => [names[index] ?? '', one])));
}

/** A world with any policies, directions and first records. */
export function worldShapes(conditionalWrite: boolean, isPrompt: boolean): fc.Arbitrary<WorldShape> {
  return drawn.chain((names) =>
    fc.record({
      model: fc.record({ fields: fieldsOf(names, anyPolicy), sides: sidesOf(names), deletes }),
      start: fc.tuple(...names.sides.map(() => fc.option(valuesOf(names), { freq: 4 }))),
      conditionalWrite: fc.constant(conditionalWrite),
      isPrompt: fc.constant(isPrompt),
    }),
  );
}

const KINDS: readonly (readonly [kind: Step['kind'], weight: number])[] = [
  ['edit', 3],
  ['look', 3],
  ['apply', 1],
  ['deliver', 2],
  ['send', 3],
  ['land', 2],
  ['answer', 2],
  ['lose', 3],
  ['resolve', 1],
  ['remove', 1],
  ['enter', 1],
  ['hide', 1],
];

export const histories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.oneof(...KINDS.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    side: fc.nat({ max: 3 }),
    field: fc.nat({ max: 3 }),
    pick: fc.nat({ max: 9 }),
  }),
  { maxLength: 60, size: 'max' },
);

export const sights: fc.Arbitrary<Sights> = drawn.chain((names) =>
  fc.record({
    model: fc.record({
      fields: fieldsOf(names, decisivePolicy),
      sides: named(
        names.sides,
        names.sides.map(() => fc.constant({})),
      ),
    }),
    looks: fc.tuple(...names.sides.map((side) => valuesOf(names).map((held) => seen(side, 200, held)))),
  }),
);

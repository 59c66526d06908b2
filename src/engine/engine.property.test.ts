import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { histories, sights, worldShapes } from '../../test/support/engine-arbitraries.ts';
import { EngineWorld, type Step, type WorldShape } from '../../test/support/engine-world.ts';
import { deepFreeze, inStep, modelOf, recordAt, seen } from '../../test/support/engine.ts';
import { must } from '../lib/assert.ts';
import { acknowledge } from './acknowledge.ts';
import { mergeDelete } from './existence.ts';
import { mergeSeen } from './late-edit.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import type { SyncModel } from './model.ts';
import { bodyOf, planIdentity } from './plan.ts';
import type { Bundle, Observation, Outcome } from './state.ts';
import { linkAt } from './state.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** A run of a world takes a fraction of a millisecond; the rarest planted fault needs some two thousand of them. */
const RUNS = { numRuns: 3_000, seed: 1 };
const NOTHING: Bundle = { identity: newIdentity('i1'), links: [], writes: [], holds: [] };

function brokenAfter(shape: WorldShape, history: readonly Step[]): readonly string[] {
  const world = new EngineWorld(shape);
  for (const step of history) world.run(step);
  world.rest();
  return world.broken;
}

test('whatever people and the network do, nothing is lost, invented or overwritten, and all comes to rest in step', () => {
  fc.assert(
    fc.property(worldShapes(true, false), histories, (shape, history) => {
      expect(brokenAfter(shape, history)).toEqual([]);
    }),
    RUNS,
  );
});

test('where systems cannot refuse a stale write, nothing is invented, and all still comes to rest in step', () => {
  fc.assert(
    fc.property(worldShapes(false, false), histories, (shape, history) => {
      expect(brokenAfter(shape, history)).toEqual([]);
    }),
    RUNS,
  );
});

test('an edit that won as the later one was made later', () => {
  fc.assert(
    fc.property(worldShapes(true, true), histories, (shape, history) => {
      expect(brokenAfter(shape, history)).toEqual([]);
    }),
    RUNS,
  );
});

test('the order in which populated systems are first read does not change which values stand', () => {
  fc.assert(
    fc.property(sights, fc.infiniteStream(fc.nat()), (drawn, chance) => {
      const model = modelOf(drawn.model);
      const there = lookedAt(model, NOTHING, drawn.looks);
      const back = lookedAt(model, NOTHING, shuffled(drawn.looks, chance));
      expect(goldenOf(back)).toEqual(goldenOf(there));
    }),
    RUNS,
  );
});

test('the order in which concurrent edits are read does not change which values stand', () => {
  fc.assert(
    fc.property(sights, fc.infiniteStream(fc.nat()), (drawn, chance) => {
      const model = modelOf(drawn.model);
      const start = agreedOn(model, [...model.fields.keys()]);
      const there = lookedAt(model, start, drawn.looks);
      const back = lookedAt(model, start, shuffled(drawn.looks, chance));
      expect(goldenOf(back)).toEqual(goldenOf(there));
    }),
    RUNS,
  );
});

test('where edits win over deletes, it is all one which of the two is seen first', () => {
  fc.assert(
    fc.property(sights, (drawn) => {
      const deletes = { mode: 'propagate', againstEdit: 'editWins' } as const;
      const model = modelOf({ ...drawn.model, deletes });
      const start = agreedOn(model, [...model.fields.keys()]);
      const [look, other] = drawn.looks;
      const edit = must(look, 'a sync has sides');
      const { side } = must(other, 'a sync has two sides');
      const see = (bundle: Bundle): Outcome => mergeSeen(model, deepFreeze(bundle), edit);
      const remove = (bundle: Bundle): Outcome => mergeDelete(model, deepFreeze(bundle), side, 'feed', 300);
      const edited = see(start);
      const there = remove(edited.bundle);
      const back = see(remove(start).bundle);
      expect(back.bundle.identity.tombstone === null).toBe(there.bundle.identity.tombstone === null);
      if (there.bundle.identity.tombstone !== null) return;
      expect(goldenOf(back.bundle)).toEqual(goldenOf(there.bundle));
      expect(back.decisions).toEqual([...edited.decisions, ...there.decisions]);
      expect(planIdentity(model, back.bundle)).toEqual(planIdentity(model, there.bundle));
    }),
    RUNS,
  );
});

test('an edit that every side makes alike is agreement: nothing to decide, nothing to write', () => {
  fc.assert(
    fc.property(sights, fc.infiniteStream(fc.nat()), (drawn, chance) => {
      const model = modelOf(drawn.model);
      const free = [...model.fields.values()].filter(({ policy }) => policy.owners.length === 0);
      const names = free.map((field) => field.name);
      const edited = only(must(drawn.looks[0], 'a sync has sides').values, names);
      const alike = drawn.looks.map((look) => seen(look.side, 200, edited));
      const bundle = shuffled(alike, chance).reduce(
        (now, look) => {
          const outcome = mergeObservation(model, deepFreeze(now), look);
          expect([...outcome.decisions, ...outcome.holds]).toEqual([]);
          return outcome.bundle;
        },
        agreedOn(model, names),
      );
      expect(planIdentity(model, bundle)).toEqual([]);
    }),
    RUNS,
  );
});

test('a plan that was carried out in full leaves an empty plan', () => {
  fc.assert(
    fc.property(sights, fc.nat({ max: 3 }), (drawn, more) => {
      const model = modelOf(drawn.model);
      const bundle = lookedAt(model, NOTHING, drawn.looks.slice(0, 1 + more));
      const done = planIdentity(model, bundle).reduce((now, step) => {
        expect(step.kind).toBe('open');
        const kind = linkAt(now, step.side) === undefined ? 'create' : 'update';
        const body = bodyOf(must(model.sideOf.get(step.side), 'a step names a side'), now, kind);
        const receipt = {
          recordId: recordAt(step.side),
          version: 'new',
          returned: null,
          sentAtMs: 290,
          nowMs: 300,
        };
        const write = { side: step.side, kind, body, seq: now.identity.seq } as const;
        return acknowledge(model, deepFreeze(now), write, receipt).bundle;
      }, bundle);
      expect(planIdentity(model, done)).toEqual([]);
    }),
    RUNS,
  );
});

/** An identity that every side holds with values nobody draws. */
function agreedOn(model: SyncModel, names: readonly string[]): Bundle {
  return inStep(model, Object.fromEntries(names.map((name) => [name, name === 'tags' ? ['old'] : 'old'])));
}

function lookedAt(model: SyncModel, start: Bundle, looks: readonly Observation[]): Bundle {
  return looks.reduce((bundle, look) => {
    const isLinked = linkAt(bundle, look.side) !== undefined;
    const links = isLinked ? bundle.links : [...bundle.links, newLink(look.side, look.recordId)];
    return mergeObservation(model, deepFreeze({ ...bundle, links }), look).bundle;
  }, start);
}

/** Golden values, with everything that is empty alike. */
function goldenOf(bundle: Bundle): Readonly<Record<string, Value>> {
  const golden = Object.entries(bundle.identity.golden);
  return Object.fromEntries(golden.map(([name, value]) => [name, isEmpty(value) ? null : value]));
}

function only(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

function shuffled<T>(all: readonly T[], chance: fc.Stream<number>): readonly T[] {
  const places = [...chance.take(all.length)];
  return all
    .map((one, index) => ({ one, place: places[index] ?? 0 }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ one }) => one);
}

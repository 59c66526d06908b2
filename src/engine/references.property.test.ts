import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { referring } from '../../test/support/references.ts';
import { must } from '../lib/assert.ts';
import { compileSync, type SideModel } from './model.ts';
import {
  idsIn,
  readReferences,
  referredFirst,
  referrersOf,
  writeReferences,
  type Translate,
} from './references.ts';
import { sameValue, type Value, type Values } from './value.ts';

const DEFINITION = referring('contacts', {
  account: { to: 'accounts' },
  boss: { to: 'contacts' },
  teams: { to: 'teams', many: true },
});
const SIDE: SideModel = must(compileSync(DEFINITION).sideOf.get('crm'), 'there is a crm');
const RUNS = { numRuns: 10_000, seed: 1 };

/** Ids in many shapes, also such that a careless map would mix up. */
const id = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(String),
  fc.constantFrom('constructor', '__proto__', '001A000001LZ6CIAA3', '["a","b"]', ' ', 'Ä', '🙂', 'a,b'),
);
const set = fc.uniqueArray(id, { maxLength: 4 }).map((ids) => ids.toSorted());
const record = fc.record(
  {
    name: fc.constantFrom<Value>(null, 'Ann', '1'),
    account: fc.option(id),
    boss: fc.option(id),
    teams: fc.option(set),
  },
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<Values>;

/** What has another name is a matter of chance, apart for each place; no two have the same. */
const known = fc.func(fc.boolean());

function forth(isKnown: (place: string, given: string) => boolean): Translate {
  return ({ refersTo: { sync, side } }, given) =>
    isKnown(`${sync} ${side}`, given) ? `${sync} ${side} ${given}` : undefined;
}

const back: Translate = ({ refersTo: { sync, side } }, given) => {
  const start = `${sync} ${side} `;
  return given.startsWith(start) ? given.slice(start.length) : undefined;
};

test('what is read and written back is what was there, and what is left out is all that has no other name', () => {
  const holds = fc.property(record, known, (values, isKnown) => {
    const names = forth((place, given) => isKnown(place, given));
    const { values: read, unread = {} } = readReferences(SIDE, values, names);
    for (const lens of SIDE.references) {
      const { name } = lens.field;
      const strange = idsIn(values[name]).filter((given) => names(lens, given) === undefined);
      expect(idsIn(unread[name])).toEqual(strange);
      expect(name in unread && name in read).toBe(false);
      expect(name in unread || name in read).toBe(name in values);
    }
    const { body, missing } = writeReferences(SIDE, read, back);
    expect(missing).toEqual({});
    const whole = Object.fromEntries(Object.entries(values).filter(([name]) => !(name in unread)));
    expect(body).toEqual(whole);
  });
  fc.assert(holds, RUNS);
});

/** As a side says it that calls everything otherwise, and lists it in another order. */
function otherwise([field, value]: readonly [string, Value]): readonly [string, Value] {
  if (field === 'name' || value === null) return [field, value];
  if (typeof value === 'string') return [field, `erp:${value}`];
  return [
    field,
    idsIn(value)
      .map((one) => `erp:${one}`)
      .toReversed(),
  ];
}

const identityOf: Translate = (_, given) => `identity of ${given.replace(/^erp:/, '')}`;

test('two sides that name the same things in their own ways say the same, in whatever order', () => {
  const holds = fc.property(record, (values) => {
    const here = readReferences(SIDE, values, identityOf).values;
    const turned = Object.fromEntries(Object.entries(values).map(otherwise));
    const there = readReferences(SIDE, turned, identityOf).values;
    for (const name of Object.keys(values)) expect(sameValue(here[name], there[name])).toBe(true);
  });
  fc.assert(holds, RUNS);
});

test('those who refer to a sync are told with their places, and come after it unless they form a circle', () => {
  const accounts = referring('accounts', { parent: { to: 'accounts', late: true } });
  const teams = referring('teams', { lead: { to: 'contacts', late: true } });
  expect(referrersOf('contacts', [DEFINITION, accounts, teams])).toEqual(
    [
      ['contacts', 'boss'],
      ['teams', 'lead'],
    ].flatMap(([sync, field]) => ['crm', 'erp'].map((side) => ({ sync, side, field, at: side }))),
  );
  const rows = [DEFINITION, accounts, teams].map((definition) => ({ definition }));
  expect(referredFirst(rows).map(({ definition }) => definition.name)).toEqual([
    'accounts',
    'teams',
    'contacts',
  ]);
});

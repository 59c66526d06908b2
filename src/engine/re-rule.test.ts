import { expect, test } from 'vitest';

import { HOLD, latest, modelOf, ownedBy, ranked } from '../../test/support/engine.ts';
import { simpleDefinition } from '../../test/support/sync.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import type { FieldPolicy } from './model.ts';
import { changedPolicies, refusedBy, reruled, type Reruled, type Ruling } from './re-rule.ts';
import { linkAt, PERSON, type Bundle, type Rule } from './state.ts';

/** The CRM's value has won over the ERP's. */
function ruling(rule: Rule, change: Partial<Ruling> = {}): Ruling {
  return {
    field: 'phone',
    rule,
    winner: { side: 'crm', value: '1' },
    loser: { side: 'erp', value: '2' },
    ...change,
  };
}

const CONDITIONAL: FieldPolicy = {
  owners: [{ side: 'erp', when: { field: 'name', equals: 'x' } }],
  resolve: [{ kind: 'hold' }],
};

test.each<[string, FieldPolicy, FieldPolicy, Ruling, Reruled]>([
  [
    'another order of sides',
    ranked('crm', 'erp'),
    ranked('erp', 'crm'),
    ruling('priority'),
    { kind: 'otherWins' },
  ],
  [
    'a longer order',
    ranked('crm', 'erp'),
    ranked('shop', 'crm', 'erp'),
    ruling('priority'),
    { kind: 'asIs' },
  ],
  ['a person instead of an order', ranked('crm', 'erp'), HOLD, ruling('priority'), { kind: 'asked' }],
  [
    'an order instead of a person',
    HOLD,
    ranked('erp', 'crm'),
    ruling('hold'),
    { kind: 'byItself', side: 'erp' },
  ],
  ['an owner who had lost', HOLD, ownedBy('erp'), ruling('priority'), { kind: 'otherWins' }],
  ['an owner who had won', ranked('crm'), ownedBy('crm'), ruling('priority'), { kind: 'asIs' }],
  ['an owner who was no part of it', HOLD, ownedBy('shop'), ruling('hold'), { kind: 'untold' }],
  [
    'no owner any more, and who was refused ranks first',
    ownedBy('crm'),
    ranked('erp'),
    ruling('notOwner'),
    { kind: 'otherWins' },
  ],
  [
    'no owner any more, and an order that goes by conflicts',
    ownedBy('crm'),
    ranked('crm'),
    ruling('notOwner'),
    { kind: 'untold' },
  ],
  [
    'the later edit, of which nothing was recorded',
    ranked('crm'),
    latest(),
    ruling('priority'),
    { kind: 'untold' },
  ],
  [
    'the later edit, which could not tell then either',
    latest({ kind: 'priority', sides: ['crm', 'erp'] }),
    latest({ kind: 'priority', sides: ['erp', 'crm'] }),
    ruling('priority'),
    { kind: 'otherWins' },
  ],
  ['a condition that is not recorded', HOLD, CONDITIONAL, ruling('hold'), { kind: 'untold' }],
  [
    'what a person said',
    ranked('crm'),
    ranked('erp'),
    ruling('person', { winner: { side: PERSON, value: '3' } }),
    { kind: 'asIs' },
  ],
])('%s', (_, before, after, given, expected) => {
  expect(reruled({ before, after }, given)).toEqual(expected);
});

test('only policies that say something else are changed, of fields that both know', () => {
  const before = simpleDefinition(['crm', 'erp']);
  const fields = before.fields.map((field) =>
    field.name === 'phone' ? { ...field, policy: ownedBy('erp') } : field,
  );
  const after = { ...before, fields: [...fields, { ...fields[0], name: 'new' } as (typeof fields)[number]] };
  const changed = changedPolicies(before, after);
  expect([...changed.keys()]).toEqual(['phone']);
  expect(['crm', 'erp'].map((side) => refusedBy(changed, 'phone', side, {}))).toEqual(['erp', null]);
  expect(refusedBy(changed, 'name', 'crm', {})).toBe(null);
});

test('what is told of another order is what the merge makes of the same conflict by it', () => {
  const orders = [ranked('crm', 'erp'), ranked('erp', 'crm'), ownedBy('erp'), ownedBy('crm'), HOLD];
  const told: unknown[] = [];
  const wouldBe: unknown[] = [];
  for (const before of orders)
    for (const after of orders) {
      const [recorded, golden] = conflictBy(before);
      const { kind } = reruled({ before, after }, recorded);
      const stands: Partial<Record<typeof kind, unknown>> = { asIs: golden, otherWins: recorded.loser.value };
      if (!(kind in stands)) continue;
      told.push(stands[kind]);
      wouldBe.push(conflictBy(after)[1]);
    }
  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual(wouldBe);
});

/** Two records that are linked for the first time and differ: the CRM's is golden when the ERP's is read. */
function conflictBy(policy: FieldPolicy): readonly [Ruling, unknown] {
  const model = modelOf({ fields: { email: {}, phone: { policy } } });
  let bundle: Bundle = { identity: newIdentity('one'), links: [], writes: [], holds: [] };
  let recorded: Ruling | undefined;
  for (const [side, phone] of [
    ['crm', '1'],
    ['erp', '2'],
  ] as const) {
    const linked = { ...bundle, links: [...bundle.links, newLink(side, side)] };
    const seen = { side, recordId: side, version: 'v', readBeganMs: 10, readEndedMs: 11 };
    const outcome = mergeObservation(model, linked, { ...seen, values: { email: 'ann', phone } });
    recorded = outcome.decisions[0] ?? recorded;
    ({ bundle } = outcome);
  }
  expect(linkAt(bundle, 'erp')).toBeDefined();
  if (recorded === undefined) throw new Error('the two differ');
  return [recorded, bundle.identity.golden['phone']];
}

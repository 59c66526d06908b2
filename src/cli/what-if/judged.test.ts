/** What other rules and conditions would have made of single entries of the journal. */
import { expect, test } from 'vitest';

import { simpleDefinition } from '../../../test/support/sync.ts';
import type { SyncDefinition } from '../../engine/model.ts';
import type { ValueRule } from '../../engine/rules.ts';
import type { Json } from '../../lib/json.ts';
import type { PagedEntry } from '../../store/journal-pages.ts';
import { Judged, judgedShape } from './judged.ts';

const BEFORE = simpleDefinition(['crm', 'erp']);
const SHORT: ValueRule = { field: 'phone', kind: 'length', max: 2, onViolation: 'hold' };
const ASKED = 'it must have at most 2 characters';

function withRules(...rules: readonly ValueRule[]): SyncDefinition {
  return { ...BEFORE, rules };
}

function where(native: string, ...values: readonly (string | null)[]): SyncDefinition {
  const sides = BEFORE.sides.map((side) =>
    side.name === 'crm' ? { ...side, where: [{ native, in: values, negated: false }] } : side,
  );
  return { ...BEFORE, sides };
}

function entry(kind: string, body: Json, side = 'crm', identityId = 'one'): PagedEntry {
  return { identityId, atMs: 0, side, recordId: `${side}1`, kind, body };
}

function linked(values: Readonly<Record<string, string | null>>, side = 'crm'): PagedEntry {
  const fields = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, [null, value, 'first']]),
  );
  return entry('linked', { values, fields }, side);
}

function judged(before: SyncDefinition, after: SyncDefinition, entries: readonly PagedEntry[]): object {
  const all = new Judged(before, after);
  for (const one of entries) all.addEntry(one);
  return judgedShape(all);
}

const NOTHING = { broken: [], freed: [], leaving: [], untold: [], unseen: [] };

test('values that a new rule would have held are counted where they were read, and no others', () => {
  const entries = [
    linked({ email: 'ann', phone: '123' }),
    entry('written', { values: { phone: '123' } }, 'erp'),
    entry('changed', { fields: { phone: ['123', '12', 'edit'] } }),
    entry('changed', { fields: { phone: ['12', '1234', 'edit'] } }, 'erp'),
  ];
  expect(judged(BEFORE, withRules(SHORT), entries)).toEqual({
    ...NOTHING,
    broken: ['crm', 'erp'].map((side) => ({
      side,
      field: 'phone',
      onViolation: 'hold',
      says: ASKED,
      values: 1,
      examples: [`${side} ${side}1`],
    })),
  });
  expect(judged(withRules(SHORT), withRules(SHORT), entries)).toEqual(NOTHING);
});

test('what was flagged already is not told again, unless it would be held now', () => {
  const flagged = entry('linked', {
    values: { phone: '123' },
    fields: { phone: [null, '123', 'first'] },
    violations: { phone: ASKED },
  });
  const [old, flag] = [
    { ...SHORT, max: 1, onViolation: 'flag' },
    { ...SHORT, onViolation: 'flag' },
  ] as const;
  expect(judged(withRules(old), withRules(flag), [flagged])).toEqual(NOTHING);
  expect(judged(withRules(old), withRules(SHORT), [flagged])).toMatchObject({ broken: [{ values: 1 }] });
});

test('what a rule kept out is told where the journal has it, and counted where it has not', () => {
  const violations = { phone: ASKED };
  const entries = [
    entry('linked', { values: { email: 'ann', phone: '123' }, violations }),
    entry('changed', { fields: {}, violations }),
  ];
  expect(judged(withRules(SHORT), BEFORE, entries)).toEqual({
    ...NOTHING,
    freed: [{ place: 'crm phone', values: 1 }],
    untold: [{ what: 'phone of crm that a rule kept out', number: 1 }],
  });
});

test('an expression is asked only where all that it names is known', () => {
  const rule: ValueRule = {
    field: 'phone',
    kind: 'expression',
    text: 'phone == "" || city != ""',
    says: 'a number needs a city',
    ofRecord: false,
    onViolation: 'hold',
  };
  const known = linked({ phone: '1', city: '' });
  expect(judged(BEFORE, withRules(rule), [known])).toMatchObject({
    broken: [{ says: rule.says, values: 1 }],
  });
  const later = entry('changed', { fields: { phone: ['1', '2', 'edit'] } });
  expect(judged(BEFORE, withRules(rule), [later])).toEqual({
    ...NOTHING,
    untold: [{ what: 'phone of crm by its rules', number: 1 }],
  });
  expect(judged(BEFORE, withRules(rule), [linked({ city: 'Ulm' }, 'erp'), later])).toEqual(NOTHING);
});

test('a record that another condition would have left out is counted once', () => {
  const entries = [
    linked({ email: 'ann', city: 'Ulm' }),
    entry('changed', { fields: { city: ['Ulm', 'Rome', 'edit'] } }),
    entry('changed', { fields: { city: ['Rome', 'Bonn', 'edit'] } }),
    linked({ email: 'ann', city: 'Rome' }, 'erp'),
  ];
  expect(judged(BEFORE, where('city', 'Ulm'), entries)).toEqual({
    ...NOTHING,
    leaving: [{ side: 'crm', records: 1, examples: ['crm crm1'] }],
    unseen: ['crm'],
  });
});

test('what a condition on a field that is not mapped would have left out is not guessed', () => {
  expect(judged(BEFORE, where('kind', 'customer'), [linked({ email: 'ann' })])).toEqual({
    ...NOTHING,
    untold: [{ what: 'records of crm by its condition', number: 1 }],
    unseen: ['crm'],
  });
});

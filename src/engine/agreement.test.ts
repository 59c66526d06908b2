import { expect, test } from 'vitest';

import { simpleDefinition } from '../../test/support/sync.ts';
import { withoutEndedConflicts } from './agreement.ts';
import { newIdentity, newLink } from './merge.ts';
import { compileSync } from './model.ts';
import type { Bundle, Link, OpenHold } from './state.ts';

const model = compileSync(simpleDefinition(['crm', 'erp', 'shop']));
const CONFLICT: OpenHold = { field: 'name', reason: 'conflict', sides: ['crm'] };

function bundle(holds: readonly OpenHold[], names: Readonly<Record<string, string>>, gone?: string): Bundle {
  const links = Object.entries(names).map(([side, name]): Link => {
    const link = { ...newLink(side, 'r1'), accounted: { name } };
    return side === gone ? { ...link, status: 'gone' } : link;
  });
  const identity = { ...newIdentity('1'), golden: { name: 'Anna', city: 'Rome' } };
  return { identity, links, writes: [], holds };
}

test('a conflict ends when whoever was in it holds the golden value, whatever a bystander holds', () => {
  const over = withoutEndedConflicts(model, bundle([CONFLICT], { crm: 'Anna', erp: 'Anna', shop: 'Ann' }));
  expect(over.holds).toEqual([]);
  const open = bundle([CONFLICT], { crm: 'Anne', erp: 'Anna', shop: 'Ann' });
  expect(withoutEndedConflicts(model, open)).toBe(open);
});

test('a conflict ends when the record that was in it is gone', () => {
  expect(withoutEndedConflicts(model, bundle([CONFLICT], { crm: 'Anne', erp: 'Anna' }, 'crm')).holds).toEqual(
    [],
  );
});

test('a conflict that does not say who was in it ends only when nobody differs', () => {
  const { sides: _, ...unsaid } = CONFLICT;
  const open = bundle([unsaid], { crm: 'Anna', erp: 'Anna', shop: 'Ann' });
  expect(withoutEndedConflicts(model, open)).toBe(open);
  expect(withoutEndedConflicts(model, bundle([unsaid], { crm: 'Anna', erp: 'Anna' })).holds).toEqual([]);
});

test('other holds, and conflicts about other fields, stay', () => {
  const others: readonly OpenHold[] = [
    { field: null, reason: 'deletion' },
    { field: 'name', reason: 'oscillation', sides: ['crm'] },
  ];
  const { holds } = withoutEndedConflicts(model, bundle([CONFLICT, ...others], { crm: 'Anna' }));
  expect(holds).toEqual(others);
});

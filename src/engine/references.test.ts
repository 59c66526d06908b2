import { expect, test } from 'vitest';

import { referring } from '../../test/support/references.ts';
import { must } from '../lib/assert.ts';
import { acknowledge } from './acknowledge.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import { compileSync } from './model.ts';
import { bodyOf, planIdentity } from './plan.ts';
import type { Bundle, Link, Observation } from './state.ts';
import { linkAt } from './state.ts';
import type { Values } from './value.ts';

const MODEL = compileSync(referring('contacts', { account: { to: 'accounts', late: true } }));
const STRICT = compileSync(referring('contacts', { account: { to: 'accounts' } }));
const CRM: Link = newLink('crm', 'r1');
const NEW: Bundle = { identity: newIdentity('i1'), links: [CRM], writes: [], holds: [] };

function seen(side: string, recordId: string, values: Values, more: Partial<Observation> = {}): Observation {
  return { side, recordId, version: 'v', values, readBeganMs: 10, readEndedMs: 11, ...more };
}

function erp(bundle: Bundle): Link {
  return must(linkAt(bundle, 'erp'), 'there is a record at erp');
}

const UPDATE = [{ kind: 'open', side: 'erp', write: 'update' }];

/** A contact of a known account, for which a create without the account is on its way to erp. */
function created(): { readonly bundle: Bundle; readonly body: Values } {
  const { bundle } = mergeObservation(MODEL, NEW, seen('crm', 'r1', { email: 'ann', account: 'a1' }));
  const { account: _, ...body } = bodyOf(must(MODEL.sideOf.get('erp'), 'a side'), bundle, 'create');
  const write = {
    side: 'erp',
    kind: 'create' as const,
    state: 'sent' as const,
    body,
    seq: bundle.identity.seq,
  };
  return { bundle: { ...bundle, writes: [write] }, body };
}

test('a record that was made without its reference is owed it once the create is answered', () => {
  const { bundle, body } = created();
  const write = { side: 'erp', kind: 'create' as const, body, seq: 1 };
  const receipt = { recordId: 'e1', version: 'v', returned: null, sentAtMs: 12, nowMs: 13 };
  for (const returned of [null, { email: 'ann', account: null }]) {
    const { bundle: after, holds } = acknowledge(MODEL, bundle, write, { ...receipt, returned });
    expect(holds).toEqual([]);
    expect(planIdentity(MODEL, after)).toEqual(UPDATE);
    expect(bodyOf(must(MODEL.sideOf.get('erp'), 'a side'), after, 'update')).toEqual({ account: 'a1' });
  }
});

test('it is owed it as well when the record is seen before the answer comes, or instead of it', () => {
  const { bundle } = created();
  const linked = { ...bundle, links: [...bundle.links, newLink('erp', 'e1')] };
  const looked = mergeObservation(MODEL, linked, seen('erp', 'e1', { email: 'ann', account: null }));
  expect(looked.holds).toEqual([]);
  expect(looked.bundle.identity.golden['account']).toBe('a1');
  expect(erp(looked.bundle).accounted['account']).toBeNull();
  expect(planIdentity(MODEL, { ...looked.bundle, writes: [] })).toEqual(UPDATE);
});

test('a reference that names nothing known is neither merged nor written over, and keeps the record from having a version', () => {
  const first = mergeObservation(MODEL, NEW, seen('crm', 'r1', { email: 'ann', account: 'a1' })).bundle;
  const both = { ...first, links: [...first.links, newLink('erp', 'e1')] };
  const agreed = mergeObservation(MODEL, both, seen('erp', 'e1', { email: 'ann', account: 'a1' })).bundle;
  const unread = { account: 'X9' };
  const later = { unread, readBeganMs: 20, readEndedMs: 21 };
  const { bundle } = mergeObservation(MODEL, agreed, seen('erp', 'e1', { email: 'ann' }, later));
  expect(erp(bundle)).toMatchObject({ version: null, unread, accounted: { account: 'a1' } });
  const edit = seen('crm', 'r1', { email: 'ann', account: 'a2' }, { readBeganMs: 30, readEndedMs: 31 });
  const moved = mergeObservation(MODEL, bundle, edit).bundle;
  expect(moved.identity.golden['account']).toBe('a2');
  expect(planIdentity(MODEL, moved)).toEqual([]);
  // Once it is known it is an edit as any other: here of both sides, about which nobody has ruled.
  const known = seen('erp', 'e1', { email: 'ann', account: 'a3' }, { readBeganMs: 40, readEndedMs: 41 });
  const ruled = mergeObservation(MODEL, moved, known);
  expect(ruled.holds).toMatchObject([{ field: 'account', reason: 'conflict' }]);
  expect(erp(ruled.bundle).unread).toBeUndefined();
  expect(erp(ruled.bundle).version).toBe('v');
});

test('an answer that does not tell of a reference leaves it waiting to be read', () => {
  const unread = { account: 'X9' };
  const { bundle } = mergeObservation(MODEL, NEW, seen('crm', 'r1', { email: 'ann' }, { unread }));
  const write = { side: 'crm', kind: 'update' as const, body: { email: 'eve' }, seq: 2 };
  const receipt = { recordId: 'r1', version: 'w', sentAtMs: 12, nowMs: 13 };
  const written = acknowledge(MODEL, bundle, write, { ...receipt, returned: { email: 'eve' } });
  expect(linkAt(written.bundle, 'crm')).toMatchObject({ version: null, unread });
  const told = acknowledge(MODEL, bundle, write, { ...receipt, returned: { email: 'eve', account: 'a1' } });
  expect(linkAt(told.bundle, 'crm')?.unread).toBeUndefined();
});

test('no record is made while a reference that it may not be without is still unknown', () => {
  const look = seen('crm', 'r1', { email: 'ann' }, { unread: { account: 'X9' } });
  expect(planIdentity(STRICT, mergeObservation(STRICT, NEW, look).bundle)).toEqual([]);
  const create = [{ kind: 'open', side: 'erp', write: 'create' }];
  expect(planIdentity(MODEL, mergeObservation(MODEL, NEW, look).bundle)).toEqual(create);
});

import { expect, test } from 'vitest';

import {
  HOLD,
  SET,
  START_MS,
  inStep,
  latest,
  modelOf,
  ownedBy,
  ranked,
  recordAt,
  relinked,
  seen,
  writing,
} from '../../test/support/engine.ts';
import { withHolds } from './merge-draft.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import { planIdentity } from './plan.ts';
import type { Bundle } from './state.ts';
import { linkAt } from './state.ts';

const model = modelOf({ fields: { name: {}, city: {} } });
const agreedOn = inStep(model, { name: 'Ann', city: 'Bonn' });

/** An identity of which only the record just found at `side` is known. */
function begun(side: string): Bundle {
  return { identity: newIdentity('i1'), links: [newLink(side, recordAt(side))], writes: [], holds: [] };
}

/** The identity after erp has changed a field, which crm has not received yet. */
function movedAtErp(bundle: Bundle, values: Readonly<Record<string, string>>, atMs = 200): Bundle {
  return mergeObservation(model, bundle, seen('erp', atMs, values)).bundle;
}

function accountedAt(bundle: Bundle, side: string): unknown {
  return linkAt(bundle, side)?.accounted;
}

test('a value that is accounted for is nothing new', () => {
  const outcome = mergeObservation(model, agreedOn, seen('crm', 200, { name: 'Ann', city: 'Bonn' }));
  expect(outcome).toMatchObject({ changes: [], decisions: [], holds: [] });
  expect(outcome.bundle.identity).toBe(agreedOn.identity);
  expect(linkAt(outcome.bundle, 'crm')).toMatchObject({ version: 'crm@200', asOfMs: 200 });
});

test('a field that the side says nothing about stays as it is', () => {
  const { bundle, changes } = mergeObservation(model, agreedOn, seen('crm', 200, { city: 'Rome' }));
  expect(changes.map((change) => change.field)).toEqual(['city']);
  expect(bundle.identity.golden).toEqual({ name: 'Ann', city: 'Rome' });
  expect(accountedAt(bundle, 'crm')).toEqual({ name: 'Ann', city: 'Rome' });
});

test('the first value of a field is golden', () => {
  const { bundle, changes } = mergeObservation(model, begun('crm'), seen('crm', 200, { name: 'Ann' }));
  expect(bundle.identity).toMatchObject({ seq: 1, golden: { name: 'Ann' } });
  expect(changes).toEqual([{ field: 'name', before: undefined, after: 'Ann', rule: 'first' }]);
});

test('a side that alone has moved is followed', () => {
  const { bundle, changes, decisions } = mergeObservation(
    model,
    agreedOn,
    seen('erp', 200, { name: 'Anna', city: 'Bonn' }),
  );
  expect(bundle.identity).toMatchObject({ seq: 2, golden: { name: 'Anna', city: 'Bonn' } });
  expect(bundle.identity.edits['name']).toEqual({
    seq: 2,
    side: 'erp',
    fromMs: START_MS,
    untilMs: 200,
    rule: 'edit',
    swing: { before: 'Ann', turns: 0 },
  });
  expect(changes).toEqual([{ field: 'name', before: 'Ann', after: 'Anna', rule: 'edit' }]);
  expect(decisions).toEqual([]);
  expect(linkAt(bundle, 'erp')?.agreed).toEqual({ name: 2, city: 1 });
});

test('a side that did not change never wins', () => {
  for (const policy of [HOLD, latest(), ranked('crm', 'erp')]) {
    const sided = modelOf({ fields: { name: { policy } } });
    const start = inStep(sided, { name: 'Ann' });
    const moved = mergeObservation(sided, start, seen('erp', 200, { name: 'Anna' })).bundle;
    const outcome = mergeObservation(sided, moved, seen('crm', 300, { name: 'Ann' }));
    expect(outcome.bundle.identity.golden).toEqual({ name: 'Anna' });
    expect(outcome).toMatchObject({ changes: [], decisions: [], holds: [] });
  }
});

test('an edit that was made twice is agreement, not conflict', () => {
  const moved = movedAtErp(agreedOn, { name: 'Anna' });
  const { bundle, decisions, holds } = mergeObservation(model, moved, seen('crm', 300, { name: 'Anna' }));
  expect({ decisions, holds }).toEqual({ decisions: [], holds: [] });
  expect(bundle.identity.seq).toBe(2);
  expect(linkAt(bundle, 'crm')?.agreed['name']).toBe(2);
});

test('a value that two sides entered stands in the name of the one that ranks higher', () => {
  const policy = ranked('crm', 'erp', 'shop');
  const three = modelOf({ fields: { name: { policy } }, sides: { crm: {}, erp: {}, shop: {} } });
  let bundle = begun('shop');
  for (const [side, name] of [
    ['shop', 'Ann'],
    ['crm', 'Ann'],
    ['erp', 'Anna'],
  ] as const) {
    const isLinked = linkAt(bundle, side) !== undefined;
    const links = isLinked ? bundle.links : [...bundle.links, newLink(side, recordAt(side))];
    bundle = mergeObservation(three, { ...bundle, links }, seen(side, 200, { name })).bundle;
  }
  expect(bundle.identity).toMatchObject({
    seq: 1,
    golden: { name: 'Ann' },
    edits: { name: { side: 'crm' } },
  });
});

test('a value that two sides entered, one after the other, was entered last by the later one', () => {
  for (const [policy, side] of [
    [latest({ kind: 'priority', sides: ['crm', 'erp', 'shop'] }), 'crm'],
    [latest({ kind: 'priority', sides: ['erp', 'crm', 'shop'] }), 'erp'],
  ] as const) {
    const timed = modelOf({ fields: { name: { policy } }, sides: { crm: {}, erp: {}, shop: {} } });
    const first = mergeObservation(timed, inStep(timed, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
    const second = mergeObservation(timed, first.bundle, seen('crm', 400, { name: 'Anna' }));
    expect(second.bundle.identity.edits['name']).toMatchObject({ side, untilMs: 400 });
    // Shop was last seen unchanged between the two: which of them its edit came after nobody knows.
    const looked = relinked(second.bundle, 'shop', { lookedAtMs: 300, asOfMs: 300 });
    const { decisions } = mergeObservation(timed, looked, seen('shop', 500, { name: 'Anne' }));
    expect(decisions).toMatchObject([{ rule: 'priority', winner: { side, value: 'Anna' } }]);
  }
});

test('different fields that two sides changed both stand', () => {
  const moved = movedAtErp(agreedOn, { name: 'Anna', city: 'Bonn' });
  const { bundle, decisions } = mergeObservation(
    model,
    moved,
    seen('crm', 300, { name: 'Ann', city: 'Rome' }),
  );
  expect(bundle.identity.golden).toEqual({ name: 'Anna', city: 'Rome' });
  expect(decisions).toEqual([]);
});

test('fields that changed together share one step of the golden sequence', () => {
  const { bundle } = mergeObservation(model, agreedOn, seen('crm', 200, { name: 'Bea', city: 'Rome' }));
  expect(bundle.identity.seq).toBe(2);
  expect(bundle.identity.edits).toMatchObject({ name: { seq: 2 }, city: { seq: 2 } });
});

/** Crm and erp put the name back and forth, each in answer to the other, `everyMs` apart. */
function chase(turns: number, everyMs: number): ReturnType<typeof mergeObservation> {
  let outcome = mergeObservation(model, agreedOn, seen('crm', 200, { name: 'on' }));
  for (let turn = 1; turn <= turns; turn += 1) {
    const [side, value] = turn % 2 === 0 ? (['crm', 'on'] as const) : (['erp', 'off'] as const);
    const { golden, edits } = outcome.bundle.identity;
    const landed = relinked(outcome.bundle, side, {
      accounted: { name: golden['name'] ?? null, city: 'Bonn' },
      agreed: { name: edits['name']?.seq ?? 0, city: 1 },
    });
    outcome = mergeObservation(model, landed, seen(side, 200 + turn * everyMs, { name: value }));
  }
  return outcome;
}

test('two systems that undo each other again and again are stopped for a person', () => {
  expect(chase(3, 1_000).holds).toEqual([]);
  const { bundle, holds, decisions } = chase(4, 1_000);
  expect(holds).toEqual([{ field: 'name', reason: 'oscillation', seen: { name: 'on' }, side: 'crm' }]);
  expect(decisions).toMatchObject([{ rule: 'hold', winner: { value: 'off' }, loser: { value: 'on' } }]);
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('a value that people change to and fro over hours is not stopped', () => {
  expect(chase(12, 60 * 60_000).holds).toEqual([]);
});

test('values that differ only in case are the same where the field ignores case', () => {
  const folded = modelOf({ fields: { name: { ignoreCase: true } } });
  const { changes } = mergeObservation(
    folded,
    inStep(folded, { name: 'Ann' }),
    seen('crm', 200, { name: 'ANN' }),
  );
  expect(changes).toEqual([]);
});

test('a conflict that is taken names winner, loser and rule', () => {
  const sided = modelOf({ fields: { name: { policy: ranked('crm', 'erp') } } });
  const moved = mergeObservation(sided, inStep(sided, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
  const { bundle, decisions } = mergeObservation(sided, moved.bundle, seen('crm', 300, { name: 'Anne' }));
  expect(decisions).toEqual([
    {
      field: 'name',
      rule: 'priority',
      winner: { side: 'crm', value: 'Anne' },
      loser: { side: 'erp', value: 'Anna' },
    },
  ]);
  expect(bundle.identity.golden).toEqual({ name: 'Anne' });
  expect(bundle.identity.edits['name']).toMatchObject({ seq: 3, side: 'crm', rule: 'priority' });
});

test('the loser of a conflict is accounted for, has agreed to nothing, and is owed the golden value', () => {
  const sided = modelOf({ fields: { name: { policy: ranked('erp', 'crm') } } });
  const moved = mergeObservation(sided, inStep(sided, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
  const { bundle, decisions, changes } = mergeObservation(
    sided,
    moved.bundle,
    seen('crm', 300, { name: 'Anne' }),
  );
  expect(decisions[0]).toMatchObject({ winner: { value: 'Anna' }, loser: { side: 'crm', value: 'Anne' } });
  expect(changes).toEqual([]);
  expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: 'Anne' }, agreed: { name: 1 } });
  expect(planIdentity(sided, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('a second edit of the loser, made before it was corrected, is a conflict again', () => {
  const sided = modelOf({ fields: { name: { policy: ranked('erp', 'crm') } } });
  const moved = mergeObservation(sided, inStep(sided, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
  const lost = mergeObservation(sided, moved.bundle, seen('crm', 300, { name: 'Anne' }));
  const { bundle, decisions } = mergeObservation(sided, lost.bundle, seen('crm', 400, { name: 'Annie' }));
  expect(bundle.identity.golden).toEqual({ name: 'Anna' });
  expect(decisions[0]).toMatchObject({ rule: 'priority', loser: { side: 'crm', value: 'Annie' } });
});

test('a conflict that no rule decides is held with what was seen', () => {
  const moved = movedAtErp(agreedOn, { name: 'Anna' });
  const { bundle, decisions, holds } = mergeObservation(model, moved, seen('crm', 300, { name: 'Anne' }));
  expect(holds).toEqual([{ field: 'name', reason: 'conflict', seen: { name: 'Anne' }, side: 'crm' }]);
  expect(decisions[0]).toMatchObject({ rule: 'hold', winner: { value: 'Anna' }, loser: { value: 'Anne' } });
  expect(bundle.identity.golden['name']).toBe('Anna');
  expect(accountedAt(bundle, 'crm')).toMatchObject({ name: 'Anne' });
});

test('a hold that is open already stays one hold', () => {
  const open = [{ field: 'name', reason: 'conflict' as const }];
  const again = { field: 'name', reason: 'conflict' as const, seen: {}, side: 'crm' };
  expect(withHolds(open, [again])).toBe(open);
  expect(withHolds(open, [{ ...again, field: 'city' }])).toHaveLength(2);
});

test('a side that may not write the field is corrected, and the decision says so', () => {
  const owned = modelOf({ fields: { name: { policy: ownedBy('erp') } } });
  const { bundle, decisions, changes } = mergeObservation(
    owned,
    inStep(owned, { name: 'Ann' }),
    seen('crm', 200, { name: 'Anne' }),
  );
  expect(changes).toEqual([]);
  expect(decisions).toEqual([
    {
      field: 'name',
      rule: 'notOwner',
      winner: { side: 'crm', value: 'Ann' },
      loser: { side: 'crm', value: 'Anne' },
    },
  ]);
  expect(planIdentity(owned, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('a side that only receives a field is corrected, whatever the policy', () => {
  const oneWay = modelOf({
    fields: { name: { policy: ranked('crm', 'erp') } },
    sides: { crm: { directions: { name: 'out' } }, erp: {} },
  });
  const { bundle, decisions } = mergeObservation(
    oneWay,
    inStep(oneWay, { name: 'Ann' }),
    seen('crm', 200, { name: 'Anne' }),
  );
  expect(bundle.identity.golden).toEqual({ name: 'Ann' });
  expect(decisions[0]?.rule).toBe('notOwner');
});

test('a side that only receives a field never gives its first value', () => {
  const oneWay = modelOf({ fields: { name: {} }, sides: { crm: { directions: { name: 'out' } }, erp: {} } });
  const first = mergeObservation(oneWay, begun('crm'), seen('crm', 200, { name: 'old' }));
  expect(first.bundle.identity.golden).toEqual({});
  expect(first.changes).toEqual([]);
  const linked = { ...first.bundle, links: [...first.bundle.links, newLink('erp', recordAt('erp'))] };
  const { bundle, holds } = mergeObservation(oneWay, linked, seen('erp', 300, { name: 'Ann' }));
  expect(bundle.identity.golden).toEqual({ name: 'Ann' });
  expect(holds).toEqual([]);
  expect(planIdentity(oneWay, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('a field whose owner has no record yet may be corrected where it was entered', () => {
  const owned = modelOf({ fields: { name: { policy: ownedBy('erp') } } });
  const first = mergeObservation(owned, begun('crm'), seen('crm', 200, { name: 'Ann' })).bundle;
  const { bundle, changes, decisions } = mergeObservation(owned, first, seen('crm', 300, { name: 'Anne' }));
  expect(changes).toEqual([{ field: 'name', before: 'Ann', after: 'Anne', rule: 'edit' }]);
  expect(decisions).toEqual([]);
  expect(bundle.identity.golden).toEqual({ name: 'Anne' });
});

test('while the owner has no record, the rules that follow decide between the others', () => {
  const policy = ownedBy('shop', { kind: 'priority', sides: ['erp', 'crm'] });
  const owned = modelOf({ fields: { name: { policy } }, sides: { crm: {}, erp: {}, shop: {} } });
  const first = mergeObservation(owned, begun('crm'), seen('crm', 200, { name: 'Ann' })).bundle;
  const linked = { ...first, links: [...first.links, newLink('erp', recordAt('erp'))] };
  const { bundle, decisions } = mergeObservation(owned, linked, seen('erp', 300, { name: 'Anna' }));
  expect(decisions[0]).toMatchObject({ rule: 'priority', winner: { side: 'erp' } });
  expect(bundle.identity.golden).toEqual({ name: 'Anna' });
});

test('the owner of a field wins a conflict over every other rule', () => {
  const owned = modelOf({ fields: { name: { policy: ownedBy('erp', { kind: 'hold' }) } } });
  const ruled = inStep(owned, { name: 'Ann' });
  const identity = {
    ...ruled.identity,
    seq: 2,
    golden: { name: 'Anne' },
    edits: { name: { seq: 2, side: 'person', fromMs: 150, untilMs: 150, rule: 'person' as const } },
  };
  const { bundle, decisions } = mergeObservation(
    owned,
    { ...ruled, identity },
    seen('erp', 300, { name: 'Anna' }),
  );
  expect(bundle.identity.golden).toEqual({ name: 'Anna' });
  expect(decisions[0]).toMatchObject({ rule: 'owner', winner: { side: 'erp' }, loser: { side: 'person' } });
});

test('a newly linked record that holds the golden value agrees', () => {
  const { bundle, decisions } = mergeObservation(
    model,
    { ...agreedOn, links: [...agreedOn.links.filter((link) => link.side === 'crm'), newLink('erp', 'e9')] },
    seen('erp', 200, { name: 'Ann', city: 'Bonn' }, { recordId: 'e9' }),
  );
  expect(decisions).toEqual([]);
  expect(linkAt(bundle, 'erp')).toMatchObject({ agreed: { name: 1, city: 1 } });
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('an empty field of a newly linked record is filled, whatever the policy', () => {
  const linked = relinked(agreedOn, 'erp', { accounted: {}, agreed: {}, asOfMs: 0 });
  const { bundle, decisions, holds } = mergeObservation(
    model,
    linked,
    seen('erp', 200, { name: null, city: 'Bonn' }),
  );
  expect(holds).toEqual([]);
  expect(decisions).toEqual([
    {
      field: 'name',
      rule: 'fill',
      winner: { side: 'crm', value: 'Ann' },
      loser: { side: 'erp', value: null },
    },
  ]);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'update' }]);
});

test('an empty golden field is filled by a newly linked record', () => {
  const start = inStep(model, { name: null, city: 'Bonn' });
  const linked = relinked(start, 'erp', { accounted: {}, agreed: {}, asOfMs: 0 });
  const { bundle, decisions } = mergeObservation(
    model,
    linked,
    seen('erp', 200, { name: 'Ann', city: 'Bonn' }),
  );
  expect(bundle.identity.golden['name']).toBe('Ann');
  expect(decisions[0]).toMatchObject({ field: 'name', rule: 'fill', winner: { side: 'erp' } });
});

test('two people who change different elements of a set do not conflict', () => {
  const tagged = modelOf({ fields: { tags: { type: { kind: 'set' }, policy: SET } } });
  const start = inStep(tagged, { tags: ['a', 'b'] });
  const moved = mergeObservation(tagged, start, seen('erp', 200, { tags: ['b', 'c'] })).bundle;
  const { bundle, decisions } = mergeObservation(tagged, moved, seen('crm', 300, { tags: ['a', 'b', 'd'] }));
  expect(bundle.identity.golden['tags']).toEqual(['b', 'c', 'd']);
  expect(decisions[0]).toMatchObject({ rule: 'set', winner: { value: ['b', 'c', 'd'] } });
  expect(planIdentity(tagged, bundle).map((step) => step.side)).toEqual(['crm', 'erp']);
});

test('the echo of a write that is on its way is our own landing', () => {
  for (const state of ['sent', 'unknown'] as const) {
    const moved = movedAtErp(agreedOn, { name: 'Anna' });
    const sending = writing(moved, 'crm', { state, body: { name: 'Anna' }, seq: 2 });
    const later = mergeObservation(model, sending, seen('erp', 250, { name: 'Annika' })).bundle;
    const { bundle, changes, decisions } = mergeObservation(model, later, seen('crm', 300, { name: 'Anna' }));
    expect({ changes, decisions }).toEqual({ changes: [], decisions: [] });
    expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: 'Anna' }, agreed: { name: 2 } });
    expect(bundle.identity.golden['name']).toBe('Annika');
  }
});

test('our own landing agrees with golden that has moved and come back since', () => {
  const moved = movedAtErp(agreedOn, { name: 'Anna' });
  const sending = writing(moved, 'crm', { body: { name: 'Anna' }, seq: 2 });
  const back = movedAtErp(movedAtErp(sending, { name: 'Annika' }, 250), { name: 'Anna' }, 260);
  const landed = mergeObservation(model, back, seen('crm', 300, { name: 'Anna' })).bundle;
  const { decisions, bundle } = mergeObservation(model, landed, seen('crm', 400, { name: 'Anne' }));
  expect(decisions).toEqual([]);
  expect(bundle.identity.golden['name']).toBe('Anne');
});

test('the value of a write that never left is news', () => {
  for (const state of ['planned', 'queued', 'held', 'dead'] as const) {
    const moved = movedAtErp(movedAtErp(agreedOn, { name: 'Anna' }), { name: 'Annika' }, 250);
    const waiting = writing(moved, 'crm', { state, body: { name: 'Anna' }, seq: 2 });
    const { holds } = mergeObservation(model, waiting, seen('crm', 300, { name: 'Anna' }));
    expect(holds).toHaveLength(1);
  }
});

test('an edit that arrives together with our echo is seen', () => {
  const moved = movedAtErp(agreedOn, { name: 'Anna' });
  const sending = writing(moved, 'crm', { body: { name: 'Anna' }, seq: 2 });
  const { bundle } = mergeObservation(model, sending, seen('crm', 300, { name: 'Anna', city: 'Rome' }));
  expect(bundle.identity.golden).toEqual({ name: 'Anna', city: 'Rome' });
});

test('a late landing of a remembered body is recognised by the first look that it cannot have come after', () => {
  const sent = [{ seq: 2, body: { name: 'Anna' }, expiresAtMs: 500 }];
  const moved = movedAtErp(movedAtErp(agreedOn, { name: 'Anna' }), { name: 'Annika' }, 250);
  const remembering = relinked(moved, 'crm', { sent });
  const landed = mergeObservation(model, remembering, seen('crm', 499, { name: 'Anna' }));
  expect(landed).toMatchObject({ changes: [], decisions: [], holds: [] });
  expect(linkAt(landed.bundle, 'crm')).toMatchObject({ accounted: { name: 'Anna' }, agreed: { name: 2 } });
  expect(planIdentity(model, landed.bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
  expect(linkAt(landed.bundle, 'crm')?.sent).toEqual(sent);
  const late = mergeObservation(model, remembering, seen('crm', 9_000_000, { name: 'Anna' }));
  expect(late).toMatchObject({ changes: [], decisions: [], holds: [] });
  expect(linkAt(late.bundle, 'crm')).toMatchObject({ accounted: { name: 'Anna' }, sent: [] });
  const without = mergeObservation(model, remembering, seen('crm', 500, { name: 'Anne' }));
  const edited = mergeObservation(model, without.bundle, seen('crm', 600, { name: 'Anna' }));
  expect(edited.holds).toHaveLength(1);
});

test('an edit of a deleted identity stops it, and what was seen is kept', () => {
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 150, evidence: 'feed' as const };
  const deleted = { ...agreedOn, identity: { ...agreedOn.identity, tombstone } };
  const { bundle, holds, changes } = mergeObservation(model, deleted, seen('crm', 200, { name: 'Anne' }));
  expect(holds).toEqual([{ field: null, reason: 'editAgainstDelete', seen: { name: 'Anne' }, side: 'crm' }]);
  expect(changes).toEqual([]);
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('one hold keeps all that was seen of a record', () => {
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 150, evidence: 'feed' as const };
  const deleted = { ...agreedOn, identity: { ...agreedOn.identity, tombstone } };
  const { bundle, holds } = mergeObservation(
    model,
    deleted,
    seen('crm', 200, { name: 'Anne', city: 'Rome' }),
  );
  expect(holds).toEqual([
    { field: null, reason: 'editAgainstDelete', seen: { name: 'Anne', city: 'Rome' }, side: 'crm' },
  ]);
  expect(bundle.holds).toMatchObject([{ field: null, reason: 'editAgainstDelete' }]);
});

test('our own landing does not disturb a deleted identity', () => {
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 250, evidence: 'feed' as const };
  const moved = movedAtErp(agreedOn, { name: 'Anna' });
  const sending = writing(moved, 'crm', { body: { name: 'Anna' }, seq: 2 });
  const deleted = { ...sending, identity: { ...sending.identity, tombstone } };
  expect(mergeObservation(model, deleted, seen('crm', 300, { name: 'Anna' })).holds).toEqual([]);
});

test('a value that was never seen before may be arbitrarily old', () => {
  const start = relinked(agreedOn, 'crm', { accounted: { city: 'Bonn' }, agreed: { city: 1 } });
  const unknown = { ...start, identity: { ...start.identity, golden: { city: 'Bonn' } } };
  const { bundle } = mergeObservation(model, unknown, seen('crm', 200, { name: 'Ann', city: 'Rome' }));
  expect(bundle.identity.edits['name']).toMatchObject({ seq: 2, rule: 'first', fromMs: null });
  expect(bundle.identity.edits['city']).toMatchObject({ seq: 2, rule: 'edit', fromMs: START_MS });
});

test('three systems that undo each other in a ring are stopped for a person', () => {
  const three = modelOf({ sides: { crm: {}, erp: {}, shop: {} }, fields: { name: {}, city: {} } });
  let outcome = mergeObservation(
    three,
    inStep(three, { name: 'Ann', city: 'Bonn' }),
    seen('crm', 200, { name: 'a crm' }),
  );
  const insist = (turn: number): typeof outcome => {
    const side = (['crm', 'erp', 'shop'] as const)[turn % 3] ?? 'crm';
    const { golden, edits } = outcome.bundle.identity;
    const landed = relinked(outcome.bundle, side, {
      accounted: { name: golden['name'] ?? null, city: 'Bonn' },
      agreed: { name: edits['name']?.seq ?? 0, city: 1 },
    });
    return mergeObservation(three, landed, seen(side, 200 + turn, { name: `a ${side}` }));
  };
  for (let turn = 1; turn <= 4; turn += 1) {
    outcome = insist(turn);
    expect(outcome.holds).toEqual([]);
  }
  expect(insist(5).holds).toMatchObject([{ field: 'name', reason: 'oscillation', side: 'shop' }]);
});

test('a side that undoes every correction of a field that is not its own is stopped for a person', () => {
  const owned = modelOf({ fields: { name: { policy: ownedBy('crm') }, city: {} } });
  let bundle = inStep(owned, { name: 'Ann', city: 'Bonn' });
  const stamp = (turn: number): ReturnType<typeof mergeObservation> => {
    const outcome = mergeObservation(
      owned,
      bundle,
      seen('erp', 200 + turn, { name: `stamp ${String(turn)}` }),
    );
    // The correction lands.
    bundle = relinked(outcome.bundle, 'erp', {
      accounted: { name: 'Ann', city: 'Bonn' },
      agreed: { name: 1, city: 1 },
    });
    return outcome;
  };
  for (let turn = 0; turn < 3; turn += 1) expect(stamp(turn).decisions).toMatchObject([{ rule: 'notOwner' }]);
  const { holds } = stamp(3);
  expect(holds).toEqual([{ field: 'name', reason: 'oscillation', seen: { name: 'stamp 3' }, side: 'erp' }]);
});

test('what was seen and not accounted for does not count as entered later than that look', () => {
  const timed = modelOf({ fields: { name: { policy: latest() } } });
  const edited = mergeObservation(timed, inStep(timed, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 250, evidence: 'feed' as const };
  const deleted = { ...edited.bundle, identity: { ...edited.bundle.identity, tombstone } };
  const held = mergeObservation(timed, deleted, seen('crm', 300, { name: 'Anne' }));
  const revived = { ...held.bundle, identity: { ...held.bundle.identity, tombstone: null } };
  const again = mergeObservation(timed, revived, seen('crm', 400, { name: 'Anne' }));
  expect(again.decisions).toMatchObject([{ rule: 'hold' }]);
});

test('what could not be read at the last look does not count as entered later than that look', () => {
  const timed = modelOf({ fields: { name: { policy: latest() } } });
  const edited = mergeObservation(timed, inStep(timed, { name: 'Ann' }), seen('erp', 200, { name: 'Anna' }));
  const unread = relinked(edited.bundle, 'crm', { unread: { name: 'Anne' }, lookedAtMs: 300, asOfMs: 300 });
  const again = mergeObservation(timed, unread, seen('crm', 400, { name: 'Anne' }));
  expect(again.decisions).toMatchObject([{ rule: 'hold' }]);
});

test('a feed does not vouch for what a record held while it could not be read, or had the key of another', () => {
  const timed = modelOf({ fields: { name: { policy: latest() } } });
  const start = inStep(timed, { name: 'Ann' });
  const ruleOf = (bundle: typeof start): string | undefined => {
    const edited = mergeObservation(timed, bundle, seen('erp', 200, { name: 'Anna' })).bundle;
    const look = { ...seen('crm', 400, { name: 'Anne' }), followed: { sinceMs: 0, untilMs: 390 } };
    return mergeObservation(timed, edited, look).decisions[0]?.rule;
  };
  const clashingAt = (side: string): typeof start => ({
    ...start,
    holds: [{ field: null, reason: 'ambiguousMatch', sides: [side] }],
  });
  expect(ruleOf(start)).toBe('latest');
  expect(ruleOf(relinked(start, 'crm', { isUnreadable: true }))).toBe('hold');
  expect(ruleOf(clashingAt('erp'))).toBe('latest');
  expect(ruleOf(clashingAt('crm'))).toBe('hold');
});

function asOfAfter(version: string | null, name: string): number | undefined {
  const look = { ...seen('crm', 200, { name }), version, readEndedMs: 250 };
  return linkAt(mergeObservation(model, agreedOn, look).bundle, 'crm')?.asOfMs;
}

test('what was read may be of any moment until the read ended: an older look does not count after it', () => {
  expect(asOfAfter('v2', 'Anne')).toBe(250);
  expect(asOfAfter('v2', 'Ann')).toBe(250);
  expect(asOfAfter(null, 'Anne')).toBe(250);
  // Without versions every look is news; one that shows nothing new has nothing to put back.
  expect(asOfAfter(null, 'Ann')).toBe(200);
});

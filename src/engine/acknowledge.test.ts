import { expect, test } from 'vitest';

import {
  inStep,
  latest,
  modelOf,
  ranked,
  recordAt,
  relinked,
  seen,
  writing,
} from '../../test/support/engine.ts';
import { acknowledge, remember, weigh, withoutWrite, type Receipt, type SentWrite } from './acknowledge.ts';
import { mergeObservation, newLink } from './merge.ts';
import { planIdentity } from './plan.ts';
import type { Bundle } from './state.ts';
import { linkAt } from './state.ts';

const model = modelOf({ fields: { name: {}, city: {} } });
const start = inStep(model, { name: 'Ann', city: 'Bonn' });
/** Erp has moved the name; the update that tells crm is on its way. */
const update: SentWrite = { side: 'crm', kind: 'update', body: { name: 'Anna' }, seq: 2 };
const sending = writing(
  mergeObservation(model, start, seen('erp', 200, { name: 'Anna', city: 'Bonn' })).bundle,
  'crm',
  update,
);
const receipt: Receipt = {
  recordId: recordAt('crm'),
  version: 'crm@300',
  returned: null,
  sentAtMs: 210,
  nowMs: 300,
};
const sentAgainst = { version: 'crm@100', asOfMs: 100 };

/** Crm has no record; the create that makes one is on its way. */
const create: SentWrite = { side: 'crm', kind: 'create', body: { name: 'Ann', city: 'Bonn' }, seq: 1 };
const creating = writing(relinked(start, 'crm', null), 'crm', create);

function deleted(bundle: Bundle): Bundle {
  const tombstone = { side: 'erp', recordId: recordAt('erp'), atMs: 250, evidence: 'feed' as const };
  return { ...relinked(bundle, 'erp', { status: 'gone' }), identity: { ...bundle.identity, tombstone } };
}

test('an answered update closes the write, is accounted for, and owes nothing more', () => {
  const returned = { name: 'Anna', city: 'Bonn' };
  const { bundle, changes, decisions } = acknowledge(model, sending, update, { ...receipt, returned });
  expect(bundle.writes).toEqual([]);
  expect(linkAt(bundle, 'crm')).toMatchObject({
    version: 'crm@300',
    asOfMs: 300,
    accounted: { name: 'Anna', city: 'Bonn' },
    agreed: { name: 2, city: 1 },
  });
  expect({ changes, decisions }).toEqual({ changes: [], decisions: [] });
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('the echo of an answered write says nothing new', () => {
  const { bundle } = acknowledge(model, sending, update, receipt);
  const echo = mergeObservation(model, bundle, seen('crm', 400, { name: 'Anna', city: 'Bonn' }));
  expect(echo).toMatchObject({ changes: [], decisions: [], holds: [] });
});

test('an answered create links the record', () => {
  const { bundle } = acknowledge(model, creating, create, receipt);
  expect(linkAt(bundle, 'crm')).toMatchObject({
    recordId: recordAt('crm'),
    status: 'live',
    agreed: { name: 1, city: 1 },
  });
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('a new record of which the answer does not tell every field is read when its version is met', () => {
  const nameless: SentWrite = { ...create, body: { name: 'Ann' } };
  const owed = writing(relinked(start, 'crm', null), 'crm', nameless);
  const golden = { ...owed, identity: { ...owed.identity, golden: { name: 'Ann' } } };
  for (const returned of [null, { name: 'Ann' }]) {
    const { bundle } = acknowledge(model, golden, nameless, { ...receipt, returned });
    expect(linkAt(bundle, 'crm')?.version).toBeNull();
    const met = mergeObservation(model, bundle, seen('crm', 400, { name: 'Ann', city: 'Given by crm' }));
    expect(met.bundle.identity.golden['city']).toBe('Given by crm');
  }
  const whole = acknowledge(model, golden, nameless, { ...receipt, returned: { name: 'Ann', city: null } });
  expect(linkAt(whole.bundle, 'crm')?.version).toBe('crm@300');
});

test('a record that was changed where the answer to an update is silent is read when its version is met', () => {
  for (const returned of [null, { name: 'Anna' }]) {
    const { bundle } = acknowledge(model, sending, update, { ...receipt, returned });
    expect(linkAt(bundle, 'crm')).toMatchObject({ version: null, accounted: { name: 'Anna', city: 'Bonn' } });
    const met = mergeObservation(model, bundle, seen('crm', 400, { name: 'Anna', city: 'Köln' }));
    expect(met.bundle.identity.golden['city']).toBe('Köln');
  }
});

test('a look that has shown the whole record before the answer came stands for what that leaves out', () => {
  const values = { name: 'Anna', city: 'Köln' };
  const looked = mergeObservation(model, sending, { ...seen('crm', 250, values), version: 'crm@300' }).bundle;
  const { bundle } = acknowledge(model, looked, update, { ...receipt, returned: { name: 'Anna' } });
  expect(linkAt(bundle, 'crm')).toMatchObject({ version: 'crm@300', accounted: values });
});

test('a field that cannot be read back is no part of what an answer must tell', () => {
  const sides = [...model.sideOf].map(([name, side]) => {
    const lenses = side.lenses.map((lens) => ({ ...lens, isBlind: lens.field.name === 'city' }));
    return [name, { ...side, lenses }] as const;
  });
  const rounded = { ...model, sideOf: new Map(sides) };
  const { bundle } = acknowledge(rounded, sending, update, receipt);
  expect(linkAt(bundle, 'crm')?.version).toBe('crm@300');
});

test('an answered delete leaves a record that is gone', () => {
  const write: SentWrite = { side: 'crm', kind: 'delete', body: {}, seq: 2 };
  const { bundle } = acknowledge(model, writing(deleted(start), 'crm', write), write, receipt);
  expect(linkAt(bundle, 'crm')?.status).toBe('gone');
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('a delete that a person refused while it was on its way makes room for the record again', () => {
  const write: SentWrite = { side: 'crm', kind: 'delete', body: {}, seq: 1 };
  const { bundle } = acknowledge(model, writing(start, 'crm', write), write, receipt);
  expect(linkAt(bundle, 'crm')).toBeUndefined();
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'create' }]);
});

test('an answer about a record that left the identity links nothing', () => {
  const unlinked = acknowledge(model, relinked(sending, 'crm', null), update, receipt);
  expect(linkAt(unlinked.bundle, 'crm')).toBeUndefined();
  expect(unlinked.bundle.writes).toEqual([]);
  const write: SentWrite = { side: 'crm', kind: 'delete', body: {}, seq: 1 };
  const other = acknowledge(model, relinked(sending, 'crm', { recordId: 'crm-other' }), write, receipt);
  expect(linkAt(other.bundle, 'crm')).toMatchObject({ recordId: 'crm-other', status: 'live' });
});

test('a created record takes the place of one that was deleted there before', () => {
  const gone = { ...newLink('crm', 'crm-before'), status: 'gone' as const };
  const { bundle, holds } = acknowledge(
    model,
    { ...creating, links: [...creating.links, gone] },
    create,
    receipt,
  );
  expect(holds).toEqual([]);
  expect(linkAt(bundle, 'crm')).toMatchObject({ recordId: recordAt('crm'), status: 'live' });
});

test('a value that the system rewrote is held in its own form and owes nothing more', () => {
  const returned = { name: 'ANNA', city: 'Bonn' };
  const { bundle, changes } = acknowledge(model, sending, update, { ...receipt, returned });
  expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: 'ANNA' }, agreed: { name: 2 } });
  expect(changes).toEqual([]);
  expect(planIdentity(model, bundle)).toEqual([]);
  const later = mergeObservation(model, bundle, seen('crm', 400, { name: 'ANNA', city: 'Bonn' }));
  expect(later.changes).toEqual([]);
});

test('a value that the system dropped is held as nothing there, and is no edit', () => {
  const returned = { name: null, city: 'Bonn' };
  const { bundle, changes } = acknowledge(model, sending, update, { ...receipt, returned });
  expect(changes).toEqual([]);
  expect(bundle.identity.golden['name']).toBe('Anna');
  expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: null }, agreed: { name: 2 } });
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('an answer does not bring back a record that was hidden or deleted meanwhile', () => {
  for (const status of ['hidden', 'gone'] as const) {
    const { bundle } = acknowledge(model, relinked(sending, 'crm', { status }), update, receipt);
    expect(linkAt(bundle, 'crm')?.status).toBe(status);
    const echoed = { ...newLink('crm', recordAt('crm')), status };
    const created = acknowledge(model, { ...creating, links: [...creating.links, echoed] }, create, receipt);
    expect(linkAt(created.bundle, 'crm')?.status).toBe(status);
  }
});

test('an answer does not undo what was seen since the write was sent', () => {
  const firm = modelOf({ fields: { name: { policy: ranked('erp', 'crm') }, city: {} } });
  const looked = mergeObservation(firm, sending, seen('crm', 250, { name: 'Anne', city: 'Bonn' })).bundle;
  const { bundle } = acknowledge(firm, looked, { ...update, sentAgainst }, receipt);
  expect(linkAt(bundle, 'crm')).toMatchObject({ version: 'crm@250', accounted: { name: 'Anne' } });
  expect(planIdentity(firm, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('a look between the sending and the answer is told by its time where the system has no versions', () => {
  const firm = modelOf({ fields: { name: { policy: ranked('erp', 'crm') }, city: {} } });
  const versionless = relinked(sending, 'crm', { version: null });
  const news = seen('crm', 250, { name: 'Anne', city: 'Bonn' }, { version: null });
  const looked = mergeObservation(firm, versionless, news).bundle;
  const sent = { ...update, sentAgainst: { version: null, asOfMs: 100 } };
  const { bundle } = acknowledge(firm, looked, sent, { ...receipt, version: null });
  expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: 'Anne' } });
  expect(planIdentity(firm, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('an edit made between the landing of a write and its answer is not certainly later than the answer', () => {
  const timed = modelOf({ fields: { name: { policy: latest() }, city: {} } });
  const answered = acknowledge(timed, sending, update, receipt).bundle;
  const erpMoved = mergeObservation(
    timed,
    answered,
    seen('erp', 290, { name: 'Annie', city: 'Bonn' }, { readEndedMs: 295 }),
  ).bundle;
  // The write may have landed at 210 already, so this edit may be older than the one at erp.
  const { holds } = mergeObservation(timed, erpMoved, seen('crm', 400, { name: 'Anne', city: 'Bonn' }));
  expect(holds).toHaveLength(1);
});

test('a landing that an earlier look could not show is recognised by the next', () => {
  const firm = modelOf({ fields: { name: { policy: ranked('crm', 'erp') }, city: {} } });
  const looked = mergeObservation(firm, sending, seen('crm', 250, { name: 'Anne', city: 'Bonn' })).bundle;
  const answered = acknowledge(firm, looked, { ...update, sentAgainst }, receipt).bundle;
  const { bundle, changes } = mergeObservation(firm, answered, seen('crm', 400, { name: 'Anna' }));
  expect(changes).toEqual([]);
  expect(bundle.identity.golden['name']).toBe('Anne');
  expect(planIdentity(firm, bundle).map((step) => step.side)).toContain('crm');
});

test('an edit of a created record that was seen before the answer stays', () => {
  const echoed = { ...creating, links: [...creating.links, newLink('crm', recordAt('crm'))] };
  const looked = mergeObservation(model, echoed, seen('crm', 250, { name: 'Anne', city: 'Bonn' })).bundle;
  const { bundle } = acknowledge(
    model,
    looked,
    { ...create, sentAgainst: { version: null, asOfMs: 0 } },
    { ...receipt, version: 'crm@200' },
  );
  expect(linkAt(bundle, 'crm')).toMatchObject({
    version: 'crm@250',
    accounted: { name: 'Anne', city: 'Bonn' },
    sent: [],
  });
});

test('what the answer shows beyond the body is news', () => {
  const returned = { name: 'Anna', city: 'Berlin' };
  const { bundle, changes } = acknowledge(model, sending, update, { ...receipt, returned });
  expect(changes).toEqual([{ field: 'city', before: 'Bonn', after: 'Berlin', rule: 'edit' }]);
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'update' }]);
});

test('an answer to a write that golden has left behind leaves the rest owed', () => {
  const moved = mergeObservation(model, sending, seen('erp', 250, { name: 'Annika', city: 'Bonn' })).bundle;
  const { bundle } = acknowledge(model, moved, update, receipt);
  expect(linkAt(bundle, 'crm')).toMatchObject({ accounted: { name: 'Anna' }, agreed: { name: 2 } });
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('an edit on top of a write that golden has left behind is a conflict', () => {
  const moved = mergeObservation(model, sending, seen('erp', 250, { name: 'Annika', city: 'Bonn' })).bundle;
  const { bundle } = acknowledge(model, moved, update, receipt);
  expect(mergeObservation(model, bundle, seen('crm', 400, { name: 'Anouk' })).holds).toHaveLength(1);
});

test('a record that somebody made there while our create was on its way is held', () => {
  const rival = { ...creating, links: [...creating.links, newLink('crm', 'crm-rival')] };
  const { bundle, holds } = acknowledge(model, rival, create, receipt);
  expect(holds).toEqual([{ field: null, reason: 'duplicateRecord', seen: create.body, side: 'crm' }]);
  expect(bundle.writes).toEqual([]);
  expect(planIdentity(model, bundle)).toEqual([]);
});

test('the echo of a create that comes before its answer is our own landing', () => {
  const echoed = { ...creating, links: [...creating.links, newLink('crm', recordAt('crm'))] };
  const echo = mergeObservation(model, echoed, seen('crm', 250, { name: 'Ann', city: 'Bonn' }));
  expect(echo).toMatchObject({ changes: [], decisions: [], holds: [] });
  expect(planIdentity(model, echo.bundle)).toEqual([]);
  const answered = acknowledge(model, echo.bundle, create, { ...receipt, version: 'crm@250' });
  expect(answered).toMatchObject({ changes: [], decisions: [], holds: [] });
  expect(planIdentity(model, answered.bundle)).toEqual([]);
});

test("what stands in for a missing value in a new record is nobody's edit", () => {
  const crm = { whenMissing: { name: 'unknown', city: 'nowhere' } };
  const standing = modelOf({ fields: { name: {}, city: {} }, sides: { crm, erp: {} } });
  const held = relinked(inStep(standing, { name: null }), 'crm', null);
  const made: SentWrite = { side: 'crm', kind: 'create', body: { name: null }, seq: 1 };
  const shown = { name: 'unknown', city: 'nowhere' };
  const echoed = { ...writing(held, 'crm', made), links: [...held.links, newLink('crm', recordAt('crm'))] };
  for (const outcome of [
    acknowledge(standing, writing(held, 'crm', made), made, { ...receipt, returned: shown }),
    acknowledge(standing, writing(held, 'crm', made), made, receipt),
    mergeObservation(standing, echoed, seen('crm', 300, shown)),
  ]) {
    const looked = mergeObservation(standing, outcome.bundle, seen('crm', 400, shown));
    expect([...outcome.changes, ...looked.changes]).toEqual([]);
    expect(looked.bundle.identity.golden).toEqual({ name: null });
    expect(planIdentity(standing, withoutWrite(looked.bundle, 'crm'))).toEqual([]);
  }
});

test('a write has landed when the record holds its body, at any time', () => {
  const landed = seen('crm', 300, { name: 'Anna', city: 'Rome' });
  expect(weigh(model, update, 'crm@100', landed, false)).toBe('landed');
});

test('a write has not landed when nothing can be running and the version still stands', () => {
  const untouched = seen('crm', 300, { name: 'Ann' }, { version: 'crm@100' });
  expect(weigh(model, update, 'crm@100', untouched, true)).toBe('notLanded');
  expect(weigh(model, update, 'crm@100', untouched, false)).toBe('unclear');
});

test('a record that changed otherwise, or has no versions, leaves the outcome unclear', () => {
  expect(weigh(model, update, 'crm@100', seen('crm', 300, { name: 'Anne' }), true)).toBe('unclear');
  const versionless = seen('crm', 300, { name: 'Ann' }, { version: null });
  expect(weigh(model, update, null, versionless, true)).toBe('unclear');
});

test('a record that does not show a written field proves no landing', () => {
  expect(weigh(model, update, 'crm@100', seen('crm', 300, { city: 'Bonn' }), true)).toBe('unclear');
});

test('a write outlives a change of the mapping', () => {
  const smaller = modelOf({ fields: { name: {} } });
  const both: SentWrite = { ...update, body: { name: 'Anna', city: 'Rome' } };
  expect(linkAt(acknowledge(smaller, sending, both, receipt).bundle, 'crm')).toMatchObject({
    agreed: { name: 2 },
  });
  expect(weigh(smaller, both, 'crm@100', seen('crm', 300, { name: 'Anna' }), false)).toBe('landed');
  const other: SentWrite = { ...update, body: { city: 'Rome' } };
  expect(weigh(smaller, other, 'crm@100', seen('crm', 300, { name: 'Anna' }), true)).toBe('unclear');
});

test('a delete never counts as landed because the record is there', () => {
  const write: SentWrite = { side: 'crm', kind: 'delete', body: {}, seq: 2 };
  expect(weigh(model, write, 'crm@100', seen('crm', 300, {}), true)).toBe('unclear');
});

test('a write whose outcome stays unclear is closed and its body remembered', () => {
  const bundle = remember(sending, update, 900);
  expect(bundle.writes).toEqual([]);
  expect(linkAt(bundle, 'crm')).toMatchObject({
    version: null,
    sent: [{ seq: 2, body: { name: 'Anna' }, expiresAtMs: 900 }],
  });
  expect(planIdentity(model, bundle)).toEqual([{ kind: 'open', side: 'crm', write: 'update' }]);
});

test('several bodies can be remembered at once', () => {
  const once = remember(sending, update, 900);
  const twice = remember(once, { ...update, body: { name: 'Annika' }, seq: 3 }, 950);
  expect(linkAt(twice, 'crm')?.sent.map((sent) => sent.seq)).toEqual([2, 3]);
});

test('a create without a record leaves nothing to remember it by', () => {
  expect(remember(creating, create, 900)).toEqual(withoutWrite(creating, 'crm'));
});

test('closing the write of one side leaves those of others', () => {
  const two = { ...sending, writes: sending.writes.flatMap((write) => [write, { ...write, side: 'erp' }]) };
  expect(withoutWrite(two, 'crm').writes.map((open) => open.side)).toEqual(['erp']);
});

import { expect, test } from 'vitest';

import { failingStand, thing, type FailingStand } from '../../test/support/failing.ts';
import { sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { gatherEvidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import { storyOfUnknown } from './one-record.ts';
import { diagnose } from './symptoms.ts';

const store = sharedTestStore();

function findings(stand: FailingStand): Promise<readonly Finding[]> {
  return stand.transaction(async (tx) => diagnose(await gatherEvidence(tx, stand.sync)));
}

test('a healthy sync has no symptom', async () => {
  expect(await findings(await failingStand(store, 'well', ['ann']))).toEqual([]);
});

test('a refused login is why nothing syncs, with the side, the time and what to do', async () => {
  const stand = await failingStand(store, 'locked-out', ['ann']);
  const beganMs = (await stand.runtime.nowMs()) - 10_000;
  stand.erp.mood.down = { kind: 'auth', code: 'tryton.login_refused', message: 'login refused' };
  stand.crm.create(thing('bob'));
  await stand.settle();
  const [nothing] = (await findings(stand)).filter(({ symptom }) => symptom === 'nothing');
  expect(nothing).toMatchObject({ cause: 'User or password is wrong, or has been changed.', side: 'erp' });
  expect(nothing?.advice).toMatch(/`user` and `password`/);
  expect(nothing?.sinceMs).toBeGreaterThan(beganMs);
});

test('a refused record is missing, and what both sides changed is a mismatch', async () => {
  const stand = await failingStand(store, 'both', ['ann']);
  stand.erp.mood.refuse = ({ name }) =>
    name === 'bob' ? { kind: 'invalid', code: 'tryton.validation', message: 'no bobs', field: 'name' } : null;
  stand.crm.create(thing('bob'));
  stand.crm.edit(stand.crm.find1('name', 'ann').id, { city: 'Rome' });
  stand.erp.edit(stand.erp.find1('name', 'ann').id, { city: 'Oslo' });
  await stand.settle();
  const told = (await findings(stand)).map(({ symptom, records, side }) => ({
    symptom,
    records: records?.count,
    side,
  }));
  expect(told).toContainEqual({ symptom: 'missing', records: 1, side: 'erp' });
  expect(told.filter(({ symptom }) => symptom === 'mismatch')).toHaveLength(2);
  expect(told.filter(({ symptom }) => symptom === 'nothing')).toEqual([]);
});

test('a record that Trueup has never taken in is looked up, and the rule that leaves it out is named', async () => {
  const sides = simpleDefinition(['crm', 'erp']).sides.map((side) =>
    side.name === 'crm' ? { ...side, where: [{ native: 'city', in: ['Rome'], negated: true }] } : side,
  );
  const stand = await failingStand(store, 'unmet', ['ann'], { sides });
  const roman = stand.crm.create({ ...thing('bob'), city: 'Rome' });
  const other = stand.crm.create(thing('cat'));
  const secret = stand.crm.create(thing('dan'));
  stand.crm.hiddenIds.add(secret);
  const verdict = async (id: string): Promise<string> =>
    (await storyOfUnknown(stand.runtime, 'crm', id, Date.UTC(2026, 4, 2))).verdict;
  expect(await verdict(roman)).toBe('It exists at crm, filtered by rule: city is none of Rome.');
  expect(await verdict(other)).toBe(
    'It exists at crm and would go well; crm is known as it was at 2026-05-02T00:00:00.000Z, so it has not been met yet.',
  );
  expect(await verdict(secret)).toMatch(/keeps .* from this account/);
  expect(await verdict('r999')).toMatch(/has no record r999/);
});

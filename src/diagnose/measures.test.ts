import { expect, test } from 'vitest';

import { failingStand, thing, type FailingStand } from '../../test/support/failing.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { noteDeed, noteDeedOnHold, sayTimeSpent } from '../store/problem-deeds.ts';
import { replayAll } from '../worker/redrive.ts';
import { measuresOf, moveOf, type Measures, type MeasuredView } from './measures.ts';

const HOUR_MS = 3_600_000;

const store = sharedTestStore();

function measured(stand: FailingStand, per: 'day' | 'week' = 'week'): Promise<Measures> {
  return stand.transaction((tx) => measuresOf(tx, per, [stand.sync.name]));
}

async function present(stand: FailingStand): Promise<MeasuredView> {
  return must((await measured(stand)).periods.at(-1), 'there is always a present period');
}

/** Makes everything that was stored of the stand's past so much older. */
async function age(stand: FailingStand, hours: number): Promise<void> {
  const by = `make_interval(hours => ${String(hours)})`;
  await stand.transaction(async (tx) => {
    const { syncKey } = stand.sync;
    await tx.execute(`update problem_deeds set done_at = done_at - ${by} where sync_key = $1`, [syncKey]);
    await tx.execute(
      `update problem_openings set opened_at = opened_at - ${by}, resolved_at = resolved_at - ${by} where sync_key = $1`,
      [syncKey],
    );
    await tx.execute(
      `update problems set opened_at = opened_at - ${by}, first_seen_at = first_seen_at - ${by} where sync_key = $1`,
      [syncKey],
    );
    await tx.execute(`update attempts set ended_at = ended_at - ${by} where sync_key = $1`, [syncKey]);
  });
}

/** A stand with one problem, and its id. */
async function troubled(name: string): Promise<{ readonly stand: FailingStand; readonly id: string }> {
  const stand = await failingStand(store, name, ['ann', 'bob', 'cat']);
  stand.erp.mood.refuse = () => ({ kind: 'invalid', code: 'memory.validation', message: 'no' });
  stand.crm.create(thing('dan'));
  await stand.settle();
  await stand.look();
  const [problem] = await stand.problems();
  return { stand, id: must(problem, 'the refusal is a problem').problemId };
}

async function mend(stand: FailingStand, id: string, by = 'ann'): Promise<void> {
  stand.erp.mood.refuse = () => null;
  await replayAll(stand, stand.sync, { problem: id }, { by, reason: null });
  await stand.settle();
  await stand.look();
}

test('a sync in which nothing happened has no rates, rather than rates of nought', async () => {
  const stand = await failingStand(store, 'quiet', []);
  const { periods, open, oldestOpenMs } = await measured(stand);
  expect(periods).toHaveLength(8);
  expect(periods.map(({ failureRate }) => failureRate)).toEqual(periods.map(() => null));
  expect(await present(stand)).toMatchObject({
    failureRate: null,
    medianResolutionMs: null,
    manualMsPerProblem: null,
  });
  expect({ open, oldestOpenMs }).toEqual({ open: 0, oldestOpenMs: null });
});

test('the failure rate is failed tries of all, each in its own period, and counting twice changes nothing', async () => {
  const { stand } = await troubled('rated');
  expect(await present(stand)).toMatchObject({ written: 3, failed: 1, failureRate: 0.25 });
  expect(await present(stand)).toMatchObject({ written: 3, failed: 1, failureRate: 0.25 });
  const older = await failingStand(store, 'rated-long-ago', ['ann']);
  older.erp.mood.refuse = () => ({ kind: 'invalid', code: 'memory.validation', message: 'no' });
  older.crm.create(thing('dan'));
  await older.settle();
  await age(older, 8 * 24);
  const { periods } = await measured(older);
  expect(periods.at(-2)).toMatchObject({ written: 0, failed: 1, failureRate: 1 });
  expect(periods.at(-1)).toMatchObject({ written: 1, failed: 0, failureRate: 0 });
});

test('periods are whole, follow each other without a gap and end with the present hour', async () => {
  const stand = await failingStand(store, 'whole', []);
  for (const per of ['day', 'week'] as const) {
    const { periods } = await measured(stand, per);
    const spanMs = (per === 'day' ? 24 : 168) * HOUR_MS;
    expect(periods.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual(periods.map(() => spanMs));
    expect(periods.slice(1).map(({ fromMs }) => fromMs)).toEqual(
      periods.slice(0, -1).map(({ toMs }) => toMs),
    );
    const nowMs = await store.database.nowMs();
    const endMs = must(periods.at(-1), 'the present').toMs;
    expect(endMs).toBeGreaterThan(nowMs);
    expect(endMs % HOUR_MS).toBe(0);
    expect(endMs - nowMs).toBeLessThanOrEqual(HOUR_MS);
  }
});

test('time to resolution runs from the first failure to the end, and again for a problem that comes back', async () => {
  const { stand, id } = await troubled('resolved');
  await age(stand, 3);
  expect(await measured(stand)).toMatchObject({ open: 1 });
  await mend(stand, id);
  const once = await present(stand);
  expect(once).toMatchObject({ opened: 1, resolved: 1, touched: 1 });
  expect(once.medianResolutionMs).toBeGreaterThanOrEqual(3 * HOUR_MS);
  expect(once.medianResolutionMs).toBeLessThan(3.1 * HOUR_MS);
  expect(once.longestResolutionMs).toBeCloseTo(once.medianResolutionMs ?? 0, 3);
  expect(once.medianTouchMs).toBeGreaterThanOrEqual(3 * HOUR_MS);
  stand.erp.mood.refuse = () => ({ kind: 'invalid', code: 'memory.validation', message: 'no' });
  stand.crm.create(thing('eve'));
  await stand.settle();
  await stand.look();
  await mend(stand, id, 'bob');
  const twice = await present(stand);
  expect(twice).toMatchObject({ opened: 2, resolved: 2, touched: 2 });
  expect(twice.medianResolutionMs).toBeLessThan(2 * HOUR_MS);
});

test('a first deed counts a minute, and the time between two deeds that are no pause apart counts once', async () => {
  const { stand, id } = await troubled('timed');
  const { syncKey } = stand.sync;
  const deed = (by: string, ids = [id]): Promise<void> =>
    stand.transaction((tx) => noteDeed(tx, syncKey, ids, by));
  await deed('timed-ann');
  await stand.transaction((tx) =>
    tx.execute(`update problem_deeds set done_at = done_at - interval '10 minutes' where done_by = $1`, [
      'timed-ann',
    ]),
  );
  await deed('timed-ann');
  await mend(stand, id, 'timed-bob');
  const { manualMs } = await present(stand);
  // One minute for each person's first deed, and the ten between ann's two.
  expect(manualMs).toBeGreaterThanOrEqual(12 * 60_000);
  expect(manualMs).toBeLessThan(13 * 60_000);
});

test('a deed about several problems shares its time among them', async () => {
  const { stand, id } = await troubled('shared');
  await stand.transaction((tx) => noteDeed(tx, stand.sync.syncKey, [id, 'another00000'], 'shared-ann'));
  await mend(stand, id, 'shared-ann');
  const { manualMs } = await present(stand);
  expect(manualMs).toBeGreaterThanOrEqual(30_000);
  expect(manualMs).toBeLessThan(60_000);
});

test('what a person says stands for that person, and not for others', async () => {
  const { stand, id } = await troubled('said');
  const { syncKey } = stand.sync;
  await stand.transaction(async (tx) => {
    await noteDeed(tx, syncKey, [id], 'said-ann');
    await sayTimeSpent(tx, syncKey, id, 'said-ann', 20 * 60_000);
    await sayTimeSpent(tx, syncKey, id, 'said-ann', 5 * 60_000);
  });
  await mend(stand, id, 'said-bob');
  expect(await present(stand)).toMatchObject({ manualMs: 26 * 60_000, manualMsPerProblem: 26 * 60_000 });
});

test('a decision about a hold is a deed about its problem', async () => {
  const stand = await failingStand(store, 'decided', ['ann']);
  for (const [system, name] of [
    [stand.crm, 'anna'],
    [stand.erp, 'anne'],
  ] as const)
    system.edit(must(Object.keys(system.all())[0], 'ann is there'), { name });
  await stand.settle();
  await stand.look();
  const [problem] = await stand.problems();
  expect(problem).toMatchObject({ code: 'hold.conflict', field: 'name' });
  const { side, problemId } = must(problem, 'the conflict is a problem');
  await stand.transaction((tx) =>
    noteDeedOnHold(tx, stand.sync.syncKey, { side, reason: 'conflict', field: 'name' }, 'decided-ann'),
  );
  const [row] = await stand.transaction((tx) =>
    tx.query<{ problem_id: string }>('select problem_id from problem_deeds where done_by = $1', [
      'decided-ann',
    ]),
  );
  expect(row?.problem_id).toBe(problemId);
});

test('a figure moved only if it moved by more than a tenth', () => {
  expect([moveOf(5, 10), moveOf(10, 5), moveOf(10.5, 10), moveOf(0, 0), moveOf(null, 1)]).toEqual([
    'better',
    'worse',
    'same',
    'same',
    null,
  ]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import { failingStand, thing, type FailingStand } from '../../test/support/failing.ts';
import { createTestStore, type TestStore } from '../../test/support/sync.ts';
import { RETRY } from '../connector/known-failures.ts';
import { must } from '../lib/assert.ts';
import { systemClock } from '../lib/clock.ts';
import { moveAlerts } from '../store/alerts.ts';
import { findRecord } from '../store/history.ts';
import { diagnoseSyncs, type Diagnosis } from './diagnosis.ts';
import { gatherEvidence } from './evidence.ts';
import { diagnose } from './symptoms.ts';
import type { Condition } from './watch/condition.ts';
import { watchBudgets } from './watch/watchdogs.ts';

const NOW = Date.UTC(2026, 2, 31, 7);

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});
afterAll(() => store.close());

function diagnosed({ transaction, sync }: FailingStand, msMax?: number): Promise<Diagnosis> {
  return diagnoseSyncs({ transaction, clock: systemClock }, [sync], msMax);
}

test('what stops a side comes before what stops a record, and one cause is told once with all its symptoms', async () => {
  const stand = await failingStand(store, 'weighed', ['ann']);
  stand.erp.mood.refuse = ({ name }) =>
    name === 'bob' ? { kind: 'invalid', code: 'tryton.validation', message: 'no bobs', field: 'name' } : null;
  const bob = stand.crm.create(thing('bob'));
  await stand.settle();
  stand.crm.mood.down = { kind: 'auth', code: 'tryton.login_refused', message: 'login refused' };
  await stand.settle();
  const { findings } = await diagnosed(stand);
  expect(
    findings.map(({ weight, fault, side, symptoms, place }) => [weight, fault, side, symptoms, place]),
  ).toEqual([
    ['stopped', 'access', 'crm', ['nothing'], 'connection'],
    ['partly', 'values', 'erp', ['missing', 'mismatch'], 'problem'],
  ]);
  const known = await stand.transaction((tx) => findRecord(tx, stand.sync.syncKey, 'crm', bob));
  // At erp there is no record of it: it is named by what it is.
  const identityId = known?.identityId ?? '';
  expect(findings[1]?.records).toEqual({ count: 1, samples: [{ recordId: identityId, identityId }] });
});

test('a sync that takes too long is named as not looked at, and the diagnosis ends in its time', async () => {
  const stand = await failingStand(store, 'slow', ['ann']);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
  const holding = stand.transaction(async (tx) => {
    await tx.execute('select pg_advisory_xact_lock(hashtextextended($2, $1))', [
      stand.sync.syncKey,
      'problems',
    ]);
    lock();
    await over;
  });
  await locked;
  const slow = await diagnosed(stand, 500);
  const none = await diagnosed(stand, 0);
  end();
  await holding;
  for (const { findings, blind } of [slow, none]) {
    expect(findings).toEqual([]);
    expect(blind).toHaveLength(1);
    expect(blind[0]).toMatchObject({ sync: 'slow', side: null });
    expect(blind[0]?.says).toContain('not looked at');
  }
});

test('what cannot be seen is said: a side that cannot be read, and one that was never reconciled', async () => {
  const stand = await failingStand(store, 'blind', ['ann']);
  const before = await diagnosed(stand);
  expect(before.blind.map(({ side, says }) => [side, says.split(':')[0]])).toEqual([
    [null, 'crm, erp were never reconciled'],
  ]);
  stand.erp.mood.down = { kind: 'auth', code: 'tryton.login_refused', message: 'login refused' };
  await stand.settle();
  const { blind } = await diagnosed(stand);
  expect(blind.map(({ says }) => says)).toContainEqual(
    expect.stringMatching(/^erp cannot be read: what has changed there since 20\d\d-/),
  );
});

test('drift that a reconciliation found is a mismatch, and mended there', async () => {
  const stand = await failingStand(store, 'drifted', ['ann']);
  const evidence = await stand.transaction((tx) => gatherEvidence(tx, stand.sync));
  const drift = {
    key: 'watch.drift',
    code: 'watch.drift',
    severity: 'critical',
    sync: 'drifted',
    side: 'erp',
    title: 'Drift',
    detail: '2 differences',
    advice: '',
    sinceMs: 1,
  } as const;
  expect(diagnose({ ...evidence, conditions: [drift] })).toMatchObject([
    { symptom: 'mismatch', weight: 'partly', place: 'reconciliation', next: 'trueup reconcile drifted' },
  ]);
});

test('no open problem is left out, whatever its kind, its direction and how many records it hits', async () => {
  const stand = await failingStand(store, 'whatever', ['ann']);
  stand.erp.mood.refuse = () => ({ kind: 'invalid', code: 'tryton.validation', message: 'no' });
  stand.crm.create(thing('bob'));
  await stand.settle();
  const evidence = await stand.transaction((tx) => gatherEvidence(tx, stand.sync));
  const problem = must(evidence.problems[0], 'bob is refused');
  const kinds = Object.keys(RETRY);
  const problems = kinds.flatMap((kind) =>
    (['in', 'out', 'both'] as const).flatMap((direction) =>
      [0, 1].map((records) => ({
        ...problem,
        kind,
        direction,
        records,
        problemId: `${kind} ${direction} ${String(records)}`,
      })),
    ),
  );
  const told = new Set(diagnose({ ...evidence, problems }).map(({ problemId }) => problemId));
  expect(problems.map(({ problemId }) => problemId).filter((id) => !told.has(id))).toEqual([]);
});

test('a limit that runs out is told of the sync that uses the connection, and of no other, since it began', async () => {
  const stand = await failingStand(store, 'short', ['ann']);
  const used = must(stand.sync.definition.sides[0], 'a sync has sides');
  const quota = { connectionKey: 'key', limitName: 'daily', unitsMax: 100_000, units: 3_000, before: null };
  const of = (connection: string): readonly Condition[] =>
    watchBudgets([quota], new Map([['key', connection]]), NOW);
  await stand.transaction((tx) => moveAlerts(tx, store.workspaceNo, of(used.connection)));
  // A later look renews the words, and not when it began.
  await stand.transaction((tx) =>
    moveAlerts(
      tx,
      store.workspaceNo,
      of(used.connection).map((one) => ({ ...one, sinceMs: NOW + 60_000 })),
    ),
  );
  expect((await diagnosed(stand)).findings).toMatchObject([
    {
      symptoms: ['stale'],
      weight: 'partly',
      fault: 'access',
      side: used.name,
      connection: used.connection,
      place: 'connection',
      sinceMs: NOW,
      evidence: [`${used.connection}: 3 % of the limit "daily" (100000) is left`],
    },
  ]);
  await stand.transaction((tx) => moveAlerts(tx, store.workspaceNo, of('another')));
  expect((await diagnosed(stand)).findings).toEqual([]);
});

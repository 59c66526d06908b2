/** Reconciliation of an org whose people need its daily requests: budgets in the store, an org that counts, and its own clock. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { MemorySystem } from '../../../test/support/memory-system.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import {
  createSessionRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../../test/support/sync.ts';
import type { Session } from '../../connector/contract.ts';
import type { BudgetStore } from '../../connector/http/budget.ts';
import { createBudgets } from '../../connector/http/create-budgets.ts';
import { createSalesforce } from '../../connectors/salesforce/index.ts';
import type { ReconcileSchedule, SyncDefinition } from '../../engine/model.ts';
import { must } from '../../lib/assert.ts';
import { seededRandom } from '../../lib/random.ts';
import { bucketRows } from '../../store/budgets.ts';
import { findSync } from '../../store/control.ts';
import { pastReconciliations, type PastReconciliation } from '../../store/reconciliations.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import { deliverAll, observeAll } from '../../worker/rounds.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import { keptReport } from './kept.ts';
import type { Report } from './report.ts';
import { reconcileDue } from './scheduled.ts';

const RECORDS = 300;
/** A small page makes of a few records as many requests as a large org needs. */
const PAGE_RECORDS = 20;
const DAY_MS = 86_400_000;
/** Of 400 requests a day, people and what is urgent keep the last 80. */
const DAILY_REQUESTS = 400;
const KEPT_REQUESTS = 80;
const SPREAD: ReconcileSchedule = {
  everyHours: 24,
  atMinute: 0,
  weekday: 0,
  shareMax: 0.02,
  recordsMax: null,
  beyond: 'spread',
  sampleRecords: 200,
};
const SAMPLE: ReconcileSchedule = { ...SPREAD, beyond: 'sample' };
/** To log in costs none: the org's limits and the fields of the object are asked for. */
const OPENING_REQUESTS = 2;
const SHARE_REQUESTS = SPREAD.shareMax * DAILY_REQUESTS;

let bench: SalesforceWorkbench;
let store: TestStore;
let runtime: SyncRuntime;

beforeEach(async () => {
  bench = await salesforceWorkbench(11);
  store = await createTestStore();
  const ann = bench.simulator.org.person('Ann Admin');
  for (let n = 0; n < RECORDS; n += 1)
    ann.create('Account', { ERP_Key__c: `E${String(n)}`, Name: `Company ${String(n)}` });
  const crm = await bench.open({ view_all: 'yes' });
  runtime = await createSessionRuntime(store, definition(), { crm, erp: new MemorySystem() });
  const { signal } = new AbortController();
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  await observeAll(runtime, signal);
  // A day on, nothing of the first load counts any more.
  bench.clock.shift(DAY_MS);
  bench.simulator.limits.dailyRequestsMax = DAILY_REQUESTS;
  await look(SPREAD);
});
afterEach(async () => {
  await bench.close();
  await store.close();
});

function definition(): SyncDefinition {
  const simple = simpleDefinition(['crm', 'erp']);
  const natives = new Map([
    ['email', 'ERP_Key__c'],
    ['name', 'Name'],
  ]);
  const sides = simple.sides.map((side) => ({
    ...side,
    collection: side.name === 'crm' ? 'Account' : side.collection,
    fields: side.fields.flatMap((field) => {
      const native = natives.get(field.field);
      return native === undefined ? [] : [{ ...field, native: side.name === 'crm' ? native : field.native }];
    }),
  }));
  return { ...simple, fields: simple.fields.filter(({ name }) => natives.has(name)), sides };
}

/** Many small pages, through the same connector. */
async function opened(budgets: BudgetStore): Promise<Session> {
  const { clock, settings, deployment } = bench;
  const context = connectorContext({ clock, random: seededRandom(5), connectionKey: 'crm', budgets });
  const session = await createSalesforce(deployment).open({ ...settings, view_all: 'yes' }, context);
  return {
    ...session,
    readAll: (request) => session.readAll({ ...request, pageRecordsMax: PAGE_RECORDS }),
  };
}

/** What one look at the schedule has compared of the org, and the requests that it took of its day. */
async function look(
  schedule: ReconcileSchedule,
): Promise<{ readonly compared: number; readonly requests: number }> {
  const { database, workspaceNo } = store;
  const { model, ids, log, syncKey, sides } = runtime;
  const row = must(
    await database.transaction(workspaceNo, (tx) => findSync(tx, 'things')),
    'the sync is stored',
  );
  const before = bench.requests();
  const compared = await reconcileDue(
    {
      name: 'things',
      syncKey,
      revision: row.revision,
      sides: ['crm'],
      schedule,
      clock: bench.clock,
      ids,
      random: seededRandom(3),
      log,
      transaction: (action) =>
        database.transaction(workspaceNo, (tx) => action(tx, syncTransaction(tx, row, ids))),
      open: async (meter) => {
        const session = await opened(meter.budgets('crm', createBudgets(bucketRows(database, workspaceNo))));
        const crm = must(sides.get('crm'), 'the org is a side');
        const card = { ...crm.card, getBatchMax: PAGE_RECORDS };
        return { model, sides: new Map([['crm', { ...crm, session, card }]]), close: () => session.close() };
      },
    },
    new AbortController().signal,
  );
  return { compared, requests: bench.requests() - before };
}

/** For the org and the store alike; what others use of the day that begins is told at once. */
async function nextDay(usedByOthers: number): Promise<void> {
  bench.clock.shift(DAY_MS);
  bench.simulator.limits.spend(usedByOthers);
  await sql(
    `update budgets set at_ms = at_ms - ${String(DAY_MS)}::float8, probed_at_ms = probed_at_ms - ${String(DAY_MS)}::float8`,
  );
  await sql(
    `update reconciling set slot = slot - interval '1 day', rest_until = rest_until - interval '1 day'`,
  );
}

async function sql(statement: string): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await store.raw.pool.query<Record<string, unknown>>(statement);
  return rows;
}

/** The runs, in the order in which they began. */
function runs(): Promise<readonly Record<string, unknown>[]> {
  return sql(
    `select state, failure ->> 'code' as code from runs where kind = 'reconciliation' order by started_at, run_id`,
  );
}

function restsAndTries(): Promise<readonly Record<string, unknown>[]> {
  return sql(
    `select rest_until > now() + interval '1 minute' as rests, tries, (progress #>> '{tally,seen}')::int as seen from reconciling`,
  );
}

function report(): Promise<Report | null> {
  return store.database.transaction(store.workspaceNo, (tx) => keptReport(tx, runtime.syncKey, 'things'));
}

function past(): Promise<readonly PastReconciliation[]> {
  return store.database.transaction(store.workspaceNo, (tx) => pastReconciliations(tx, runtime.syncKey, 20));
}

/** An edit that no feed tells of. */
async function driftAt(key: string): Promise<void> {
  const { org } = bench.simulator;
  const record = must(
    org.records('Account').find((account) => account['ERP_Key__c'] === key),
    'the account is there',
  );
  org.person('Ann Admin').edit(String(record['Id']), { Name: 'Unnoticed' });
  await sql(`update streams set current_as_of = clock_timestamp() + interval '9 days'`);
}

test('a reading that is spread takes its share a day, nothing of what is kept for others, and goes on the next day', async () => {
  await driftAt('E290');
  await nextDay(0);
  const first = await look(SPREAD);
  expect(first.compared).toBe(0);
  expect(first.requests).toBeGreaterThan(OPENING_REQUESTS);
  expect(first.requests).toBeLessThanOrEqual(SHARE_REQUESTS);
  const [rested] = await restsAndTries();
  expect(rested).toMatchObject({ rests: true, tries: 0 });
  expect(await look(SPREAD)).toEqual({ compared: 0, requests: 0 });

  await nextDay(DAILY_REQUESTS - KEPT_REQUESTS);
  expect(await look(SPREAD)).toEqual({ compared: 0, requests: OPENING_REQUESTS });
  expect(await restsAndTries()).toEqual([rested]);
  expect(await runs()).toEqual([{ state: 'running', code: null }]);

  let days = 2;
  for (let compared = 0; compared === 0 && days < 9; days += 1) {
    await nextDay(0);
    const day = await look(SPREAD);
    expect(day.requests).toBeLessThanOrEqual(SHARE_REQUESTS);
    compared = day.compared;
  }
  expect(days).toBeLessThan(9);
  expect(await past()).toMatchObject([{ side: 'crm', seen: RECORDS, drift: 1, drawnOf: null }]);
});

test('where only a few more requests are left above what is kept, the pages that they gave are not read again', async () => {
  await nextDay(DAILY_REQUESTS - KEPT_REQUESTS - OPENING_REQUESTS - 2);
  expect((await look(SPREAD)).compared).toBe(0);
  const [rested] = await restsAndTries();
  expect(rested).toMatchObject({ rests: true, tries: 0 });
  expect(rested?.['seen']).toBeGreaterThan(0);
  expect(bench.requests()).toBeLessThanOrEqual(DAILY_REQUESTS - KEPT_REQUESTS);
});

test('a sample is as large as its share allows, and says no more than so many looks can say', async () => {
  await nextDay(0);
  const { compared, requests } = await look(SAMPLE);
  expect(compared).toBe(1);
  expect(requests).toBeLessThanOrEqual(SHARE_REQUESTS);
  const [side] = must(await report(), 'a report is kept').sides;
  const sample = must(side?.sample, 'it is a sample');
  expect(sample).toMatchObject({ of: RECORDS, drift: 0, confidence: 0.95 });
  expect(sample.drawn).toBeGreaterThan(0);
  expect(sample.drawn).toBeLessThan(SAMPLE.sampleRecords);
  expect(side).toMatchObject({ seen: sample.drawn, same: sample.drawn });
  expect(sample.shareBelow).toBeCloseTo(1 - 0.05 ** (1 / sample.drawn), 6);
});

test('a sample for which the org has nothing left says nothing, and is taken the next day', async () => {
  await nextDay(DAILY_REQUESTS - KEPT_REQUESTS);
  expect(await look(SAMPLE)).toEqual({ compared: 0, requests: OPENING_REQUESTS });
  expect(await report()).toBeNull();
  expect(await runs()).toEqual([{ state: 'failed', code: 'salesforce.budget_ceiling' }]);
  expect(await look(SAMPLE)).toEqual({ compared: 0, requests: 0 });
  await nextDay(0);
  expect((await look(SAMPLE)).compared).toBe(1);
  expect(await past()).toMatchObject([{ side: 'crm', drift: 0, drawnOf: RECORDS }]);
});

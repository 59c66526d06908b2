import { beforeAll, beforeEach, expect, test } from 'vitest';

import { MemorySystem } from '../../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../../test/support/sync.ts';
import type { Lookup, SnapshotPage, SnapshotRequest } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { createMemoryBudgets } from '../../connector/http/memory-budgets.ts';
import type { ReconcileSchedule } from '../../engine/model.ts';
import { must } from '../../lib/assert.ts';
import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { findSync } from '../../store/control.ts';
import { pastReconciliations, type PastReconciliation } from '../../store/reconciliations.ts';
import { takeSide } from '../../store/reconciling.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import { deliverAll, observeAll } from '../../worker/rounds.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import { keptReport } from './kept.ts';
import type { Report } from './report.ts';
import { reconcileDue, type Scheduled } from './scheduled.ts';

const RECORDS = 2_500;
const PAGE_RECORDS = 500;
const HOURLY: ReconcileSchedule = {
  everyHours: 1,
  atMinute: 0,
  weekday: 0,
  shareMax: 0.1,
  recordsMax: null,
  beyond: 'sample',
  sampleRecords: 400,
};

/** Can go on where it was left, counts what it is asked, and breaks off where it is told to. */
class Resumable extends MemorySystem {
  readonly pagesFrom: (number | null)[] = [];
  /** Whoever is asked, before the answer. */
  onRequest: () => void | Promise<void> = () => undefined;

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    let start = typeof request.resume === 'number' ? request.resume : 0;
    this.pagesFrom.push(typeof request.resume === 'number' ? start : null);
    const all = Object.keys(this.all());
    for (let complete = false; !complete;) {
      await this.onRequest();
      const ids = all.slice(start, start + PAGE_RECORDS);
      start += ids.length;
      complete = start >= all.length;
      const found = await super.get('things', ids);
      const records = found.flatMap((one) => (one.kind === 'found' ? [one.record] : []));
      yield { records, unreadable: [], resume: complete ? null : start, complete };
    }
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    await this.onRequest();
    return super.get(collection, ids);
  }
}

const store = sharedTestStore();
let runtime: SyncRuntime;
let crm: Resumable;
let erp: Resumable;

beforeAll(async () => {
  [crm, erp] = [new Resumable(), new Resumable()];
  for (let n = 0; n < RECORDS; n += 1) crm.create({ email: `p${String(n)}@x.example`, name: 'Ann' });
  runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp });
  const { signal } = new AbortController();
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  await observeAll(runtime, signal);
});

beforeEach(async () => {
  await sql('delete from reconciling');
  await sql(`delete from runs where kind = 'reconciliation'`);
  for (const system of [crm, erp]) {
    system.pagesFrom.length = 0;
    system.onRequest = () => undefined;
  }
});

async function sql(statement: string): Promise<void> {
  await store.raw.pool.query(statement);
}

async function scheduled(change: Partial<Scheduled> = {}): Promise<Scheduled> {
  const { database, workspaceNo } = store;
  const row = must(
    await database.transaction(workspaceNo, (tx) => findSync(tx, 'things')),
    'the sync is stored',
  );
  const { model, sides, ids, log, syncKey } = runtime;
  return {
    name: 'things',
    syncKey,
    revision: row.revision,
    sides: ['crm', 'erp'],
    schedule: HOURLY,
    clock: systemClock,
    ids,
    random: seededRandom(3),
    log,
    transaction: (action) =>
      database.transaction(workspaceNo, (tx) => action(tx, syncTransaction(tx, row, ids))),
    open: () => Promise.resolve({ model, sides, close: () => Promise.resolve() }),
    ...change,
  };
}

/** What one look at the schedule has compared, when its time has come. */
async function look(change: Partial<Scheduled> = {}): Promise<number> {
  await sql(`update reconciling set slot = slot - interval '1 hour', rest_until = '-infinity'`);
  return reconcileDue(await scheduled(change), new AbortController().signal);
}

function past(): Promise<readonly PastReconciliation[]> {
  return store.database.transaction(store.workspaceNo, (tx) => pastReconciliations(tx, runtime.syncKey, 20));
}

function report(): Promise<Report | null> {
  return store.database.transaction(store.workspaceNo, (tx) => keptReport(tx, runtime.syncKey, 'things'));
}

async function states(): Promise<readonly string[]> {
  const { rows } = await store.raw.pool.query<{ state: string }>(
    `select side || ' ' || state as state from runs where kind = 'reconciliation' order by run_id`,
  );
  return rows.map(({ state }) => state).toSorted();
}

test('a schedule is answered once for every slot, however many workers look at it', async () => {
  expect(await look()).toBe(0);
  const both = await Promise.all([look(), look()]);
  expect(both.toSorted()).toEqual([0, 2]);
  expect(await reconcileDue(await scheduled(), new AbortController().signal)).toBe(0);
  expect(await past()).toMatchObject([
    { seen: RECORDS, drift: 0, drawnOf: null },
    { seen: RECORDS, drift: 0, drawnOf: null },
  ]);
});

test('a side that somebody compares just now is left to them, and compared when they are gone', async () => {
  await look();
  const place = await scheduled();
  await place.transaction((tx) => takeSide(tx, runtime.syncKey, 'crm', runtime.ids.next(), 60_000));
  expect(await look()).toBe(1);
  expect((await past()).map(({ side }) => side)).toEqual(['erp']);
  await sql(`update reconciling set lease_until = now() - interval '1 second'`);
  expect(await reconcileDue(await scheduled(), new AbortController().signal)).toBe(1);
  expect((await past()).map(({ side }) => side)).toEqual(['crm', 'erp']);
});

test('a reading that is spread rests with its budget and goes on at its place, after a crash as well', async () => {
  const spread = { schedule: { ...HOURLY, beyond: 'spread', recordsMax: 1_000 } as const, sides: ['crm'] };
  crm.edit('r700', { name: 'Unnoticed' });
  await sql(`update streams set current_as_of = clock_timestamp()`);
  await look(spread);
  expect(await look(spread)).toBe(0);
  expect(await states()).toEqual(['crm running']);
  crm.onRequest = () => {
    throw new ConnectorFailure({ kind: 'transient', code: 'memory.away', message: 'away' });
  };
  expect(await look(spread)).toBe(0);
  expect(await states()).toEqual(['crm running']);
  crm.onRequest = () => undefined;
  expect(await look(spread)).toBe(0);
  expect(await look(spread)).toBe(1);
  expect(crm.pagesFrom).toEqual([null, 1_000, 1_000, 2_000]);
  expect(await past()).toMatchObject([{ side: 'crm', seen: RECORDS, drift: 1, drawnOf: null }]);
  expect((await report())?.findings).toMatchObject([{ recordId: 'r700', difference: { kind: 'differs' } }]);
  crm.edit('r700', { name: 'Ann' });
});

test('another revision of the sync begins a spread reading anew, and the run before is no longer open', async () => {
  const spread = { schedule: { ...HOURLY, beyond: 'spread', recordsMax: 1_000 } as const, sides: ['crm'] };
  await look(spread);
  await look(spread);
  expect(await look({ ...spread, revision: 77 })).toBe(0);
  expect(crm.pagesFrom).toEqual([null, null]);
  expect(await states()).toEqual(['crm failed', 'crm running']);
});

test('a side that is dearer than its share is looked at by lot, and the report says how much can differ', async () => {
  const budgets = createMemoryBudgets(systemClock);
  const limit = {
    name: 'daily',
    units: 2_000,
    refill: { kind: 'window', windowMs: 86_400_000 },
    costDefault: 1,
  } as const;
  const perRequest = 20;
  const opening: Pick<Scheduled, 'open' | 'sides' | 'schedule'> = {
    sides: ['crm'],
    // Its share is 60 of 2,000 units: three requests, and reading everything would take five.
    schedule: { ...HOURLY, everyHours: 24, shareMax: 0.03 },
    open: async (meter) => {
      const metered = meter.budgets('crm', budgets);
      crm.onRequest = async () => {
        const wish = { unitsMin: perRequest, unitsMax: perRequest, purpose: 'sweep' } as const;
        await metered.reserve({ connectionKey: 'crm', limit }, wish);
      };
      return (await scheduled()).open(meter);
    },
  };
  await look(opening);
  await sql(`update reconciling set slot = slot - interval '1 day'`);
  expect(await reconcileDue(await scheduled(opening), new AbortController().signal)).toBe(1);
  const [side] = must(await report(), 'a report is kept').sides;
  expect(side).toMatchObject({
    seen: 400,
    same: 400,
    drift: 0,
    sample: { of: RECORDS, drawn: 400, drift: 0, confidence: 0.95 },
  });
  expect(side?.sample?.shareBelow).toBeCloseTo(1 - 0.05 ** (1 / 400), 6);
  expect(side?.sample?.othersAtMost).toBe(18);
  expect(await past()).toMatchObject([{ side: 'crm', seen: 400, drawnOf: RECORDS }]);
});

test('what drifted is looked at again by the next sample, however small the chance that it is drawn', async () => {
  const whole = { sides: ['crm'] };
  const sample = { ...whole, schedule: { ...HOURLY, recordsMax: 120, sampleRecords: 100 } };
  crm.edit('r1234', { name: 'Unnoticed' });
  await sql(`update streams set current_as_of = clock_timestamp()`);
  await look(whole);
  expect(await look(whole)).toBe(1);
  for (let slot = 0; slot < 3; slot += 1) expect(await look(sample)).toBe(1);
  expect(await past()).toMatchObject([
    { seen: 101, drift: 1, drawnOf: RECORDS - 1 },
    { seen: 101, drift: 1 },
    { seen: 101, drift: 1 },
    { seen: RECORDS, drift: 1, drawnOf: null },
  ]);
  expect((await report())?.sides[0]?.sample).toMatchObject({ drawn: 100, drift: 0 });
  crm.edit('r1234', { name: 'Ann' });
  expect(await look(sample)).toBe(1);
  expect((await past())[0]).toMatchObject({ drift: 0 });
});

test('a system that cannot be opened costs tries, not the schedule, and is given up for the slot at last', async () => {
  const broken = {
    sides: ['crm'],
    open: () => Promise.reject(new ConnectorFailure({ kind: 'auth', code: 'memory.refused', message: 'no' })),
  };
  await look(broken);
  await sql(`update reconciling set slot = slot - interval '1 hour'`);
  for (let tries = 1; tries < 6; tries += 1) {
    await sql(`update reconciling set rest_until = '-infinity'`);
    await reconcileDue(await scheduled(broken), new AbortController().signal);
    const { rows } = await store.raw.pool.query('select tries from reconciling');
    expect(rows).toEqual([{ tries }]);
  }
  await sql(`update reconciling set rest_until = '-infinity'`);
  await reconcileDue(await scheduled(broken), new AbortController().signal);
  const { rows } = await store.raw.pool.query('select tries from reconciling');
  expect(rows).toEqual([{ tries: 0 }]);
  expect(await reconcileDue(await scheduled(), new AbortController().signal)).toBe(0);
  expect(await look()).toBe(2);
});

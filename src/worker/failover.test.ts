/** The store of a worker fails over to a standby that had not heard of everything, and nobody says so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startChaosPostgres, type ChaosPostgres } from '../../test/chaos/postgres.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, simpleDefinition, type TestStore } from '../../test/support/sync.ts';
import { until } from '../../test/support/until.ts';
import { must } from '../lib/assert.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { ensureWorkspace, findSync, setMode, type SyncRow } from '../store/control.ts';
import { isStoreOutage, type Database } from '../store/database.ts';
import { openDatabase } from '../store/open.ts';
import { approvePlan, sealPlan } from '../store/plans.ts';
import { captureChanges } from './capture.ts';
import { deliverAll, observeAll } from './rounds.ts';

const signal = new AbortController().signal;
let folder: string;
let postgres: ChaosPostgres;
let database: Database;
let store: TestStore;
const wentBack: (readonly string[])[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trueup-failover-'));
  postgres = await startChaosPostgres(folder, systemRandom);
  const { url } = postgres;
  database = await openDatabase({
    url,
    clock: systemClock,
    random: systemRandom,
    onWentBack: (syncs) => wentBack.push(syncs),
  });
  const workspaceNo = await database.transaction(0, (tx) => ensureWorkspace(tx, 'default'));
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined);
  store = { database, workspaceNo, raw: { url, pool, drop: () => pool.end() }, close: () => pool.end() };
});
afterAll(async () => {
  await store.close();
  await database.close();
  await postgres.remove();
  await rm(folder, { recursive: true, force: true });
});

async function down(whileDown: () => Promise<void>): Promise<void> {
  await postgres.stopImmediately();
  await whileDown();
  await postgres.start();
  await until(() => database.transaction(0, () => Promise.resolve(true)).catch(() => false));
}

async function row(): Promise<SyncRow> {
  const found = await database.transaction(store.workspaceNo, (tx) => findSync(tx, 'things'));
  return must(found, 'the sync is there');
}

test('what a worker did in the commits that are lost is found again before anything is written', async () => {
  // It cannot tell whether a create whose answer was lost has happened, and makes a second record of a key.
  const erp = new MemorySystem({ card: { createIdentity: 'none' } });
  const crm = new MemorySystem();
  const open = (mode: 'live' | 'observe') =>
    createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp }, mode);
  const runtime = await open('live');
  await observeAll(runtime, signal);
  crm.create({ email: 'ann@x.test', name: 'Ann', phone: '1', city: null });
  await captureChanges(runtime, must(runtime.sides.get('crm'), 'a side'), false, signal);
  // As far as the standby hears of it, Ann waits to be made.
  await down(() => postgres.backUp());
  await deliverAll(runtime, signal);
  expect(erp.size).toBe(1);
  await down(() => postgres.failOver());

  await expect(deliverAll(runtime, signal)).rejects.toSatisfy(isStoreOutage);
  expect(wentBack).toEqual([['things']]);
  const recovering = await row();
  expect(recovering).toMatchObject({ mode: 'observe', timeline: '00000002' });
  expect(recovering.recoveringSinceMs).not.toBeNull();

  const again = await open('observe');
  await deliverAll(again, signal);
  expect(erp.size).toBe(1);
  await observeAll(again, signal);
  await database.transaction(store.workspaceNo, async (tx) => {
    const { syncKey, revision } = await row();
    await approvePlan(tx, syncKey, await sealPlan(tx, syncKey, revision), 'a person');
    await setMode(tx, syncKey, 'live');
  });
  crm.edit(crm.find1('email', 'ann@x.test').id, { phone: '2' });
  const onwards = await open('live');
  await observeAll(onwards, signal);
  await deliverAll(onwards, signal);
  expect(Object.values(erp.all())).toEqual([{ email: 'ann@x.test', name: 'Ann', phone: '2', city: null }]);
});

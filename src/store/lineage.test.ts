import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTestStore, simpleDefinition, type TestStore } from '../../test/support/sync.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { auditPage } from './audit.ts';
import { ensureWorkspace, findSync, saveRevision, setMode, type SyncRow } from './control.ts';
import { isStoreOutage, type Database } from './database.ts';
import { onlyInHistoryOf } from './lineage.ts';
import { openDatabase } from './open.ts';

let store: TestStore;
const opened: Database[] = [];

beforeEach(async () => {
  store = await createTestStore();
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  await store.close();
});

async function open(onWentBack?: (syncs: readonly string[]) => void): Promise<Database> {
  const database = await openDatabase({
    url: store.raw.url,
    clock: systemClock,
    random: systemRandom,
    ...(onWentBack === undefined ? {} : { onWentBack }),
  });
  opened.push(database);
  return database;
}

/** A sync that is live, in this workspace. */
async function live(workspace: string, name: string): Promise<number> {
  const workspaceNo = await store.database.transaction(0, (tx) => ensureWorkspace(tx, workspace));
  await store.database.transaction(workspaceNo, async (tx) => {
    const definition = simpleDefinition(['crm', 'erp'], { name });
    const { syncKey } = await saveRevision(tx, workspaceNo, {
      definition,
      source: '',
      hash: name,
      author: 'test',
    });
    await setMode(tx, syncKey, 'live');
  });
  return workspaceNo;
}

async function rowOf(workspaceNo: number, name: string): Promise<SyncRow | null> {
  return store.database.transaction(workspaceNo, (tx) => findSync(tx, name));
}

/** As if the row had come from another server, or from before its standby took over. */
async function pretend(column: 'server' | 'timeline', was: string): Promise<void> {
  await store.raw.pool.query(`update lineage set ${column} = $1`, [was]);
}

test('a store that is opened again in the history that is known goes on', async () => {
  const workspaceNo = await live('default', 'customers');
  const told: (readonly string[])[] = [];
  await open((syncs) => told.push(syncs));
  expect(told).toEqual([]);
  expect(await rowOf(workspaceNo, 'customers')).toMatchObject({ mode: 'live', recoveringSinceMs: null });
});

test.each([
  ['timeline', '00000000'],
  ['server', '7000000000000000000'],
] as const)(
  'a store with another %s than was known has every sync of every workspace observe, once',
  async (column, was) => {
    const [mine, theirs] = [await live('default', 'customers'), await live('other', 'orders')];
    await pretend(column, was);
    const told: (readonly string[])[] = [];
    await Promise.all([open((syncs) => told.push(syncs)), open((syncs) => told.push(syncs))]);
    expect(told).toEqual([['customers', 'orders']]);
    for (const [workspaceNo, name] of [
      [mine, 'customers'],
      [theirs, 'orders'],
    ] as const) {
      expect(await rowOf(workspaceNo, name)).toMatchObject({
        mode: 'observe',
        recoveringSinceMs: expect.any(Number) as unknown,
      });
      const entries = await store.database.transaction(workspaceNo, (tx) => auditPage(tx, null, 10));
      expect(entries).toMatchObject([{ by: 'trueup', action: 'sync.recovered', subject: name }]);
    }
  },
);

test('a sync recovers until it is live again', async () => {
  const workspaceNo = await live('default', 'customers');
  await pretend('timeline', '00000000');
  await open();
  const row = await rowOf(workspaceNo, 'customers');
  await store.database.transaction(workspaceNo, (tx) => setMode(tx, row?.syncKey ?? '', 'paused'));
  expect(await rowOf(workspaceNo, 'customers')).toMatchObject({
    recoveringSinceMs: row?.recoveringSinceMs,
  });
  await store.database.transaction(workspaceNo, (tx) => setMode(tx, row?.syncKey ?? '', 'live'));
  expect(await rowOf(workspaceNo, 'customers')).toMatchObject({ recoveringSinceMs: null });
});

test('what was read in another history is acted upon in none, which is an outage', async () => {
  const workspaceNo = await live('default', 'customers');
  const row = await rowOf(workspaceNo, 'customers');
  const act = (timeline: string): Promise<void> =>
    onlyInHistoryOf({ timeline }, (action) => store.database.transaction(workspaceNo, action))(() =>
      Promise.resolve(),
    );
  await act(row?.timeline ?? '');
  await expect(act('00000000')).rejects.toSatisfy(isStoreOutage);
});

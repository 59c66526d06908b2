/** Systems whose reads lag: a look may show an earlier moment than a page that was read before it. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { ChangePage, Lookup } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const LAG_SECONDS = 60;

/** Its feed gives the records themselves, and its looks may show that there is none. */
class Lagging extends MemorySystem {
  told: Partial<ChangePage> = {};
  isShowingThePast = false;

  constructor() {
    super({ card: { readLagMs: LAG_SECONDS * 1000 } });
  }

  override async *readChanges(): AsyncIterable<ChangePage> {
    await Promise.resolve();
    yield { records: [], hints: [], unreadable: [], cursor: 1, caughtUp: true, ...this.told };
    this.told = {};
  }

  override get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    if (!this.isShowingThePast) return super.get(collection, ids);
    return Promise.resolve(ids.map((id): Lookup => ({ kind: 'absent', id })));
  }
}

/** What is known, and what is to be looked at, becomes older than the lag. */
async function passLag({ syncKey }: SyncRuntime): Promise<void> {
  const { pool } = store.raw;
  await pool.query(`update links set as_of = as_of - interval '1 hour' where sync_key = $1`, [syncKey]);
  await pool.query('update hints set due_at = now(), look_from = now() where sync_key = $1', [syncKey]);
}

test('a look that may show an earlier moment than a page of the feed proves nothing', async () => {
  const [crm, erp] = [new Lagging(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], {
    name: 'lagging',
    deletes: { mode: 'ignore', from: [], againstEdit: 'hold' },
  });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('crm'), 'a side of the sync');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  const [found] = await crm.get('things', [id]);
  const record = must(found?.kind === 'found' ? found.record : undefined, 'it has just been created');
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 3);
  const tell = async (told: Partial<ChangePage>): Promise<void> => {
    crm.told = told;
    await captureChanges(runtime, side, false, signal);
  };
  const status = async (): Promise<unknown> => {
    const known = await runtime.transaction((tx) => tx.recordsOf('crm', [id]));
    return known.get(id)?.status;
  };
  await tell({ hints: [{ id, kind: 'deleted' }] });
  await passLag(runtime);
  // It was brought back as it had been, so that the page shows nothing that is not known.
  await tell({ records: [record] });
  crm.isShowingThePast = true;
  await settleHints(runtime, side, signal);
  expect(await status()).toBe('live');
  expect(await waitingIn(store, runtime)).toMatchObject([
    { side: 'crm', recordId: id, state: 'open', dueInSeconds: LAG_SECONDS },
  ]);
  crm.isShowingThePast = false;
  await passLag(runtime);
  await settleHints(runtime, side, signal);
  expect(await status()).toBe('live');
  expect(await waitingIn(store, runtime)).toEqual([]);
});

/** Looks that show an earlier moment than what was met before they ended: where the reads of a system lag, and where a look stood still. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { ChangePage, Lookup, SystemRecord } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import type { KnownRecord } from '../store/contract.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const LAG_SECONDS = 60;

/** Its feed tells what it is told to tell, its looks may show that there is no record, and one of them may stand still. */
class Told extends MemorySystem {
  told: Partial<ChangePage> = {};
  isShowingThePast = false;
  #standing: { readonly asked: () => void; readonly answer: Promise<void> } | undefined;

  override async *readChanges(): AsyncIterable<ChangePage> {
    await Promise.resolve();
    yield { records: [], hints: [], unreadable: [], cursor: 1, caughtUp: true, ...this.told };
    this.told = {};
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    const standing = this.#standing;
    if (standing === undefined && !this.isShowingThePast) return super.get(collection, ids);
    this.#standing = undefined;
    standing?.asked();
    await standing?.answer;
    return ids.map((id): Lookup => ({ kind: 'absent', id }));
  }

  /** The next look stands still, and shows nothing then: when it has begun, and what lets it go on. */
  standStill(): { readonly begun: Promise<void>; readonly goOn: () => void } {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    this.#standing = { asked: begun.resolve, answer: answer.promise };
    return { begun: begun.promise, goOn: answer.resolve };
  }
}

/** What is known, and what is to be looked at, becomes older than the lag. */
async function passLag({ syncKey }: SyncRuntime): Promise<void> {
  const { pool } = store.raw;
  await pool.query(`update links set as_of = as_of - interval '1 hour' where sync_key = $1`, [syncKey]);
  await pool.query('update hints set due_at = now(), look_from = now() where sync_key = $1', [syncKey]);
}

/** A record at a side with a feed, whose reads lag if nothing else is said, known there and delivered elsewhere. */
async function known(
  name: string,
  readLagMs = LAG_SECONDS * 1000,
): Promise<{
  readonly id: string;
  readonly record: SystemRecord;
  readonly crm: Told;
  readonly runtime: SyncRuntime;
  readonly side: SideRuntime;
  readonly tell: (told: Partial<ChangePage>) => Promise<void>;
  readonly link: () => Promise<KnownRecord | undefined>;
}> {
  const [crm, erp] = [new Told({ card: { readLagMs } }), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], {
    name,
    deletes: { mode: 'ignore', from: [], againstEdit: 'hold' },
  });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('crm'), 'a side of the sync');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  const [found] = await crm.get('things', [id]);
  const record = must(found?.kind === 'found' ? found.record : undefined, 'it has just been created');
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 3);
  return {
    id,
    record,
    crm,
    runtime,
    side,
    tell: async (told) => {
      crm.told = told;
      await captureChanges(runtime, side, false, signal);
    },
    link: async () => (await runtime.transaction((tx) => tx.recordsOf('crm', [id]))).get(id),
  };
}

test('a look that may show an earlier moment than a page of the feed proves nothing', async () => {
  const { id, record, crm, runtime, side, tell, link } = await known('lagging');
  await tell({ hints: [{ id, kind: 'deleted' }] });
  await passLag(runtime);
  // It was brought back as it had been, so that the page shows nothing that is not known.
  await tell({ records: [record] });
  crm.isShowingThePast = true;
  await settleHints(runtime, side, signal);
  expect(await link()).toMatchObject({ status: 'live' });
  expect(await waitingIn(store, runtime)).toMatchObject([
    { side: 'crm', recordId: id, state: 'open', dueInSeconds: LAG_SECONDS },
  ]);
  crm.isShowingThePast = false;
  await passLag(runtime);
  await settleHints(runtime, side, signal);
  expect(await link()).toMatchObject({ status: 'live' });
  expect(await waitingIn(store, runtime)).toEqual([]);
});

test('what every sweep meets as it was known puts off no look', async () => {
  const { id, runtime, side, tell, link } = await known('swept');
  await tell({ hints: [{ id, kind: 'changed' }] });
  const before = await link();
  await passLag(runtime);
  await runtime.transaction((tx) => tx.wakeStream('crm', 'sweep'));
  expect(await sweepSide(runtime, side, signal)).toBe(true);
  expect((await link())?.asOfMs).toBeLessThan(must(before, 'it is known').asOfMs);
});

test.each(['record', 'hint'] as const)(
  'a look that stood still is older than one that followed the %s of what was brought back as it had been',
  async (toldBy) => {
    const { id, record, crm, runtime, side, tell, link } = await known(`stood still ${toldBy}`, 0);
    await tell({ hints: [{ id, kind: 'deleted' }] });
    const { begun, goOn } = crm.standStill();
    const older = settleHints(runtime, side, signal);
    await begun;
    await tell(toldBy === 'record' ? { records: [record] } : { hints: [{ id, kind: 'changed' }] });
    expect(await settleHints(runtime, side, signal)).toBe(1);
    goOn();
    expect(await older).toBe(1);
    expect(await link()).toMatchObject({ status: 'live' });
    await captureAndDeliver(runtime, 3);
    expect(await waitingIn(store, runtime)).toEqual([]);
  },
);

import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { skipWaits } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { WriteRequest, WriteResult } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { systemClock } from '../lib/clock.ts';
import { deliverBatch } from './deliver.ts';
import { BULK_SEND_WITHIN_MS } from './limits.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const store = sharedTestStore();

const BULK = { writesMin: 30, writesMax: 50, durationMaxMs: 600_000 };

/** Notes how many writes came at once, and what the store says of their lease meanwhile. */
class Counting extends MemorySystem {
  readonly batches: number[] = [];
  readonly looks: number[] = [];
  leaseSeconds = 0;

  override async get(...args: Parameters<MemorySystem['get']>): ReturnType<MemorySystem['get']> {
    this.looks.push(args[1].length);
    return super.get(...args);
  }

  override async write(
    collection: string,
    requests: readonly WriteRequest[],
  ): Promise<readonly WriteResult[]> {
    this.batches.push(requests.length);
    const { rows } = await store.raw.pool.query<{ seconds: number }>(
      `select max(extract(epoch from lease_until - clock_timestamp()))::float8 as seconds from writes where state = 'sent'`,
    );
    this.leaseSeconds = rows[0]?.seconds ?? 0;
    return super.write(collection, requests);
  }
}

let made = 0;
async function withRecords(
  count: number,
  card: MemorySystem['card'] | object,
): Promise<{ readonly runtime: SyncRuntime; readonly crm: MemorySystem; readonly erp: Counting }> {
  made += 1;
  const [crm, erp] = [new MemorySystem(), new Counting({ card: { writeBatchMax: 10, ...card } })];
  for (let index = 0; index < count; index += 1)
    crm.create({ email: `p${String(index)}@x.test`, name: 'N', phone: null, city: null });
  const guard = { deletesMax: 50, deletesShareMax: 1, changesShareMax: 1 };
  const definition = simpleDefinition(['crm', 'erp'], { name: `pace${String(made)}`, guard });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  await observeAll(runtime, new AbortController().signal);
  return { runtime, crm, erp };
}

async function deliver(runtime: SyncRuntime): Promise<void> {
  const side = must(runtime.sides.get('erp'), 'the sync has an erp');
  await skipWaits(store, runtime);
  while ((await deliverBatch(runtime, side)) > 0);
}

test('few writes leave in batches, many of them together, and no more than the system takes', async () => {
  const { runtime, erp } = await withRecords(125, { bulk: BULK });
  await deliver(runtime);
  expect(erp.batches).toEqual([50, 50, 10, 10, 5]);
  expect(erp.size).toBe(125);
});

test('things that another side’s delivery has in hand are taken up, and count as delivered when they were', async () => {
  const { runtime } = await withRecords(3, {});
  const side = must(runtime.sides.get('erp'), 'the sync has an erp');
  await skipWaits(store, runtime);
  const delivered: number[] = [];
  const hear = (count: number): unknown => delivered.push(count);
  const ids = await runtime.transaction((tx) => tx.claimQueued('erp', 3));
  await runtime.transaction(async (tx) => {
    await tx.lockBundles(ids);
    expect(await deliverBatch(runtime, side, hear)).toBe(3);
  });
  expect(delivered).toEqual([]);
  await deliverBatch(runtime, side, hear);
  expect(delivered).toEqual([3]);
});

test('writes that take long together belong to their worker for as long', async () => {
  const { runtime, erp } = await withRecords(30, { bulk: BULK });
  await deliver(runtime);
  expect(erp.batches).toEqual([30]);
  expect(erp.leaseSeconds).toBeGreaterThan(600);
  expect(erp.leaseSeconds).toBeLessThanOrEqual((BULK.durationMaxMs + BULK_SEND_WITHIN_MS) / 1_000);
  const few = await withRecords(3, { bulk: BULK });
  await deliver(few.runtime);
  expect(few.erp.leaseSeconds).toBeLessThanOrEqual(40);
});

test('the look before many writes asks for no more records at once than the system takes', async () => {
  const { runtime, crm, erp } = await withRecords(40, {
    bulk: BULK,
    conditionalWrite: false,
    getBatchMax: 15,
  });
  await deliver(runtime);
  erp.batches.splice(0);
  erp.looks.splice(0);
  for (const id of Object.keys(crm.all())) crm.edit(id, { phone: '1' });
  await observeAll(runtime, new AbortController().signal);
  erp.looks.splice(0);
  await deliver(runtime);
  expect(erp.batches).toEqual([40]);
  expect(erp.looks.slice(0, 3)).toEqual([15, 15, 10]);
  expect(new Set(Object.values(erp.all()).map((fields) => fields['phone']))).toEqual(new Set(['1']));
});

test('texts that are very long together leave in several deliveries', async () => {
  const { runtime, crm, erp } = await withRecords(10, {});
  await deliver(runtime);
  erp.batches.splice(0);
  const text = 'x'.repeat(5_000_000);
  for (const id of Object.keys(crm.all()).slice(0, 6)) crm.edit(id, { city: text });
  await observeAll(runtime, new AbortController().signal);
  // A busy machine takes longer over so much text than a request may wait before it leaves.
  await deliver({ ...runtime, clock: { ...systemClock, monotonicMs: () => 0 } });
  expect(erp.batches).toEqual([5, 1]);
});

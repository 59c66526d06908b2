import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SnapshotPage, SnapshotRequest } from '../connector/contract.ts';
import { ConnectorFailure, type FailureKind } from '../connector/failure.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { observeAnew } from '../store/schemas.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const RECORDS = 6;

/** One record a page, after each of which a read can go on; fails when it is asked for the page of `failsAt`. */
class Paged extends MemorySystem {
  failsAt: { readonly page: number; readonly kind: FailureKind } | null = null;
  readonly asked: number[] = [];
  before: (page: number) => Promise<void> = () => Promise.resolve();

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    const pages: SnapshotPage[] = [];
    for await (const page of super.readAll({ ...request, pageRecordsMax: 1 })) pages.push(page);
    for (let index = Number(request.resume ?? 0); index < pages.length + 1; index += 1) {
      this.asked.push(index);
      await this.before(index);
      const { page = -1, kind = 'transient' } = this.failsAt ?? {};
      if (index === page) throw new ConnectorFailure({ kind, code: `memory.${kind}`, message: 'not now' });
      const records = pages[index]?.records ?? [];
      yield { records, unreadable: [], resume: index + 1, complete: index === pages.length };
    }
  }
}

async function swept(runtime: SyncRuntime): Promise<boolean> {
  await runtime.transaction((tx) => tx.wakeStream('crm', 'sweep'));
  return sweepSide(runtime, must(runtime.sides.get('crm'), 'the sync has it'), signal);
}

/** A sync of so many records at crm, each of them met. */
async function start(name: string): Promise<{ readonly crm: Paged; readonly runtime: SyncRuntime }> {
  const crm = new Paged();
  const runtime = await runtimeOf(name, crm);
  for (let index = 0; index < RECORDS; index += 1)
    crm.create({ email: `${String(index)}@x.test`, name: 'n', phone: null, city: null });
  await observeAll(runtime, signal);
  return { crm, runtime };
}

function runtimeOf(name: string, crm: Paged, change: Partial<SyncDefinition> = {}): Promise<SyncRuntime> {
  const definition = simpleDefinition(['crm', 'erp'], { name, ...change });
  return createTestRuntime(store, definition, { crm, erp: new MemorySystem() });
}

/** The page that a sweep begins with after one that failed at the fifth. */
async function goesOnAt(crm: Paged, runtime: SyncRuntime): Promise<number | undefined> {
  crm.failsAt = null;
  crm.asked.length = 0;
  expect(await swept(runtime)).toBe(true);
  return crm.asked[0];
}

test.each([
  ['transient', 4],
  ['rateLimited', 4],
  ['auth', 4],
  ['config', 0],
] as const)('a sweep that a failure of kind %s stops goes on at page %s', async (kind, page) => {
  const { crm, runtime } = await start(`place ${kind}`);
  crm.failsAt = { page: 4, kind };
  expect(await swept(runtime)).toBe(false);
  expect(await goesOnAt(crm, runtime)).toBe(page);
});

test('a sweep that goes on behind the last record does not take the side for an emptied one', async () => {
  const { crm, runtime } = await start('behind the last');
  crm.failsAt = { page: RECORDS, kind: 'transient' };
  expect(await swept(runtime)).toBe(false);
  expect(await goesOnAt(crm, runtime)).toBe(RECORDS);
});

test('a sweep that was stopped begins anew under another revision', async () => {
  const { crm, runtime } = await start('revised');
  crm.failsAt = { page: 4, kind: 'transient' };
  expect(await swept(runtime)).toBe(false);
  const match = [['email'], ['phone']];
  expect(await goesOnAt(crm, await runtimeOf('revised', crm, { match }))).toBe(0);
});

test('a sweep that is under way when a schema changes counts no more, and begins anew', async () => {
  const { crm, runtime } = await start('schema');
  crm.before = async (page) => {
    if (page === 4)
      await store.database.transaction(store.workspaceNo, (tx) => observeAnew(tx, runtime.syncKey));
  };
  expect(await swept(runtime)).toBe(false);
  crm.before = () => Promise.resolve();
  expect(await goesOnAt(crm, runtime)).toBe(0);
});

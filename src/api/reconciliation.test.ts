import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { deliverAll, observeAll } from '../worker/rounds.ts';
import type { SyncRuntime } from '../worker/runtime.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;
let erp: MemorySystem;
let runtime: SyncRuntime;
let crm: MemorySystem;
let name: string;

beforeAll(async () => {
  crm = new MemorySystem();
  erp = new MemorySystem();
  const definition = simpleDefinition(['crm', 'erp']);
  ({ name } = definition);
  runtime = await createTestRuntime(store, definition, { crm, erp });
  for (const person of ['ada', 'bob', 'eve'])
    crm.create({ email: `${person}@example.com`, name: person, phone: null, city: null });
  await observeAll(runtime, new AbortController().signal);
  await settleRounds(store, runtime, 2);
  api = createTestApi(store, {}, () => Promise.resolve(runtime));
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

async function reconcile(): Promise<void> {
  await toEnd(await client.api.v1.syncs[':name'].reconciliation.$post({ param: { name }, query: {} }));
}

async function toEnd(started: { readonly status: number; json(): Promise<unknown> }): Promise<void> {
  expect(started.status).toBe(202);
  const { id } = (await started.json()) as { readonly id: string };
  await expect
    .poll(async () => {
      const task = await (await client.api.v1.tasks[':id'].$get({ param: { id } })).json();
      return 'state' in task ? task.state : null;
    })
    .toBe('done');
}

async function shown() {
  return (await client.api.v1.syncs[':name'].reconciliation.$get({ param: { name } })).json();
}

test('before the first reconciliation there is no report, and no file of one', async () => {
  expect(await shown()).toEqual({ report: null, trend: [], schedule: null, underWay: [] });
  const file = await client.api.v1.syncs[':name'].reconciliation.file.$get({
    param: { name },
    query: { format: 'csv' },
  });
  expect(file.status).toBe(404);
});

test('a reconciliation is begun, shown with the reason of every difference, and downloaded', async () => {
  await reconcile();
  expect((await shown()).report).toMatchObject({ drift: 0, rows: [] });
  const [first = ''] = Object.keys(erp.all());
  erp.remove(first);
  await reconcile();
  const { report, trend } = await shown();
  expect(report?.sides.find(({ side }) => side === 'erp')?.classes).toMatchObject([
    { kind: 'missing', count: 1 },
  ]);
  expect(report?.rows).toMatchObject([{ side: 'erp', recordId: first }]);
  expect(trend).toHaveLength(4);
  for (const format of ['csv', 'html'] as const) {
    const file = await client.api.v1.syncs[':name'].reconciliation.file.$get({
      param: { name },
      query: { format },
    });
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="reconciliation.${format}"`);
    expect(await file.text()).toContain(first);
  }
});

test('only the newest report of a side keeps values of records', async () => {
  const kept = await store.database.transaction(store.workspaceNo, (tx) =>
    tx.query<{ side: string }>('select side from runs where report is not null order by side'),
  );
  expect(kept.map(({ side }) => side)).toEqual(['crm', 'erp']);
});

test('a repair is sealed as a plan, and nothing of it goes out before that is approved', async () => {
  await toEnd(await client.api.v1.syncs[':name'].reconciliation.repair.$post({ param: { name } }));
  const answer = await client.api.v1.syncs[':name'].plan.$get({ param: { name } });
  // The record was deleted at erp, and deletes go on to crm here.
  expect(await answer.json()).toMatchObject({
    plan: { writes: 1, isApproved: false },
    groups: [{ side: 'crm', kind: 'delete', count: 1 }],
  });
  await settleRounds(store, runtime, 2);
  expect(crm.size).toBe(3);
  const { hash = '' } =
    (await (await client.api.v1.syncs[':name'].plan.$get({ param: { name } })).json()).plan ?? {};
  const approved = await client.api.v1.syncs[':name'].approval.$post({ param: { name }, json: { hash } });
  expect(await approved.json()).toEqual({ released: 1, moved: 0 });
  // As a worker does that hears of an approval.
  const again = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp });
  await deliverAll(again, new AbortController().signal);
  expect(crm.size).toBe(2);
});

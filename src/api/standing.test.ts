import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { createSyncs, referring, type Syncs } from '../../test/support/references.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { noteQuotas, noteThrottled } from '../store/connection-health.ts';
import { saveConnection, setConnectionState } from '../store/control.ts';
import type { Tx } from '../store/database.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;
let syncs: Syncs;

beforeAll(async () => {
  syncs = await createSyncs(store, [
    referring('contacts', { account: { to: 'accounts' } }),
    referring('accounts', {}),
  ]);
  const account = syncs.system('accounts', 'crm').create({ email: 'acme@example.com', name: 'Acme' });
  syncs.system('contacts', 'crm').create({ email: 'ann@example.com', name: 'Ann', account });
  await syncs.settle(['contacts']);
  await inStore((tx) =>
    saveConnection(tx, store.workspaceNo, { name: 'org', system: 'salesforce', settings: {} }),
  );
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

async function inStore<T>(action: (tx: Tx) => Promise<T>): Promise<T> {
  return store.database.transaction(store.workspaceNo, action);
}

async function connection() {
  return (await client.api.v1.connections[':name'].$get({ param: { name: 'org' } })).json();
}

async function contact() {
  const { items: found } = await (
    await client.api.v1.records.$get({ query: { query: 'ann@example.com' } })
  ).json();
  const identity = found[0]?.identity ?? '';
  return (await client.api.v1.records[':identity'].$get({ param: { identity } })).json();
}

async function waiting(): Promise<readonly (number | undefined)[]> {
  // The count of before is shown for a moment; what is asked for here is the one of now.
  await inStore((tx) => tx.execute('delete from counted'));
  const { items: all } = await (await client.api.v1.syncs.$get()).json();
  return all.find(({ name }) => name === 'contacts')?.sides.map(({ waits }) => waits) ?? [];
}

test('a connection says until when it was asked to wait, and since when it is as it is', async () => {
  await inStore(async (tx) => {
    await setConnectionState(tx, 'org', 'connected', null);
    await noteThrottled(tx, 'org', 'too many requests', 60_000);
  });
  const throttled = await connection();
  expect(throttled.throttled?.reason).toBe('too many requests');
  expect(Date.parse(throttled.throttled?.until ?? '')).toBeGreaterThan(Date.parse(throttled.since));
  await inStore((tx) => tx.execute(`update connections set throttled_until = now() - interval '1 second'`));
  expect((await connection()).throttled).toBeNull();
});

test('a limit that will not last the day is told with when it will be used up', async () => {
  await inStore((tx) => noteQuotas(tx, 'org', [{ limit: 'daily', max: 1_000, used: 100 }]));
  expect((await connection()).quotas).toMatchObject([
    { limit: 'daily', max: 1_000, used: 100, usedUpAt: null },
  ]);
  await inStore(async (tx) => {
    await tx.execute(
      `update connections set quotas = jsonb_set(quotas, '{0,earlier,atMs}',
         to_jsonb((quotas -> 0 -> 'earlier' ->> 'atMs')::float8 - 3600000)) where name = 'org'`,
    );
    await noteQuotas(tx, 'org', [{ limit: 'daily', max: 1_000, used: 400 }]);
  });
  const [quota] = (await connection()).quotas;
  const leftMs = Date.parse(quota?.usedUpAt ?? '') - Date.parse(quota?.at ?? '');
  expect(Math.round(leftMs / 3_600_000)).toBe(2);
});

test('what waits for another record is counted at its side, and says why until that one has come', async () => {
  expect(await waiting()).toEqual([1, 0]);
  const [wait] = (await contact()).waits;
  expect(wait).toMatchObject({
    kind: 'read',
    side: 'crm',
    field: 'account',
    reason: 'notRead',
    needsPerson: false,
    waitsFor: { sync: 'accounts', side: 'crm' },
  });
  expect(wait?.sentence).toMatch(
    /^account of contacts crm \S+ names accounts crm \S+, which has not been read yet$/,
  );
  await syncs.settle();
  expect((await contact()).waits).toEqual([]);
  expect(await waiting()).toEqual([0, 0]);
});

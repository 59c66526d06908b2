import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, ORIGIN, signInFirst, type TestApi } from '../../test/support/api.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { moveAlerts, type AlertNews } from '../store/alerts.ts';

const SECRET = 'https://hooks.example/T000/B000/xyzzy';
const NEWS: AlertNews = {
  key: 'watch.stalled 1 ',
  severity: 'critical',
  code: 'watch.stalled',
  sync: 'people',
  side: null,
  title: 'Nobody works',
  detail: 'nothing was tried for 12 minutes',
  advice: 'Start one: trueup worker.',
  sinceMs: 1_700_000_000_000,
};

const store = sharedTestStore();
let api: TestApi;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  api = createTestApi(store);
  headers = await signInFirst(api);
});
afterAll(() => api.close());

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  return api.app.request(`${ORIGIN}/api/v1${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function stateOf(news: readonly AlertNews[]): Promise<readonly [number, number]> {
  await store.database.transaction(store.workspaceNo, (tx) => moveAlerts(tx, store.workspaceNo, news));
  const [raised, over] = await Promise.all(
    (['raised', 'recovered'] as const).map(async (state) => {
      const answer = await clientOf(api, headers).api.v1.alerts.$get({ query: { state } });
      const { items: alerts } = await answer.json();
      return alerts.length;
    }),
  );
  return [raised ?? -1, over ?? -1];
}

test('an alert is listed as raised while it holds, and as over afterwards', async () => {
  expect(await stateOf([NEWS])).toEqual([1, 0]);
  expect(await stateOf([])).toEqual([0, 1]);
});

test('a channel’s secret goes in and never comes out, and does not move to another address', async () => {
  expect((await send('PUT', '/channels/ops', { kind: 'slack' })).status).toBe(422);
  expect((await send('PUT', '/channels/ops', { kind: 'slack', secret: SECRET })).status).toBe(204);
  expect((await send('PUT', '/channels/ops', { kind: 'slack', severity: 'critical' })).status).toBe(204);
  const shown = await (await send('GET', '/channels')).text();
  expect(shown).toContain('"severity":"critical"');
  const elsewhere = { kind: 'webhook', settings: { url: 'https://evil.example/collect' } };
  expect((await send('PUT', '/channels/ops', elsewhere)).status).toBe(422);
  const trail = await (await send('GET', '/audit')).text();
  expect(trail).toContain('channel.saved');
  expect(shown + trail).not.toContain('xyzzy');
  expect((await send('DELETE', '/channels/ops')).status).toBe(204);
  expect((await send('DELETE', '/channels/ops')).status).toBe(404);
});

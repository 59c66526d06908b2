import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestApi, signInFirst, type TestApi } from '../../test/support/api.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import type { WhatIf } from './host.ts';

const store = sharedTestStore();
let api: TestApi;
const begun: (() => void)[] = [];

const whatIf = (): Promise<WhatIf> =>
  new Promise((resolve) => begun.push(() => resolve({ kind: 'told', syncs: [] })));

beforeAll(async () => {
  api = createTestApi(store, {}, undefined, { file: { whatIf } });
});
afterAll(() => api.close());

test('two edited files are tried at a time, and a third one is told to come again', async () => {
  const headers = await signInFirst(api);
  const ask = async (): Promise<number> =>
    (await api.post('/sync-file/what-if', { source: 'version: 1' }, headers)).status;
  const first = [ask(), ask()];
  await expect.poll(() => begun.length).toBe(2);
  expect(await ask()).toBe(429);
  for (const end of begun.splice(0)) end();
  expect(await Promise.all(first)).toEqual([200, 200]);
  const next = ask();
  await expect.poll(() => begun.length).toBe(1);
  for (const end of begun) end();
  expect(await next).toBe(200);
});

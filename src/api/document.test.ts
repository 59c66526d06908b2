import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestApi, ORIGIN, type TestApi } from '../../test/support/api.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { ROLES } from './api-env.ts';

interface Operation {
  readonly 'x-role'?: string;
  readonly summary?: string;
}

const store = sharedTestStore();
let api: TestApi;
let served: string;
beforeAll(async () => {
  api = createTestApi(store);
  served = await (await api.app.request(`${ORIGIN}/api/v1/openapi.json`)).text();
});
afterAll(() => api.close());

test('the document in the repository is the one that is served', async () => {
  const kept = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(kept), 'docs/openapi.json is out of date: npm run openapi').toEqual(JSON.parse(served));
});

test('every operation says who may ask, and nobody else is let in', async () => {
  const document = JSON.parse(served) as { paths: Record<string, Record<string, Operation>> };
  const refused: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path}`;
      expect([name, operation['x-role']]).toEqual([
        name,
        expect.stringMatching(/^(anyone|viewer|operator|approver|admin)$/),
      ]);
      if (operation['x-role'] === 'anyone') continue;
      const answer = await api.app.request(ORIGIN + path.replaceAll(/\{\w+\}/g, 'x'), {
        method: method.toUpperCase(),
      });
      expect([name, answer.status]).toEqual([name, 401]);
      refused.push(name);
    }
  }
  expect(refused.length).toBeGreaterThan(30);
  expect(ROLES).toHaveLength(4);
});

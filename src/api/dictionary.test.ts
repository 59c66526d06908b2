import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { observeAll } from '../worker/rounds.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;
const definition = {
  ...simpleDefinition(['crm', 'erp']),
  rules: [{ field: 'name', onViolation: 'flag', kind: 'length', max: 3 }] as const,
};
const { name } = definition;

beforeAll(async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  for (const person of ['ada', 'bob', 'evelyn'])
    crm.create({ email: `${person}@example.com`, name: person, phone: null, city: null });
  await observeAll(runtime, new AbortController().signal);
  await settleRounds(store, runtime, 2);
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

test('what breaks a rule is looked for as work of its own, and told by side with the way to its records', async () => {
  const route = client.api.v1.syncs[':name'].violations;
  const before = await (await route.$get({ param: { name } })).json();
  expect(before).toEqual({ report: null });
  const { id } = await (await route.$post({ param: { name } })).json();
  await expect
    .poll(async () => (await (await client.api.v1.tasks[':id'].$get({ param: { id } })).json()).state)
    .toBe('done');
  const { report } = await (await route.$get({ param: { name } })).json();
  expect(report).toMatchObject({ isCurrent: true, waysLeftOut: 0 });
  const sides = report?.violations.map(({ side, field, records }) => ({ side, field, records }));
  expect(sides).toContainEqual({ side: 'crm', field: 'name', records: 1 });
  const [example] = report?.violations[0]?.examples ?? [];
  const journey = await client.api.v1.records[':identity'].$get({
    param: { identity: example?.identity ?? '' },
  });
  expect((await journey.json()).title).toBe('evelyn');
});

test('a file of a dictionary that is not there is not found, with how to make one', async () => {
  const answer = await client.api.v1.dictionary.file.$get({ query: { format: 'html' } });
  expect(answer.status).toBe(404);
  expect(JSON.stringify(await answer.json())).toContain('trueup dictionary draft');
});

/** Whose a record is that waits because its keys are those of two: offered and said over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { observeAll } from '../worker/rounds.ts';

const store = sharedTestStore();
const [crm, erp] = [new MemorySystem(), new MemorySystem()];
let api: TestApi;
let client: Client;
let settle: () => Promise<void>;
/** The records of Ann and Eve at crm. */
let [ann, eve] = ['', ''];

beforeAll(async () => {
  const definition = simpleDefinition(['crm', 'erp'], { match: [['email'], ['phone']] });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  ann = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  eve = crm.create({ email: null, name: 'Eve', phone: '2', city: null });
  erp.create({ email: 'ann@x.test', name: null, phone: '2', city: null });
  await observeAll(runtime, new AbortController().signal);
  settle = () => settleRounds(store, runtime, 2);
  await settle();
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

async function onlyHold() {
  const { items } = await (await client.api.v1.holds.$get({ query: {} })).json();
  expect(items).toHaveLength(1);
  return must(items[0], 'a person is asked');
}

test('what its keys lead to is offered, each by its record and its name, and by nothing else', async () => {
  const { choices, sentence } = await onlyHold();
  expect(choices.toSorted((one, other) => String(one.value).localeCompare(String(other.value)))).toEqual([
    { kind: 'belongs', side: 'crm', recordId: ann, value: 'Ann' },
    { kind: 'belongs', side: 'crm', recordId: eve, value: 'Eve' },
  ]);
  expect(sentence).toContain(`its email to crm ${ann}, its phone to crm ${eve}`);
});

test('while it waits, the journey of each says why it is not made there', async () => {
  const found = await (await client.api.v1.records.$get({ query: { query: ann } })).json();
  const identity = must(found.items[0]?.identity, 'it is known');
  const journey = await (await client.api.v1.records[':identity'].$get({ param: { identity } })).json();
  const [id = ''] = Object.keys(erp.all());
  expect(journey.waits.map(({ kind, sentence, needsPerson }) => [kind, sentence, needsPerson])).toEqual([
    [
      'key',
      `things crm ${ann} waits to be made at erp: its email is that of things erp ${id}, which is parked until a person decides (trueup holds)`,
      true,
    ],
  ]);
});

test('said without the record that it belongs to it is refused, and said with it the record is linked', async () => {
  const { id } = await onlyHold();
  const decide = (json: { readonly side?: string; readonly recordId?: string }) =>
    client.api.v1.holds[':id'].decision.$post({ param: { id }, json: { kind: 'belongs', ...json } });
  expect((await decide({ side: 'crm' })).status).toBe(422);
  expect((await decide({ side: 'crm', recordId: 'nobody' })).status).toBe(422);
  expect((await decide({ side: 'crm', recordId: ann })).status).toBe(204);
  await settle();
  const found = await (await client.api.v1.records.$get({ query: { query: ann } })).json();
  expect(found.items[0]?.records.map(({ side }) => side).toSorted()).toEqual(['crm', 'erp']);
});

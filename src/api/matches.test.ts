import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition, snapshotOf } from '../../test/support/sync.ts';
import { firstMatch } from '../engine/first-match.ts';
import { explainLikeness } from '../engine/likeness.ts';
import { identityPage, saveSuggestions } from '../store/matches.ts';
import { observeAll } from '../worker/rounds.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;

beforeAll(async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const plain = simpleDefinition(['crm', 'erp']);
  const fields = plain.fields.map((field) =>
    field.name === 'phone' ? { ...field, type: { kind: 'phone' as const, region: 'DE' } } : field,
  );
  const definition = { ...plain, fields };
  const runtime = await createTestRuntime(store, definition, { crm, erp }, 'observe');
  for (const [name, phone] of [
    ['Ann Lee', '+49 30 123456'],
    ['Carl Orff', '+49 30 888888'],
  ] as const) {
    crm.create({ email: `${name.slice(0, 3)}@x.example`, name, phone, city: 'Rome' });
    erp.create({ email: null, name, phone, city: 'Paris' });
  }
  await observeAll(runtime, new AbortController().signal);
  const { syncKey, ids } = runtime;
  const page = await snapshotOf(store, (tx) => identityPage(tx, syncKey, null, 100));
  const candidates = page.map(({ golden: values, ...rest }) => ({ ...rest, values }));
  const found = firstMatch(definition.fields, candidates).suggestions.map(({ likeness, ...pair }) => ({
    ...pair,
    score: likeness.score,
    why: explainLikeness(likeness),
  }));
  await store.database.transaction(store.workspaceNo, (tx) => saveSuggestions(tx, syncKey, ids, found));
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

async function open(limit: string, cursor?: string) {
  const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
  return (await client.api.v1.matches.$get({ query })).json();
}

async function decide(id: string, kind: 'confirm' | 'reject') {
  return client.api.v1.matches[':id'].decision.$post({ param: { id }, json: { kind } });
}

test('pairs that may be one are listed page by page, with both side by side and why', async () => {
  const first = await open('1');
  const second = await open('1', first.next ?? '');
  const both = [...first.items, ...second.items];
  expect(second.next).toBeNull();
  expect(both.map(({ left, right }) => `${left.title}, ${right.title}`).toSorted()).toEqual([
    'Ann Lee, Ann Lee',
    'Carl Orff, Carl Orff',
  ]);
  for (const { sentence, left, right, fields, choices } of both) {
    expect(sentence).toMatch(
      /^These two may be the same Thing, which no key tells\. Likeness \d+ of 100: same /,
    );
    expect([...left.records, ...right.records].map(({ side }) => side).toSorted()).toEqual(['crm', 'erp']);
    const city = fields.find(({ name }) => name === 'city');
    expect(new Set([city?.left, city?.right])).toEqual(new Set(['Paris', 'Rome']));
    expect(choices).toEqual(['confirm', 'reject']);
  }
  const overview = await (await client.api.v1.overview.$get()).json();
  expect(overview.waiting.matches).toBe(2);
});

async function recordsOf(identity = ''): Promise<number> {
  const journey = await client.api.v1.records[':identity'].$get({ param: { identity } });
  return (await journey.json()).records.length;
}

async function decideAll(
  ...decisions: readonly { readonly id: string; readonly kind: 'confirm' | 'reject' }[]
) {
  return client.api.v1.matches.decisions.$post({ json: { decisions } });
}

test('of many decisions one that cannot be carried out stops them all, and is named', async () => {
  const [one] = (await open('50')).items;
  const unknown = '01a1fe83-060d-7000-8e00-7f6530ff546a';
  const refused = await decideAll(
    { id: one?.id ?? '', kind: 'confirm' },
    { id: unknown, kind: 'reject' },
    { id: one?.id ?? '', kind: 'reject' },
  );
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    errors: [
      { path: 'decisions[1]', message: expect.stringContaining('no such pair') as string },
      { path: 'decisions[2]', message: 'the pair is decided twice' },
    ],
  });
  expect((await open('50')).items).toHaveLength(2);
});

test('a pair that is confirmed is one, one that is rejected stays two, and neither is asked again', async () => {
  const [one, other] = (await open('50')).items;
  const confirmed = await decide(one?.id ?? '', 'confirm');
  expect((await confirmed.json()).joinId).toMatch(/^[0-9a-f-]{36}$/);
  const rejected = await decideAll({ id: other?.id ?? '', kind: 'reject' });
  expect(await rejected.json()).toEqual({ joinIds: [null] });
  expect((await open('50')).items).toEqual([]);
  const joined = [await recordsOf(one?.left.identity), await recordsOf(one?.right.identity)];
  expect(joined.toSorted((left, right) => left - right)).toEqual([0, 2]);
  expect([await recordsOf(other?.left.identity), await recordsOf(other?.right.identity)]).toEqual([1, 1]);
  expect((await decide(one?.id ?? '', 'reject')).status).toBe(404);
});

test('a merge is listed until it is taken back, once', async () => {
  const merges = async () => (await (await client.api.v1.merges.$get()).json()).items;
  const [merge, ...others] = await merges();
  expect(others).toEqual([]);
  expect([merge?.sync, merge?.moved.length]).toEqual(['things', 1]);
  const param = { id: merge?.id ?? '' };
  expect((await client.api.v1.merges[':id'].$delete({ param })).status).toBe(204);
  expect(await merges()).toEqual([]);
  expect((await client.api.v1.merges[':id'].$delete({ param })).status).toBe(404);
});

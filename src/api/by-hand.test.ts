import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { deliverAll, observeAll, SweepFailed } from '../worker/rounds.ts';
import type { SyncRuntime } from '../worker/runtime.ts';

const signal = new AbortController().signal;

const store = sharedTestStore();
let api: TestApi;
let client: Client;
let runtime: SyncRuntime;
const crm = new MemorySystem({ card: { feed: 'none', deletes: 'lookup' } });
const erp = new MemorySystem();
const ids: Record<string, string> = {};

beforeAll(async () => {
  const plain = simpleDefinition(['crm', 'erp'], { name: 'things' });
  const sides = plain.sides.map((side) =>
    side.name === 'crm' ? { ...side, where: [{ native: 'city', in: ['Secretville'], negated: true }] } : side,
  );
  runtime = await createTestRuntime(store, { ...plain, sides }, { crm, erp });
  const people = { ann: 'Rome', annagain: 'Rome', out: 'Secretville' };
  for (const [name, city] of Object.entries(people))
    ids[name] = crm.create({ email: `${name}@example.com`, name, phone: null, city });
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  api = createTestApi(store, {}, () => Promise.resolve(runtime));
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

async function tested(side: string, id: string) {
  const param = { name: 'things', side, id };
  const answer = await client.api.v1.syncs[':name'].sides[':side'].records[':id'].test.$post({ param });
  expect(answer.status).toBe(200);
  return answer.json();
}

async function identityOf(name: string): Promise<string> {
  const { items: found } = await (await client.api.v1.records.$get({ query: { query: `${name}@` } })).json();
  return found[0]?.identity ?? '';
}

test('a record that is kept out is tested, and the one part of the sync that does it is named', async () => {
  const { kind, isWell, verdict, culprit } = await tested('crm', ids['out'] ?? '');
  expect([kind, isWell]).toEqual(['found', false]);
  expect(verdict).toContain('filtered by rule');
  expect(culprit?.parts).toEqual(['the condition "city is none of Secretville" at crm']);
  expect(culprit?.isMinimal).toBe(true);
});

test('a record in step has nothing against it, and one that is not there is said to be absent', async () => {
  expect(await tested('crm', ids['ann'] ?? '')).toMatchObject({ isWell: true, culprit: null });
  expect(await tested('crm', 'nobody')).toMatchObject({ kind: 'absent', isWell: false, steps: [] });
  const nowhere = await client.api.v1.syncs[':name'].sides[':side'].records[':id'].test.$post({
    param: { name: 'things', side: 'moon', id: '1' },
  });
  expect(nowhere.status).toBe(404);
});

test('the support bundle can be taken, with the constants of filters left out, and who took it is told', async () => {
  const answer = await client.api.v1['support-bundle'].$get();
  expect(answer.headers.get('content-disposition')).toContain('attachment');
  const page = await answer.text();
  expect(page).toContain('things');
  expect(page).not.toContain('Secretville');
  const { items: trail } = await (await client.api.v1.audit.$get({ query: {} })).json();
  expect(trail.map(({ action }) => action)).toContain('bundle.taken');
});

test('two that nobody suggested are made one by hand once, and that is taken back', async () => {
  const identities = [await identityOf('ann'), await identityOf('annagain')] as const;
  const json = { sync: 'things', identities } as const;
  // Both have a record at each side: which of the two would go is for the systems themselves.
  const refused = await client.api.v1.merges.$post({ json });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'conflict' });
  const alone = crm.create({ email: null, name: 'Ann', phone: null, city: 'Rome' });
  const other = erp.create({ email: null, name: 'Anne', phone: null, city: 'Rome' });
  await observeAll(runtime, signal);
  const of = async (side: string, id: string): Promise<string> => {
    const param = { name: 'things', side, id };
    const record = await client.api.v1.syncs[':name'].sides[':side'].records[':id'].$get({ param });
    return (await record.json()).identity ?? '';
  };
  const pair = [await of('crm', alone), await of('erp', other)] as const;
  const made = await client.api.v1.merges.$post({ json: { sync: 'things', identities: pair } });
  expect(made.status).toBe(200);
  expect(await of('crm', alone)).toBe(await of('erp', other));
  const { joinId } = await made.json();
  expect((await client.api.v1.merges[':id'].$delete({ param: { id: joinId } })).status).toBe(204);
  expect(await of('crm', alone)).not.toBe(await of('erp', other));
});

test('a side that was emptied waits for a word that it was meant, and is believed then', async () => {
  const say = async (side: string): Promise<number> =>
    (await client.api.v1.syncs[':name'].sides[':side'].emptied.$post({ param: { name: 'things', side } }))
      .status;
  expect(await say('crm')).toBe(409);
  for (const id of Object.keys(crm.all())) crm.remove(id);
  await expect(observeAll(runtime, signal)).rejects.toThrow(SweepFailed);
  expect(await (await client.api.v1['emptied-sides'].$get()).json()).toEqual({
    items: [{ sync: 'things', side: 'crm' }],
  });
  expect(await say('crm')).toBe(204);
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  expect((await (await client.api.v1['emptied-sides'].$get()).json()).items).toEqual([]);
});

test('the headers of a collector go in, never come out, and do not move to another address', async () => {
  const put = async (url: string, headers?: string): Promise<number> =>
    (
      await client.api.v1.collectors[':name'].$put({
        param: { name: 'ops' },
        json: { url, ...(headers === undefined ? {} : { headers }) },
      })
    ).status;
  const here = 'https://otlp.example.com/v1/metrics';
  expect(await put('ftp://otlp.example.com')).toBe(422);
  expect(await put(here, 'Authorization=Bearer%20xyzzy')).toBe(204);
  expect(await put(here)).toBe(204);
  expect(await put('https://evil.example/v1/metrics')).toBe(422);
  const shown = await (await client.api.v1.collectors.$get()).text();
  expect(shown).toContain(here);
  const trail = await (await client.api.v1.audit.$get({ query: {} })).text();
  expect(trail).toContain('collector.saved');
  expect(shown + trail).not.toContain('xyzzy');
  expect((await client.api.v1.collectors[':name'].$delete({ param: { name: 'ops' } })).status).toBe(204);
  expect((await client.api.v1.collectors[':name'].$delete({ param: { name: 'ops' } })).status).toBe(404);
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  ADMIN,
  clientOf,
  createTestApi,
  signInFirst,
  type Client,
  type TestApi,
} from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import type { Json } from '../lib/json.ts';
import { findSync } from '../store/control.ts';
import { noteSchema } from '../store/schemas.ts';
import { observeAll } from '../worker/rounds.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;
let crm: MemorySystem;
let erp: MemorySystem;

beforeAll(async () => {
  crm = new MemorySystem();
  erp = new MemorySystem();
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp });
  for (let index = 1; index <= 5; index += 1)
    crm.create({
      email: `p${String(index)}@example.com`,
      name: `Person ${String(index)}`,
      phone: null,
      city: null,
    });
  await observeAll(runtime, new AbortController().signal);
  await settleRounds(store, runtime, 2);
  const [id = ''] = Object.keys(crm.all());
  const [other = ''] = Object.keys(erp.all());
  crm.edit(id, { city: 'Rome' });
  erp.edit(other, { city: 'Paris' });
  await settleRounds(store, runtime, 2);
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});

afterAll(() => api.close());

test('the overview counts every record in exactly one state', async () => {
  const overview = await (await client.api.v1.overview.$get()).json();
  const [sync] = overview.syncs;
  expect(sync?.sides.map(({ name, counts }) => [name, counts])).toEqual([
    ['crm', { records: 5, inSync: 4, pending: 0, held: 1, dead: 0, excluded: 0 }],
    ['erp', { records: 5, inSync: 4, pending: 0, held: 1, dead: 0, excluded: 0 }],
  ]);
  expect(overview.waiting).toEqual({ holds: 1, matches: 0, heldWrites: 0, dead: 0, connections: 0 });
});

async function whyInState(state: 'inSync' | 'held'): Promise<readonly (string | null)[]> {
  const answer = await client.api.v1.records.$get({ query: { sync: 'things', side: 'erp', state } });
  return (await answer.json()).items.map(({ why }) => why);
}

test('each number of the balance leads to the records that it counts, and why', async () => {
  expect((await whyInState('inSync')).length).toBe(4);
  expect(await whyInState('held')).toEqual(['it waits for a decision in the review']);
  const nowhere = await client.api.v1.records.$get({ query: { state: 'held' } });
  expect(nowhere.status).toBe(422);
});

test('a hold is shown with every value that could stand, and is gone when one was chosen', async () => {
  const { items: open } = await (await client.api.v1.holds.$get({ query: {} })).json();
  expect(open.map(({ field, choices }) => [field, choices.map(({ kind, value }) => [kind, value])])).toEqual([
    [
      'city',
      [
        ['take', 'Rome'],
        ['take', 'Paris'],
        ['keep', expect.anything()],
        ['value', null],
      ],
    ],
  ]);
  const id = open[0]?.id ?? '';
  const decided = await client.api.v1.holds[':id'].decision.$post({
    param: { id },
    json: { kind: 'take', side: 'erp' },
  });
  expect(decided.status).toBe(204);
  const { items: left } = await (await client.api.v1.holds.$get({ query: {} })).json();
  expect(left).toEqual([]);
});

test('a record is found by its id and by a value it is matched by, and its journey tells who did what', async () => {
  const byValue = await (await client.api.v1.records.$get({ query: { query: 'P3@example' } })).json();
  expect(byValue.items.map(({ title, matched }) => [title, matched])).toEqual([['Person 3', 'matchKey']]);
  const found = byValue.items[0];
  const [record] = found?.records ?? [];
  const byId = await (await client.api.v1.records.$get({ query: { query: record?.recordId ?? '' } })).json();
  expect(byId.items.map(({ identity }) => identity)).toContain(found?.identity);
  const journey = await (
    await client.api.v1.records[':identity'].$get({ param: { identity: found?.identity ?? '' } })
  ).json();
  expect(journey.fields.find(({ name }) => name === 'name')).toMatchObject({
    golden: 'Person 3',
    sides: { crm: 'Person 3', erp: 'Person 3' },
  });
  expect(journey.timeline.map(({ kind, side }) => `${kind} ${side}`)).toEqual(['linked crm', 'written erp']);
});

async function withValue(query: string): Promise<readonly string[]> {
  const answer = await client.api.v1.records.$get({ query: { query, within: 'values' } });
  return (await answer.json()).items.map(({ title, matched }) => `${title} by ${matched ?? 'nothing'}`);
}

test('what a query is not the beginning of is found by walking through all values', async () => {
  expect(await withValue('4 pérson')).toEqual(['Person 4 by value']);
  expect((await withValue('example.com')).length).toBe(5);
  expect(await withValue('nobody')).toEqual([]);
});

test('a cursor that is no place of the list is refused, whatever it says', async () => {
  const inState = { sync: 'things', side: 'crm', state: 'held' } as const;
  const inValues = { query: 'person', within: 'values' } as const;
  for (const [query, place] of [
    [inState, { reason: 'inStep', after: null }],
    [inState, { reason: 'hold', after: 'x' }],
    [inState, { reason: 'parked', after: '\u0000' }],
    [inState, { reason: 'parked' }],
    [inValues, { sync: '1', after: 'x' }],
  ] as const) {
    const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
    const answer = await client.api.v1.records.$get({ query: { ...query, cursor } });
    expect([place, answer.status]).toEqual([place, 422]);
  }
});

test('a list is read to its end page by page', async () => {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; page < 5 && cursor !== null; page += 1) {
    const answer = await client.api.v1.records.$get({
      query: { sync: 'things', side: 'crm', limit: '2', ...(cursor === undefined ? {} : { cursor }) },
    });
    const { items: shown, next } = await answer.json();
    ids.push(
      ...shown.flatMap(({ records }) =>
        records.filter(({ side }) => side === 'crm').map(({ recordId }) => recordId),
      ),
    );
    cursor = next;
  }
  expect(ids).toEqual(Object.keys(crm.all()).toSorted());
});

test('a sync tells its mappings in sentences', async () => {
  const sync = await (await client.api.v1.syncs[':name'].$get({ param: { name: 'things' } })).json();
  expect(sync.mappings[0]?.sentence).toBe(
    'email at crm and email of Thing are kept equal, in both directions.',
  );
  expect(sync.rules[0]).toBe('Records with the same email are the same Thing.');
});

/** Notes what crm says its fields are. */
async function noteFields(names: readonly string[]): Promise<void> {
  const fields: Json = names.map((name) => ({
    name,
    type: { kind: 'text' },
    required: false,
    readOnly: false,
    unique: false,
  }));
  await store.database.transaction(store.workspaceNo, async (tx) => {
    const sync = must(await findSync(tx, 'things'), 'the sync is there');
    const seen = { side: 'crm', collection: 'things', fields, hash: names.join(' ') };
    await noteSchema(tx, sync.syncKey, seen);
  });
}

test('a sync tells what its systems have changed about their fields, and what to do', async () => {
  await noteFields(['email', 'name', 'phone', 'city']);
  await noteFields(['email', 'name', 'phone', 'zip']);
  const param = { name: 'things' };
  const { items: sides } = await (await client.api.v1.syncs[':name'].schemas.$get({ param })).json();
  expect(sides).toMatchObject([{ side: 'crm', collection: 'things' }]);
  expect(sides[0]?.changes.map(({ gravity, fields }) => [gravity, fields])).toEqual([
    ['stopsField', ['city']],
    ['harmless', []],
  ]);
  expect(sides[0]?.changes[0]?.sentence).toContain('`city`');
  expect(sides[0]?.changes[0]?.fix).not.toBeNull();
});

test('what is not there, not right or not allowed is told as a problem document', async () => {
  const missing = await client.api.v1.syncs[':name'].$get({ param: { name: 'nothing' } });
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  const stranger = await clientOf(api).api.v1.overview.$get();
  expect(await stranger.json()).toMatchObject({ code: 'signed_out', status: 401 });
  const wrong = await client.api.v1.holds.$get({ query: { limit: '9999' } });
  expect(await wrong.json()).toMatchObject({ code: 'invalid', errors: [{ path: 'query.limit' }] });
});

test('what people complain of is walked down to its cause', async () => {
  const param = { name: 'things' };
  const paused = await client.api.v1.syncs[':name'].mode.$put({ param, json: { mode: 'paused' } });
  expect((await paused.json()).mode).toBe('paused');
  const { items: found, blind } = await (
    await client.api.v1.diagnosis.$get({ query: { sync: 'things', symptom: 'nothing' } })
  ).json();
  expect(found[0]?.cause).toMatch(/paused/);
  expect(found[0]).toMatchObject({ weight: 'stopped', fault: { kind: 'setUp' }, place: 'sync' });
  expect(blind.map(({ says }) => says)).toContain(
    'while the sync is paused, its signs of life were not judged',
  );
  const none = await client.api.v1.diagnosis.$get({ query: { sync: 'nothing' } });
  expect(none.status).toBe(404);
});

test('the first account is made once, with the token that was printed', async () => {
  const again = await api.post('/set-up', { ...ADMIN, email: 'eve@example.com', token: api.setUpToken });
  expect(again.status).toBe(401);
});

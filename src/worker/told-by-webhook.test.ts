import { beforeEach, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { SHOPIFY } from '../connector/http/webhook/schemes.ts';
import type { ToldRecord } from '../connector/webhook.ts';
import { must } from '../lib/assert.ts';
import { findSync, saveConnection } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { webhookVitals, type WebhookVitals } from '../store/webhooks.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';
import { takeTold } from './told-by-webhook.ts';

const signal = new AbortController().signal;
const NAMES = ['ann', 'bob', 'cat'];
const store = sharedTestStore();
let crm: MemorySystem;
let runtime: SyncRuntime;
let syncs = 0;

function transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T> {
  return store.database.transaction(store.workspaceNo, action);
}

/** Two sides in step; the CRM has no feed and a webhook. */
beforeEach(async () => {
  crm = new MemorySystem({ card: { feed: 'none', deletes: 'lookup', webhook: true } });
  for (const name of NAMES) crm.create({ email: `${name}@x.test`, name, phone: null, city: null });
  const definition = simpleDefinition(['crm', 'erp'], { name: `things${String((syncs += 1))}` });
  runtime = await createTestRuntime(store, definition, { crm, erp: new MemorySystem() });
  const settings = { webhook_secret: { secretName: 'CRM' } };
  await transaction((tx) => saveConnection(tx, store.workspaceNo, { name: 'crm', system: 'rest', settings }));
  await compare();
  await compare();
});

async function compare(): Promise<void> {
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
}

function edit(city: string): readonly string[] {
  const ids = Object.keys(crm.all());
  for (const id of ids) crm.edit(id, { city });
  return ids;
}

async function tell(...recordIds: readonly string[]): Promise<void> {
  const sync = must(await transaction((tx) => findSync(tx, runtime.name)), 'it was saved');
  const told = recordIds.map((recordId): ToldRecord => ({ collection: 'things', recordId }));
  const webhook = { scheme: SHOPIFY, secrets: [], readLagMs: new Map([['things', 0]]), read: () => told };
  const end = { workspaceNo: store.workspaceNo, connection: 'crm', webhook, syncs: [sync] };
  const taken = await transaction((tx) => takeTold(tx, end, { kind: 'signed', atMs: null, names: [] }, told));
  expect(taken).toBe('taken');
}

async function vitals(): Promise<WebhookVitals | undefined> {
  const { sides } = runtime.model;
  const [only, ...others] = await transaction((tx) => webhookVitals(tx, runtime.syncKey, sides));
  expect(others).toEqual([]);
  return only;
}

test('what was there before, and what nobody changed, nobody had to tell of', async () => {
  expect(await vitals()).toMatchObject({ side: 'crm', connection: 'crm', unhinted: [] });
});

test('a change that a comparison found and no hint told of is known as such, once for each record', async () => {
  const ids = edit('Rome');
  await compare();
  edit('Oslo');
  await compare();
  const found = (await vitals())?.unhinted ?? [];
  expect(found.map(({ recordId }) => recordId)).toEqual(ids);
  expect(found.every(({ identityId }) => identityId !== null)).toBe(true);
});

test('what is told is looked at without any comparison, and what it brings counts as told', async () => {
  const ids = edit('Rome');
  await tell(...ids);
  await settleRounds(store, runtime, 2);
  const sides = await runtime.transaction((tx) => tx.recordsOf('crm', ids));
  expect([...sides.values()].every(({ status }) => status === 'live')).toBe(true);
  await compare();
  expect((await vitals())?.unhinted).toEqual([]);
});

test('what a comparison finds while a hint is open was told of, however late the look would have come', async () => {
  const [first = '', ...others] = edit('Rome');
  await transaction((tx) => tx.execute(`delete from webhook_tellings`));
  await tell(first);
  await transaction((tx) => tx.execute(`update webhook_tellings set told_at = told_at - interval '1 hour'`));
  await transaction((tx) =>
    tx.execute(`update hints set due_at = clock_timestamp() + interval '1 hour' where sync_key = $1`, [
      runtime.syncKey,
    ]),
  );
  await observeAll(runtime, signal);
  expect((await vitals())?.unhinted.map(({ recordId }) => recordId)).toEqual(others);
});

test('a telling, of whichever record of the collection, ends what was not told before it', async () => {
  const [first = ''] = edit('Rome');
  await compare();
  expect((await vitals())?.unhinted).toHaveLength(3);
  await tell(first);
  expect((await vitals())?.unhinted).toEqual([]);
});

test('a record that is told and not there costs a look and no more', async () => {
  await tell('nobody');
  await settleRounds(store, runtime, 3);
  const open = 'select record_id from hints where sync_key = $1';
  expect(await transaction((tx) => tx.query(open, [runtime.syncKey]))).toEqual([]);
  expect(Object.keys(crm.all())).toHaveLength(3);
});

test('a record that is told to be gone stays while a look shows it, and goes when looks do not', async () => {
  const [first = '', second = ''] = Object.keys(crm.all());
  await tell(first, second);
  crm.remove(second);
  await settleRounds(store, runtime, 3);
  const known = await runtime.transaction((tx) => tx.recordsOf('crm', [first, second]));
  expect([known.get(first)?.status, known.get(second)?.status]).toEqual(['live', 'gone']);
});

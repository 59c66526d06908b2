import { expect, test } from 'vitest';

import { sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { systemRandom } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';
import { allSyncs, ensureWorkspace, openSecret, saveRevision, saveSecret } from './control.ts';
import { createSealer } from './seal.ts';

const store = sharedTestStore();

const revision = (name: string): Parameters<typeof saveRevision>[2] => ({
  definition: simpleDefinition(['crm', 'erp'], { name }),
  source: '',
  hash: name,
  author: 'test',
});

test('a workspace sees its own syncs and no others', async () => {
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  await store.database.transaction(store.workspaceNo, (tx) =>
    saveRevision(tx, store.workspaceNo, revision('mine')),
  );
  await store.database.transaction(other, (tx) => saveRevision(tx, other, revision('theirs')));
  const mine = await store.database.transaction(store.workspaceNo, (tx) => allSyncs(tx));
  const theirs = await store.database.transaction(other, (tx) => allSyncs(tx));
  expect(mine.map((sync) => sync.name)).toEqual(['mine']);
  expect(theirs.map((sync) => sync.name)).toEqual(['theirs']);
});

test('without a workspace every table looks empty', async () => {
  expect(await store.database.transaction(0, (tx) => allSyncs(tx))).toEqual([]);
});

test('a row cannot be written into another workspace', async () => {
  const write = store.database.transaction(store.workspaceNo, (tx) =>
    tx.execute('insert into streams (sync_key, side, kind) values ($1, $2, $3)', [
      String(2n ** 33n + 1n),
      'crm',
      'sweep',
    ]),
  );
  await expect(write).rejects.toThrow(/row-level security/);
});

test('every table forces row security, but for those that hold nothing of a workspace', async () => {
  const open = await store.raw.pool.query<{ relname: string }>(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not (relrowsecurity and relforcerowsecurity) order by relname`,
  );
  expect(open.rows.map((row) => row.relname)).toEqual(['lineage', 'migrations', 'workspaces']);
});

test('every key of the data plane leads with sync_key, and no table has a row trigger', async () => {
  const loose = await store.raw.pool.query<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indrelid
       join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where c.relnamespace = 'public'::regnamespace and i.indisunique and a.attname <> 'sync_key' and c.relname <> 'collectors'
        and c.relname not in ('lineage', 'migrations', 'workspaces', 'connections', 'secrets', 'syncs', 'budgets', 'tokens',
          'accounts', 'sessions', 'api_tokens', 'answered_requests', 'audit_entries', 'alerts', 'channels', 'notices', 'budget_hours',
          'sign_in_providers', 'account_identities', 'sign_in_attempts', 'secret_uses', 'error_logs', 'retention',
          'webhook_seen', 'webhook_tellings', 'webhook_refusals')`,
  );
  const triggers = await store.raw.pool.query(`select from pg_trigger where not tgisinternal`);
  expect(loose.rows).toEqual([]);
  expect(triggers.rowCount).toBe(0);
});

test('a secret is stored sealed, opens in its place only, and is nowhere in the database', async () => {
  const sealer = createSealer([systemRandom.bytes(32)], systemRandom);
  const canary = 'canary-4f1c-not-in-any-dump';
  await store.database.transaction(store.workspaceNo, (tx) =>
    saveSecret(tx, sealer, store.workspaceNo, 'CRM_PASSWORD', new Secret(canary)),
  );
  const opened = await store.database.transaction(store.workspaceNo, (tx) =>
    openSecret(tx, sealer, store.workspaceNo, 'CRM_PASSWORD'),
  );
  expect(opened?.reveal()).toBe(canary);
  expect(`${String(opened)} ${JSON.stringify({ opened })}`).not.toContain(canary);
  const dump = await store.raw.pool.query<{ row: string }>('select secrets::text as row from secrets');
  expect(dump.rows.map((row) => Buffer.from(row.row).toString('latin1')).join()).not.toContain(canary);
  await store.raw.pool.query(`update secrets set name = 'ERP_PASSWORD'`);
  const moved = store.database.transaction(store.workspaceNo, (tx) =>
    openSecret(tx, sealer, store.workspaceNo, 'ERP_PASSWORD'),
  );
  await expect(moved).rejects.toThrow(/cannot be opened/);
});

test.each([
  [
    'a sent write without a body',
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
     values (1, gen_random_uuid(), 'a', gen_random_uuid(), 'create', 'sent', now(), now())`,
  ],
  [
    'a dead write without a failure',
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
     values (1, gen_random_uuid(), 'a', gen_random_uuid(), 'create', 'dead', now(), 'infinity')`,
  ],
  [
    'a dead write that is due',
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, failure, planned_at, due_at)
     values (1, gen_random_uuid(), 'a', gen_random_uuid(), 'create', 'dead', '{}', now(), now())`,
  ],
  [
    'a live link without an identity',
    `insert into links (sync_key, side, record_id, status, as_of) values (1, 'a', 'x', 'live', now())`,
  ],
  [
    'an unreadable record without a reason',
    `insert into links (sync_key, side, record_id, status, as_of) values (1, 'a', 'x', 'unreadable', now())`,
  ],
  [
    'a hold closed by nobody',
    `insert into holds (sync_key, hold_id, identity_id, side, reason, seen, opened_at, closed_at)
     values (1, gen_random_uuid(), gen_random_uuid(), 'a', 'conflict', '{}', now(), now())`,
  ],
  [
    'a state that does not exist',
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
     values (1, gen_random_uuid(), 'a', gen_random_uuid(), 'create', 'lost', now(), now())`,
  ],
])('the database refuses %s', async (_, statement) => {
  await expect(store.raw.pool.query(statement)).rejects.toThrow(/check constraint/);
});

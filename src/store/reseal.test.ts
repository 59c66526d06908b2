import { beforeEach, expect, test } from 'vitest';

import { sharedTestStore } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';
import { channelSecret } from './alerts.ts';
import { collectorSecret } from './collectors.ts';
import { ensureWorkspace, openSecret, saveConnection, saveSecret } from './control.ts';
import type { Database } from './database.ts';
import { resealAll, type Resealed } from './reseal.ts';
import { createSealer, type Sealer } from './seal.ts';
import { SEALED } from './sealed-places.ts';
import { openProvider, saveProvider } from './sign-in-providers.ts';
import { tokenRow, type TokenRow } from './tokens.ts';

const [OLD, NEW] = [systemRandom.bytes(32), systemRandom.bytes(32)];
const old = createSealer([OLD], systemRandom);
const oldFirst = createSealer([OLD, NEW], systemRandom);
const newFirst = createSealer([NEW, OLD], systemRandom);
const changed = createSealer([NEW], systemRandom);
const unheard = new AbortController().signal;
const TABLES = Object.values(SEALED).map(({ table }) => table);
/** Secrets of a connection, its webhooks, a channel and a collector. */
const NAMES = ['CRM_PASSWORD', 'HOOK_SECRET', channelSecret('ops'), collectorSecret('otlp')];
const PROVIDER = {
  name: 'okta',
  title: 'Okta',
  issuer: 'https://okta.example',
  clientId: 'trueup',
  scope: 'openid',
  groupsClaim: 'groups',
  roles: [],
  defaultRole: null,
};

const store = sharedTestStore();
let workspaces: readonly number[];

beforeEach(async () => {
  await store.raw.pool.query(`truncate ${TABLES.join(', ')} cascade`);
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  workspaces = [store.workspaceNo, other];
});

const resealed = (by: Sealer = newFirst, signal = unheard, database = store.database): Promise<Resealed> =>
  resealAll(database, by, signal);

function tokensOf(workspaceNo: number, sealer: Sealer): TokenRow {
  const { database } = store;
  const place = { database, workspaceNo, sealer, connection: 'crm' };
  return tokenRow({ ...place, clock: systemClock, random: systemRandom });
}

function give(name: string, text: string, sealer: Sealer, workspaceNo = store.workspaceNo): Promise<void> {
  return store.database.transaction(workspaceNo, (tx) =>
    saveSecret(tx, sealer, workspaceNo, name, new Secret(text)),
  );
}

/** One of every kind, in two workspaces. */
async function sealEverything(): Promise<void> {
  for (const workspaceNo of workspaces) {
    for (const name of NAMES) await give(name, `${name} of ${String(workspaceNo)}`, old, workspaceNo);
    await store.database.transaction(workspaceNo, async (tx) => {
      await saveConnection(tx, workspaceNo, { name: 'crm', system: 'acme', settings: {} });
      await saveProvider(tx, old, workspaceNo, PROVIDER, new Secret(`okta of ${String(workspaceNo)}`));
      await saveProvider(tx, old, workspaceNo, { ...PROVIDER, name: 'public' }, null);
    });
    const tokens = new Secret(`tokens of ${String(workspaceNo)}`);
    await tokensOf(workspaceNo, old).renewing((_, save) => save(tokens));
  }
}

/** What each of the values opens as; throws where one does not. */
async function openEverything(sealer: Sealer): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const workspaceNo of workspaces) {
    await store.database.transaction(workspaceNo, async (tx) => {
      for (const name of NAMES)
        texts.push(must(await openSecret(tx, sealer, workspaceNo, name), name).reveal());
      const found = await openProvider(tx, sealer, workspaceNo, PROVIDER.name);
      texts.push(must(found?.secret, 'the provider has a secret').reveal());
    });
    texts.push(must(await tokensOf(workspaceNo, sealer).load(), 'there are tokens').reveal());
  }
  return texts;
}

/** All that the tables hold beside what is sealed. */
async function beside(): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for (const table of TABLES) {
    const found = await store.raw.pool.query<{ row: string }>(
      `select (to_jsonb(t) - '{sealed,sealed_key,key_version}'::text[])::text as row from ${table} t order by 1`,
    );
    rows.push(found.rows);
  }
  return rows;
}

async function keyVersions(): Promise<readonly number[]> {
  const selects = TABLES.map((table) => `select key_version from ${table} where key_version is not null`);
  const { rows } = await store.raw.pool.query<{ key_version: number }>(selects.join(' union '));
  return rows.map((row) => row.key_version);
}

test('every table with something sealed in it is known here', async () => {
  const { rows } = await store.raw.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'sealed_key' order by table_name`,
  );
  expect(rows.map(({ name }) => name)).toEqual(TABLES.toSorted());
});

test('what the old key sealed, of every kind and in every workspace, is sealed anew, and the old key may go', async () => {
  await sealEverything();
  const [texts, rows] = [await openEverything(old), await beside()];
  await expect(openEverything(changed)).rejects.toThrow(/not here/);
  const each = (NAMES.length + 2) * workspaces.length;
  expect(await resealed()).toEqual({ sealedAnew: each, unopened: [], isCutShort: false });
  expect(await openEverything(changed)).toEqual(texts);
  expect(await openEverything(newFirst)).toEqual(texts);
  await expect(openEverything(old)).rejects.toThrow(/not here/);
  expect(await keyVersions()).toEqual([changed.keyVersion]);
  expect(await beside()).toEqual(rows);
  expect(await resealed()).toMatchObject({ sealedAnew: 0, unopened: [] });
});

test('what cannot be opened is named and left to the byte as it was', async () => {
  await sealEverything();
  const lost = createSealer([systemRandom.bytes(32)], systemRandom);
  await give('HOOK_SECRET', 'of a key that is lost', lost);
  await store.raw.pool.query(
    `update tokens set sealed = sealed || '\\x00' where workspace_no = ${String(store.workspaceNo)}`,
  );
  const spoilt = `select sealed, sealed_key, key_version from secrets where name = 'HOOK_SECRET' and workspace_no = ${String(store.workspaceNo)}
    union all select sealed, sealed_key, key_version from tokens where workspace_no = ${String(store.workspaceNo)}`;
  const before = await store.raw.pool.query(spoilt);
  const at = { workspaceNo: store.workspaceNo, workspace: 'default' };
  expect(await resealed()).toMatchObject({
    sealedAnew: (NAMES.length + 2) * 2 - 2,
    unopened: [
      { ...at, kind: 'secret', name: 'HOOK_SECRET' },
      { ...at, kind: 'tokens', name: 'crm' },
    ],
  });
  expect((await store.raw.pool.query(spoilt)).rows).toEqual(before.rows);
});

test.each([
  ['old', oldFirst],
  ['new', newFirst],
])(
  'tokens that are being renewed meanwhile are stored by whoever renews them, its %s key first',
  async (_, worker) => {
    await sealEverything();
    const { workspaceNo } = store;
    const stands = await tokensOf(workspaceNo, worker).renewing(async (stored, save) => {
      expect(stored?.reveal()).toBe(`tokens of ${String(workspaceNo)}`);
      expect((await resealed()).unopened).toEqual([]);
      return save(new Secret('the only ones that still work'));
    });
    expect(stands?.result.reveal()).toBe('the only ones that still work');
    await resealed();
    expect((await tokensOf(workspaceNo, changed).load())?.reveal()).toBe('the only ones that still work');
  },
);

test('a secret that is given at the same moment is the one that stays, and is sealed anew', async () => {
  await give('CRM_PASSWORD', 'the one before', old);
  const { workspaceNo } = store;
  const giver = store.database.transaction(workspaceNo, async (tx) => {
    await saveSecret(tx, oldFirst, workspaceNo, 'CRM_PASSWORD', new Secret('the one just given'));
    const resealing = resealed();
    await expect
      .poll(async () => {
        const waiting = await store.raw.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return waiting.rowCount;
      })
      .toBe(1);
    return { resealing };
  });
  const { resealing } = await giver;
  expect(await resealing).toMatchObject({ sealedAnew: 1 });
  const opened = await store.database.transaction(workspaceNo, (tx) =>
    openSecret(tx, changed, workspaceNo, 'CRM_PASSWORD'),
  );
  expect(opened?.reveal()).toBe('the one just given');
});

test('broken off on its second page everything still opens, and the next one goes on from there', async () => {
  const names = Array.from({ length: 130 }, (_, index) => `S${String(index)}`);
  for (const name of names) await give(name, name, old);
  const stop = new AbortController();
  let transactions = 0;
  const breaking: Database = {
    ...store.database,
    transaction: (workspaceNo, action) => {
      transactions += 1;
      if (transactions === 120) stop.abort();
      return store.database.transaction(workspaceNo, action);
    },
  };
  const first = await resealed(newFirst, stop.signal, breaking);
  expect(first.isCutShort).toBe(true);
  expect(first.sealedAnew).toBeGreaterThan(100);
  const open = (sealer: Sealer): Promise<readonly (string | undefined)[]> =>
    store.database.transaction(store.workspaceNo, async (tx) => {
      const texts: (string | undefined)[] = [];
      for (const name of names) texts.push((await openSecret(tx, sealer, store.workspaceNo, name))?.reveal());
      return texts;
    });
  expect(await open(oldFirst)).toEqual(names);
  expect(await resealed()).toMatchObject({ sealedAnew: 130 - first.sealedAnew, isCutShort: false });
  expect(await open(changed)).toEqual(names);
});

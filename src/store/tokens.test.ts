import { beforeAll, beforeEach, expect, test } from 'vitest';

import { sharedTestStore } from '../../test/support/sync.ts';
import { createTokenSource } from '../connector/oauth/create-token-source.ts';
import { createTokenStore } from '../connector/oauth/kept-tokens.ts';
import type { GrantOutcome } from '../connector/oauth/token-endpoint.ts';
import type { StoredTokens, TokenStore } from '../connector/oauth/token-store.ts';
import { tokenStoreSuite, type TokenStage } from '../connector/oauth/token-suite.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';
import { saveConnection } from './control.ts';
import { createSealer, type Sealer } from './seal.ts';
import { tokenRow } from './tokens.ts';

const sealer = createSealer([systemRandom.bytes(32)], systemRandom);
const store = sharedTestStore();
beforeAll(async () => {
  for (const name of ['crm', 'erp'])
    await store.database.transaction(store.workspaceNo, (tx) =>
      saveConnection(tx, store.workspaceNo, { name, system: 'acme', settings: {} }),
    );
});
beforeEach(async () => {
  await store.raw.pool.query('truncate tokens');
});

function tokens(connection = 'crm', by: Sealer = sealer): TokenStore {
  const { database, workspaceNo } = store;
  const place = { database, workspaceNo, sealer: by, connection, clock: systemClock, random: systemRandom };
  return createTokenStore(tokenRow(place));
}

function granted(access: string): StoredTokens {
  return {
    accessToken: new Secret(access),
    refreshToken: new Secret(`refresh of ${access}`),
    obtainedAtMs: 1,
    expiresAtMs: null,
    extra: {},
  };
}

async function stage(): Promise<TokenStage> {
  await store.raw.pool.query('truncate tokens');
  return { one: tokens(), other: tokens(), close: async () => undefined };
}

test.each(tokenStoreSuite(stage))('in PostgreSQL: $title', async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

test('two workers with one rotating refresh token renew it once, and each later renewal stands on the one before', async () => {
  const spent: string[] = [];
  const obtain = {
    obtain: async (stored: StoredTokens | null): Promise<GrantOutcome> => {
      spent.push(stored?.refreshToken?.reveal() ?? 'none');
      const { accessToken, refreshToken, extra } = granted(`access-${String(spent.length)}`);
      return { kind: 'granted', granted: { accessToken, refreshToken, extra, expiresInMs: 3_600_000 } };
    },
  };
  await tokens().renewing((_, save) => save({ ...granted('access-0'), expiresAtMs: 1 }));
  const workers = [tokens(), tokens()].map((kept) =>
    createTokenSource({ system: 'acme', title: 'Acme', obtain, store: kept, clock: systemClock }),
  );
  const { signal } = new AbortController();
  const seen = await Promise.all(workers.map((worker) => worker.accessToken(signal)));
  expect(seen.map(({ value }) => value.reveal())).toEqual(['access-1', 'access-1']);
  await tokens().renewing(async (stored, save) => save({ ...(stored ?? granted('none')), expiresAtMs: 1 }));
  const third = createTokenSource({
    system: 'acme',
    title: 'Acme',
    obtain,
    store: tokens(),
    clock: systemClock,
  });
  expect((await third.accessToken(signal)).value.reveal()).toBe('access-2');
  expect(spent).toEqual(['refresh of access-0', 'refresh of access-1']);
});

test('a worker that died in its turn holds nobody up for ever, and overwrites nothing if it was only slow', async () => {
  const slow = tokens();
  const stands = await slow.renewing(async (_, save) => {
    await store.raw.pool.query(`update tokens set renewing_until = clock_timestamp() - interval '1 second'`);
    await tokens().renewing((__, saveOther) => saveOther(granted('newer')));
    return await save(granted('older'));
  });
  expect(stands.accessToken.reveal()).toBe('newer');
  expect((await tokens().load())?.accessToken.reveal()).toBe('newer');
});

test('whoever was too slow does not end the turn of the next one', async () => {
  await tokens().renewing(async () => {
    await store.raw.pool.query(
      `update tokens set renewing_by = 'next', renewing_until = clock_timestamp() + interval '1 minute'`,
    );
  });
  const { rows } = await store.raw.pool.query<{ by: string }>('select renewing_by as by from tokens');
  expect(rows).toEqual([{ by: 'next' }]);
});

test('tokens are nowhere in the database, and open in their place and under their key only', async () => {
  const canary = 'canary-9d1e-not-in-any-dump';
  await tokens().renewing((_, save) => save(granted(canary)));
  const dump = await store.raw.pool.query<{ sealed: Buffer; row: string }>(
    'select sealed, tokens::text as row from tokens',
  );
  const [row] = dump.rows;
  expect(row?.sealed.length).toBeGreaterThan(canary.length);
  expect(`${row?.row ?? ''} ${row?.sealed.toString('latin1') ?? ''}`).not.toContain(canary);
  const otherKey = tokens('crm', createSealer([systemRandom.bytes(32)], systemRandom));
  expect(await otherKey.load()).toBeNull();
  await store.raw.pool.query(`update tokens set connection = 'erp'`);
  expect(await tokens('erp').load()).toBeNull();
});

test('a connection that is taken away takes its tokens with it', async () => {
  await tokens('erp').renewing((_, save) => save(granted('a')));
  await store.raw.pool.query(`delete from connections where name = 'erp'`);
  expect((await store.raw.pool.query('select from tokens')).rowCount).toBe(0);
});

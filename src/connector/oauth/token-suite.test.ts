import { expect, test } from 'vitest';

import { createMemoryTokens, type TokenStore } from './token-store.ts';
import { tokenStoreSuite, type TokenStage } from './token-suite.ts';

async function stage(change: (store: TokenStore) => TokenStore = (store) => store): Promise<TokenStage> {
  const store = change(createMemoryTokens());
  return { one: store, other: store, close: async () => undefined };
}

test.each(tokenStoreSuite(stage))('in memory: $title', async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

const BREACHES: Readonly<Record<string, (store: TokenStore) => TokenStore>> = {
  'keeps nothing': (store) => ({ ...store, load: async () => null }),
  'lets everybody renew at once': (store) => ({
    ...store,
    renewing: async (work) =>
      await work(await store.load(), (next) => store.renewing((_, save) => save(next))),
  }),
  'drops what else was granted': (store) => ({
    ...store,
    renewing: (work) =>
      store.renewing((stored, save) => work(stored, (next) => save({ ...next, extra: {} }))),
  }),
  'saves when the turn is over': (store) => ({
    ...store,
    renewing: (work) =>
      store.renewing(async (stored, save) => {
        let last = stored;
        const result = await work(stored, async (next) => (last = next));
        if (last !== null) await save(last);
        return result;
      }),
  }),
};

test.each(Object.entries(BREACHES))('a store that %s fails the suite', async (_, breach) => {
  const failed = await Promise.all(
    tokenStoreSuite(() => stage(breach)).map(({ run }) =>
      run().then(
        () => 0,
        () => 1,
      ),
    ),
  );
  expect(failed).toContain(1);
});

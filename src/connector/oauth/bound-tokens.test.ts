import { expect, test } from 'vitest';

import { Secret } from '../../lib/secret.ts';
import { boundTokens } from './bound-tokens.ts';
import { createMemoryTokens, type StoredTokens } from './token-store.ts';

const granted: StoredTokens = {
  accessToken: new Secret('access'),
  refreshToken: new Secret('refresh'),
  obtainedAtMs: 1,
  expiresAtMs: null,
  extra: { scope: 'api' },
};

test('tokens granted for one account are not there for another', async () => {
  const store = createMemoryTokens();
  await boundTokens(store, ['https://test.example', 'me']).renewing((_, save) => save(granted));
  expect((await boundTokens(store, ['https://test.example', 'me']).load())?.extra['scope']).toBe('api');
  expect(await boundTokens(store, ['https://live.example', 'me']).load()).toBeNull();
  await boundTokens(store, ['https://live.example', 'me']).renewing(async (stored) => {
    expect(stored).toBeNull();
  });
});

test('a refresh token of the settings counts until one is stored for it, and again when it is replaced', async () => {
  const store = createMemoryTokens();
  const of = async (first: string): Promise<string | undefined> =>
    (await boundTokens(store, ['me'], new Secret(first)).load())?.refreshToken?.reveal();
  expect(await of('one')).toBe('one');
  await boundTokens(store, ['me'], new Secret('one')).renewing((_, save) => save(granted));
  expect(await of('one')).toBe('refresh');
  expect(await of('two')).toBe('two');
});

import { createHash } from 'node:crypto';

import { Secret } from '../../lib/secret.ts';
import type { StoredTokens, TokenStore } from './token-store.ts';

const MARK = 'trueup_bound_to';

/**
 * Tokens that count only with the settings they were granted for, so that nobody's token reaches another account or host
 * after a setting was changed. `boundTo` is what identifies the account: where to log in, as which client, in whose name.
 * `first` is a refresh token from the settings, which stands in until one is stored. Tokens without a mark count.
 */
export function boundTokens(
  store: TokenStore,
  boundTo: readonly string[],
  first: Secret | null = null,
): TokenStore {
  const mark = createHash('sha256')
    .update(JSON.stringify([...boundTo, first?.reveal() ?? null]))
    .digest('hex');
  const seen = (stored: StoredTokens | null): StoredTokens | null =>
    stored !== null && (stored.extra[MARK] ?? mark) === mark ? stored : ranOut(first);
  return {
    load: async () => seen(await store.load()),
    renewing: (work) =>
      store.renewing((stored, save) =>
        work(seen(stored), async (tokens) => {
          const stands = await save({ ...tokens, extra: { ...tokens.extra, [MARK]: mark } });
          return seen(stands) ?? tokens;
        }),
      ),
  };
}

/** Asks to be renewed before anything else. */
function ranOut(refreshToken: Secret | null): StoredTokens | null {
  if (refreshToken === null) return null;
  return { accessToken: new Secret(''), refreshToken, obtainedAtMs: 0, expiresAtMs: 0, extra: {} };
}

import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import { ConnectorFailure } from '../failure.ts';
import type { StoredTokens, TokenStore } from './token-store.ts';

/** Who keeps the tokens of one connection, as a text that only we read. */
export interface TokenKeeper {
  load(): Promise<Secret | null>;
  /** Null when the turn did not come within minutes; `save` as `SaveTokens` says. */
  renewing<T>(
    work: (stored: Secret | null, save: (next: Secret) => Promise<Secret>) => Promise<T>,
  ): Promise<{ readonly result: T } | null>;
}

/** A store over any keeper. A text that makes no sense counts as none. */
export function createTokenStore(keeper: TokenKeeper): TokenStore {
  return {
    load: async () => tokensIn(await keeper.load()),
    renewing: async (work) => {
      const done = await keeper.renewing((stored, save) =>
        work(tokensIn(stored), async (tokens) => tokensIn(await save(textOf(tokens))) ?? tokens),
      );
      if (done !== null) return done.result;
      throw new ConnectorFailure({
        kind: 'transient',
        code: 'trueup.renewal_busy',
        message: 'Other workers have been renewing the access token of this connection for minutes',
      });
    },
  };
}

function textOf({ accessToken, refreshToken, obtainedAtMs, expiresAtMs, extra }: StoredTokens): Secret {
  const access = accessToken.reveal();
  const refresh = refreshToken?.reveal() ?? null;
  return new Secret(JSON.stringify({ access, refresh, obtainedAtMs, expiresAtMs, extra }));
}

function tokensIn(text: Secret | null): StoredTokens | null {
  const kept = text === null ? null : (JSON.parse(text.reveal()) as Json);
  if (!isObject(kept)) return null;
  const { access, refresh, obtainedAtMs, expiresAtMs, extra } = kept;
  if (typeof access !== 'string' || typeof obtainedAtMs !== 'number') return null;
  return {
    accessToken: new Secret(access),
    refreshToken: typeof refresh === 'string' ? new Secret(refresh) : null,
    obtainedAtMs,
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null,
    extra: isObject(extra) ? extra : {},
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return value != null && typeof value === 'object' && !isJsonArray(value);
}

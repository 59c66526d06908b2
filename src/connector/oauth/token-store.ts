import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';

/** The tokens of one connection, as they are kept sealed. */
export interface StoredTokens {
  readonly accessToken: Secret;
  /** Null where the grant gives none: such a connection asks for a new token with its own credentials. */
  readonly refreshToken: Secret | null;
  readonly obtainedAtMs: number;
  /** Null when the system does not say. */
  readonly expiresAtMs: number | null;
  readonly extra: JsonObject;
}

/** Where one connection's tokens are kept, for all workers. */
export interface TokenStore {
  load(): Promise<StoredTokens | null>;
  /**
   * Runs `work` while nobody else, in any process, renews this connection, and gives it what is stored now. `save`
   * resolves when the tokens are durable: a rotated refresh token is not used before.
   */
  renewing<T>(
    work: (stored: StoredTokens | null, save: (tokens: StoredTokens) => Promise<void>) => Promise<T>,
  ): Promise<T>;
}

/** Tokens of this process alone: for grants that need nothing kept, and for tests. */
export function createMemoryTokens(stored: StoredTokens | null = null): TokenStore {
  let tokens = stored;
  let turn: Promise<unknown> = Promise.resolve();
  const save = async (next: StoredTokens): Promise<void> => {
    tokens = next;
  };
  return {
    load: async () => tokens,
    renewing: async (work) => {
      const mine = turn.then(() => work(tokens, save));
      turn = mine.catch(() => undefined);
      return await mine;
    },
  };
}

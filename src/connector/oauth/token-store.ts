import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Granted } from './token-endpoint.ts';

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

/**
 * Resolves when tokens are durable: a rotated refresh token is not used before. Gives the tokens that stand: these, or
 * newer ones that somebody else stored since they were read, which are never overwritten.
 */
export type SaveTokens = (tokens: StoredTokens) => Promise<StoredTokens>;

/** Where one connection's tokens are kept, for all workers. `tokenStoreSuite` says what must hold. */
export interface TokenStore {
  load(): Promise<StoredTokens | null>;
  /**
   * Runs `work` while nobody else, in any process, renews this connection, and gives it what is stored now. Failure
   * `transient`, with nothing done, when the turn does not come within minutes.
   */
  renewing<T>(work: (stored: StoredTokens | null, save: SaveTokens) => Promise<T>): Promise<T>;
}

/** What is stored of a grant. An endpoint that does not rotate sends no refresh token: the one before stays good. */
export function tokensOf(granted: Granted, before: StoredTokens | null, nowMs: number): StoredTokens {
  return {
    accessToken: granted.accessToken,
    refreshToken: granted.refreshToken ?? before?.refreshToken ?? null,
    obtainedAtMs: nowMs,
    expiresAtMs: granted.expiresInMs === null ? null : nowMs + granted.expiresInMs,
    extra: granted.extra,
  };
}

/** Whether both are one grant. */
export function sameTokens(one: StoredTokens | null, other: StoredTokens | null): boolean {
  return (
    one?.accessToken.reveal() === other?.accessToken.reveal() &&
    one?.refreshToken?.reveal() === other?.refreshToken?.reveal()
  );
}

/** Tokens of this process alone: for grants that need nothing kept, and for tests. */
export function createMemoryTokens(stored: StoredTokens | null = null): TokenStore {
  let tokens = stored;
  let turn: Promise<unknown> = Promise.resolve();
  const savingAfter = (seen: StoredTokens | null): SaveTokens => {
    let known = seen;
    return async (next) => {
      if (tokens === known) tokens = next;
      known = tokens;
      return tokens ?? next;
    };
  };
  return {
    load: async () => tokens,
    renewing: async (work) => {
      const mine = turn.then(() => work(tokens, savingAfter(tokens)));
      turn = mine.catch(() => undefined);
      return await mine;
    },
  };
}

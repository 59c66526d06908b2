import type { Clock } from '../../lib/clock.ts';
import { ConnectorFailure } from '../failure.ts';
import type { Obtain } from './grants.ts';
import { type Health, type HealthEvent, healthAfter } from './health.ts';
import { parkedFailure } from './parked.ts';
import type { GrantOutcome } from './token-endpoint.ts';
import type { AccessToken, TokenSource } from './token-source.ts';
import { sameTokens, tokensOf, type SaveTokens, type StoredTokens, type TokenStore } from './token-store.ts';

/** Where the system does not say how long a token lives: short enough that a refresh that fails is noticed early. */
const LIFE_UNKNOWN_MS = 30 * 60_000;
const RENEW_BEFORE_MS = 60_000;
/** A token that is refused when it is new is not at fault, and another one would not be better. */
const RENEWED_MS_MIN = 10_000;

/** What a token source stands on. */
export interface TokenSourceOptions {
  readonly system: string;
  readonly title: string;
  readonly obtain: Obtain;
  readonly store: TokenStore;
  readonly clock: Clock;
  /** Told once of every change of kind: this is where a person is asked, once. */
  readonly onHealth?: (health: Health) => void;
}

/** Asks for nothing before the first caller does. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  return new StoredTokenSource(options);
}

class StoredTokenSource implements TokenSource {
  readonly #options: TokenSourceOptions;
  #health: Health = { kind: 'new' };
  #tokens: StoredTokens | null = null;
  /** Granted, but not yet durable: it may be the only refresh token that still works. */
  #unsaved: { readonly tokens: StoredTokens; readonly over: StoredTokens | null } | null = null;
  #refused: string | null = null;
  #renewal: Promise<void> | null = null;
  /** What was stored when the connection was parked. */
  #parkedWith: StoredTokens | null = null;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  async accessToken(signal: AbortSignal): Promise<AccessToken> {
    if (!this.#isGood(this.#tokens)) {
      this.#renewal ??= this.#renewOrStayParked().finally(() => {
        this.#renewal = null;
      });
      await untilAborted(this.#renewal, signal, this.#options);
    }
    const tokens = this.#tokens;
    if (tokens === null) throw parkedFailure(this.#health, this.#options);
    return { value: tokens.accessToken, extra: tokens.extra };
  }

  async refused({ value }: AccessToken): Promise<boolean> {
    const current = this.#tokens;
    // Somebody else's refusal came first: there is a newer one already, or there will be.
    if (current === null || current.accessToken.reveal() !== value.reveal()) return true;
    if (this.#options.clock.nowMs() < current.obtainedAtMs + RENEWED_MS_MIN) return false;
    this.#refused = value.reveal();
    return true;
  }

  health(): Health {
    return this.#health;
  }

  resume(): void {
    this.#become({ kind: 'resumed' });
  }

  async #renewOrStayParked(): Promise<void> {
    await this.#lookWhetherResumed();
    const { kind } = this.#health;
    const waits = kind === 'unreachable' && this.#options.clock.nowMs() < this.#health.retryAtMs;
    if (kind === 'reauthorise' || kind === 'misconfigured' || waits)
      throw parkedFailure(this.#health, this.#options);
    await this.#options.store.renewing((stored, save) => this.#renew(stored, save));
  }

  /** Runs while nobody else renews, so what is stored now is what counts. */
  async #renew(stored: StoredTokens | null, save: SaveTokens): Promise<void> {
    if (this.#unsaved !== null) {
      // What others stored since then is newer; and if the lost save arrived after all, it is what is stored.
      stored = sameTokens(stored, this.#unsaved.over) ? await save(this.#unsaved.tokens) : stored;
      this.#unsaved = null;
    }
    if (stored !== null && this.#isGood(stored)) return this.#adopt(stored);
    const outcome = await this.#ask(stored);
    if (outcome.kind === 'granted') {
      const tokens = tokensOf(outcome.granted, stored, this.#options.clock.nowMs());
      this.#unsaved = { tokens, over: stored };
      const standing = await save(tokens);
      this.#unsaved = null;
      return this.#adopt(standing);
    }
    this.#park(outcome, stored);
    throw parkedFailure(this.#health, this.#options);
  }

  /**
   * After a lost answer the old token is tried once more: if the first request never arrived it still works, and if it
   * was rotated away the endpoint says so, which is the only way to know.
   */
  async #ask(stored: StoredTokens | null): Promise<GrantOutcome> {
    const { obtain } = this.#options;
    const outcome = await obtain.obtain(stored);
    const lost = outcome.kind === 'unreachable' && outcome.sent;
    return lost ? await obtain.obtain(stored) : outcome;
  }

  #isGood(tokens: StoredTokens | null): boolean {
    if (tokens === null || tokens.accessToken.reveal() === this.#refused) return false;
    const { obtainedAtMs, expiresAtMs } = tokens;
    const endsMs = expiresAtMs ?? obtainedAtMs + LIFE_UNKNOWN_MS;
    const earlyMs = Math.min(RENEW_BEFORE_MS, (endsMs - obtainedAtMs) / 10);
    return this.#options.clock.nowMs() < endsMs - earlyMs;
  }

  #adopt(tokens: StoredTokens): void {
    this.#tokens = tokens;
    this.#become({ kind: 'granted' });
  }

  #park(outcome: Exclude<GrantOutcome, { readonly kind: 'granted' }>, stored: StoredTokens | null): void {
    this.#tokens = null;
    this.#parkedWith = stored;
    const nowMs = this.#options.clock.nowMs();
    this.#become(outcome.kind === 'unreachable' ? { ...outcome, nowMs } : outcome);
  }

  /**
   * A person who connects again does so in another process: it shows as other tokens in the store. Whoever is refused asks
   * more and more rarely, so each may have a look.
   */
  async #lookWhetherResumed(): Promise<void> {
    if (this.#health.kind !== 'reauthorise' && this.#health.kind !== 'misconfigured') return;
    const stored = await this.#options.store.load();
    if (!sameTokens(stored, this.#parkedWith)) this.resume();
  }

  #become(event: HealthEvent): void {
    const before = this.#health;
    this.#health = healthAfter(before, event);
    if (this.#health.kind !== before.kind) this.#options.onHealth?.(this.#health);
  }
}

/** Waits for what others wait for too: one who gives up leaves, and the rest goes on. */
async function untilAborted(
  shared: Promise<void>,
  signal: AbortSignal,
  { system, title }: TokenSourceOptions,
): Promise<void> {
  const interrupted = new ConnectorFailure({
    kind: 'transient',
    code: `${system}.interrupted`,
    message: `Waiting for an access token of ${title} was interrupted`,
  });
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(interrupted);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

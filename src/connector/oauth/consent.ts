/** Connecting an account by a person's consent: asked for, redeemed, and stored for all workers. */
import type { Clock } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Random } from '../../lib/random.ts';
import type { NetworkPolicy } from '../http/network.ts';
import { createTransport } from '../http/transport.ts';
import { authorise, type Authorisation } from './authorise.ts';
import { boundTokens } from './bound-tokens.ts';
import type { CallbackHost } from './callback.ts';
import { type Asked, type Question, redeemCode } from './code-grant.ts';
import { type Health, healthAfter } from './health.ts';
import type { ClientAuthentication, GrantOutcome } from './token-endpoint.ts';
import { type StoredTokens, tokensOf, type TokenStore } from './token-store.ts';

/** What a person is asked for, told by the settings of a connection. */
export interface Consent extends Asked {
  readonly tokenUrl: string;
  /** Where the system lets a browser on this machine come back to; 127.0.0.1 when not said. */
  readonly callbackHost?: CallbackHost;
  readonly authentication: ClientAuthentication;
  /** As the connector binds its tokens when it opens (`boundTokens`). */
  readonly boundTo: readonly string[];
  /** Which account of the system the answer of a grant is for; null when it does not tell. */
  readonly accountOf?: (extra: JsonObject) => string | null;
}

/** What of the host is needed for it. */
export interface ConsentHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: NetworkPolicy;
  readonly tokens: TokenStore;
}

/** How the connection stands afterwards; null when nobody answered in time. Stored tokens stay unless there are new ones. */
export async function askConsent(
  consent: Consent,
  host: ConsentHost,
  asking: Pick<Authorisation, 'show' | 'signal' | 'port'>,
): Promise<Health | null> {
  const { tokenUrl, clientId, authentication, ...asked } = consent;
  const { clock, random, network } = host;
  const transport = createTransport({ clock, network });
  try {
    const endpoint = { url: tokenUrl, clientId, authentication, transport, clock };
    const outcome = await authorise({ endpoint, random, ...asked, ...asking });
    return outcome === null ? null : await settled(consent, host, outcome);
  } finally {
    await transport.close();
  }
}

/** Whether the account is known for which the connection was authorised before: then only that one may be authorised again. */
export async function knowsAccount(consent: Consent, { tokens }: ConsentHost): Promise<boolean> {
  return accountIn(consent, await boundTokens(tokens, consent.boundTo).load()) !== null;
}

/**
 * Redeems the address that a browser came back with elsewhere. A grant for another account than the one before is not
 * stored: its records would not be those that the links are about.
 */
export async function redeemConsent(
  consent: Consent,
  host: ConsentHost,
  question: Question,
  answer: URL,
): Promise<Health> {
  const { tokenUrl: url, clientId, authentication, issuer } = consent;
  const { clock, network, tokens } = host;
  const transport = createTransport({ clock, network });
  try {
    const endpoint = { url, clientId, authentication, transport, clock };
    const outcome = await redeemCode(endpoint, question, answer, issuer);
    const before = accountIn(consent, await boundTokens(tokens, consent.boundTo).load());
    if (outcome.kind === 'granted' && before !== null) {
      const now = consent.accountOf?.(outcome.granted.extra) ?? null;
      if (now !== before) return { kind: 'reauthorise', why: anotherAccount(before, now) };
    }
    return await settled(consent, host, outcome);
  } finally {
    await transport.close();
  }
}

/** Stores what was granted. */
async function settled(
  { boundTo }: Consent,
  { clock, tokens }: ConsentHost,
  outcome: GrantOutcome,
): Promise<Health> {
  if (outcome.kind === 'granted') {
    const stored = tokensOf(outcome.granted, null, clock.nowMs());
    await boundTokens(tokens, boundTo).renewing((_, save) => save(stored));
  }
  const event = outcome.kind === 'unreachable' ? { ...outcome, nowMs: clock.nowMs() } : outcome;
  return healthAfter({ kind: 'new' }, event);
}

function accountIn({ accountOf }: Consent, tokens: StoredTokens | null): string | null {
  return tokens === null ? null : (accountOf?.(tokens.extra) ?? null);
}

function anotherAccount(before: string, now: string | null): string {
  return `it was authorised for the account ${before}, and the one signed in to now is ${now ?? 'not told'}`;
}

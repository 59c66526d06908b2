/** Connecting an account by a person's consent: asked for, redeemed, and stored for all workers. */
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { NetworkPolicy } from '../http/network.ts';
import { createTransport } from '../http/transport.ts';
import { authorise, type Authorisation } from './authorise.ts';
import { boundTokens } from './bound-tokens.ts';
import { type Health, healthAfter } from './health.ts';
import type { ClientAuthentication } from './token-endpoint.ts';
import { tokensOf, type TokenStore } from './token-store.ts';

/** What a person is asked for, told by the settings of a connection. */
export interface Consent extends Pick<
  Authorisation,
  'authorizationUrl' | 'callbackHost' | 'issuer' | 'scope' | 'parameters'
> {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  /** As the connector binds its tokens when it opens (`boundTokens`). */
  readonly boundTo: readonly string[];
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
  { tokenUrl, clientId, authentication, boundTo, ...asked }: Consent,
  { clock, random, network, tokens }: ConsentHost,
  asking: Pick<Authorisation, 'show' | 'signal' | 'port'>,
): Promise<Health | null> {
  const transport = createTransport({ clock, network });
  try {
    const endpoint = { url: tokenUrl, clientId, authentication, transport, clock };
    const outcome = await authorise({ endpoint, random, ...asked, ...asking });
    if (outcome === null) return null;
    if (outcome.kind === 'granted') {
      const stored = tokensOf(outcome.granted, null, clock.nowMs());
      await boundTokens(tokens, boundTo).renewing((_, save) => save(stored));
    }
    const event = outcome.kind === 'unreachable' ? { ...outcome, nowMs: clock.nowMs() } : outcome;
    return healthAfter({ kind: 'new' }, event);
  } finally {
    await transport.close();
  }
}

/** A provider as it describes itself (OpenID Connect Discovery), asked through the guard on addresses and kept for a while. */
import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type AuthorizationServer,
  type JWKSCacheInput,
} from 'oauth4webapi';

import type { NetworkPolicy } from '../../connector/http/network.ts';
import { TransportError } from '../../connector/http/transport-error.ts';
import { createTransport, type Transport } from '../../connector/http/transport.ts';
import { plainFetchOver, type Fetch } from '../../connector/oauth/fetch-over.ts';
import type { Clock } from '../../lib/clock.ts';
import { SignInRefused } from './refused.ts';

/** A person waits for this. */
const TIMEOUT_MS = 4_000;
const KEPT_MS = 10 * 60_000;
const KEPT_MAX = 32;
const SOCKETS_MAX = 8;

/** A provider's own description, with the options that every request to it is made with. */
export interface KnownProvider {
  readonly server: AuthorizationServer;
  readonly options: ReturnType<typeof optionsFor>;
  /** Its signing keys, as they were read last; the library keeps them here. */
  readonly keys: JWKSCacheInput;
}

export interface Providers {
  /** Throws `SignInRefused`: `unreachable`, or `misconfigured` when it does not go by that issuer. */
  known(issuer: string): Promise<KnownProvider>;
  close(): Promise<void>;
}

export function createProviders(clock: Clock, network: NetworkPolicy): Providers {
  const transport = createTransport({ clock, network, socketsMax: SOCKETS_MAX });
  const kept = new Map<string, { readonly provider: KnownProvider; readonly untilMs: number }>();
  return {
    known: async (issuer) => {
      const nowMs = clock.monotonicMs();
      const found = kept.get(issuer);
      if (found !== undefined && found.untilMs > nowMs) return found.provider;
      const provider = await discovered(issuer, transport, network);
      kept.delete(issuer);
      kept.set(issuer, { provider, untilMs: nowMs + KEPT_MS });
      if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value ?? '');
      return provider;
    },
    close: () => transport.close(),
  };
}

interface RequestOptions {
  readonly [customFetch]: Fetch;
  readonly [allowInsecureRequests]: true;
}

function optionsFor(transport: Transport): RequestOptions {
  return {
    [customFetch]: plainFetchOver(transport, TIMEOUT_MS),
    // Whether plain http may be dialled is the transport's to say.
    [allowInsecureRequests]: true,
  };
}

async function discovered(
  issuer: string,
  transport: Transport,
  network: NetworkPolicy,
): Promise<KnownProvider> {
  const options = optionsFor(transport);
  try {
    const url = new URL(issuer);
    const server = await processDiscoveryResponse(url, await discoveryRequest(url, options));
    const { authorization_endpoint: page, token_endpoint: token, jwks_uri: keys } = server;
    if (page === undefined || token === undefined || keys === undefined)
      throw new SignInRefused('misconfigured', 'the provider names no authorisation, token or key address');
    // Browsers are sent there, past the guard.
    if (new URL(page).protocol !== 'https:' && network.allowPlain !== true)
      throw new SignInRefused('misconfigured', 'the provider signs people in without TLS');
    return { server, options, keys: {} };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What an error of asking a provider means for whoever waits. */
export function refusalOf(error: unknown): SignInRefused {
  if (error instanceof SignInRefused) return error;
  if (error instanceof TransportError) {
    const isOurs = error.reason === 'forbidden' || error.reason === 'certificate';
    const why = `the provider was not reached (${error.reason})`;
    return new SignInRefused(isOurs ? 'misconfigured' : 'unreachable', why, { cause: error });
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('OAUTH_'))
    return new SignInRefused('untrusted', `the provider's answer does not hold (${String(error.code)})`, {
      cause: error,
    });
  if (error instanceof Error && error.name === 'OperationProcessingError')
    return new SignInRefused('untrusted', "the provider's answer does not hold", { cause: error });
  throw error;
}

/** One request to a token endpoint, and what its answer means for the connection. */
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  genericTokenEndpointRequest,
  None,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  type TokenEndpointResponse,
} from 'oauth4webapi';

import type { Clock } from '../../lib/clock.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import { createRedactor } from '../http/redact.ts';
import { TransportError } from '../http/transport-error.ts';
import type { Transport } from '../http/transport.ts';
import { fetchOver } from './fetch-over.ts';

/** How we tell the endpoint who we are. `assertion` is made for every request (RFC 7523). */
export type ClientAuthentication =
  | { readonly kind: 'post'; readonly clientSecret: Secret }
  | { readonly kind: 'basic'; readonly clientSecret: Secret }
  | { readonly kind: 'assertion'; readonly assertion: () => string }
  | { readonly kind: 'none' };

/** A system's token endpoint, and our registration with it. */
export interface TokenEndpoint {
  readonly url: string;
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** What is asked for: the grant type with its parameters, such as `refresh_token` with the token. */
export interface GrantRequest {
  readonly grantType: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Tokens that were granted. */
export interface Granted {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | null;
  readonly expiresInMs: number | null;
  readonly extra: JsonObject;
}

/** What came of asking. Only `unreachable` leaves open whether the endpoint acted, and only when `sent`. */
export type GrantOutcome =
  | { readonly kind: 'granted'; readonly granted: Granted }
  /** The grant itself is refused: expired, revoked, or used up. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Our registration is: unknown client, wrong secret, wrong scope. */
  | { readonly kind: 'misconfigured'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string; readonly sent: boolean };

/** Asks once. Throws only what is a bug. */
export async function requestToken(endpoint: TokenEndpoint, request: GrantRequest): Promise<GrantOutcome> {
  const server = { issuer: new URL(endpoint.url).origin, token_endpoint: endpoint.url };
  const client = { client_id: endpoint.clientId };
  try {
    const response = await genericTokenEndpointRequest(
      server,
      client,
      clientAuth(endpoint.authentication),
      request.grantType,
      request.parameters,
      // Whether plain http may be dialled is the transport's to say.
      { [customFetch]: fetchOver(endpoint.transport), [allowInsecureRequests]: true },
    );
    return grantedBy(await processGenericTokenEndpointResponse(server, client, response));
  } catch (error) {
    return refusalOf(error, redactorFor(endpoint, request));
  }
}

/** The tokens in an answer that the library has checked. */
export function grantedBy(
  answer: TokenEndpointResponse,
): Extract<GrantOutcome, { readonly kind: 'granted' }> {
  const { access_token, refresh_token, expires_in, ...rest } = answer;
  const extra = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.endsWith('token')));
  return {
    kind: 'granted',
    granted: {
      accessToken: new Secret(access_token),
      refreshToken: refresh_token === undefined ? null : new Secret(refresh_token),
      expiresInMs: expires_in === undefined || expires_in <= 0 ? null : expires_in * 1_000,
      extra: extra as JsonObject satisfies Json,
    },
  };
}

/** What an error of asking means. `hide` takes secrets out of the endpoint's own words. */
export function refusalOf(error: unknown, hide: (text: string) => string): GrantOutcome {
  if (error instanceof TransportError) {
    const set =
      error.reason === 'forbidden' || error.reason === 'certificate' || error.reason === 'malformed';
    if (set) return { kind: 'misconfigured', why: `the token endpoint cannot be used (${error.reason})` };
    return {
      kind: 'unreachable',
      why: `no answer from the token endpoint (${error.code})`,
      sent: error.sent,
    };
  }
  if (error instanceof ResponseBodyError) {
    const why = hide([error.error, error.error_description ?? ''].filter(Boolean).join(': '));
    if (
      error.status >= 500 ||
      error.status === 429 ||
      /^(temporarily_unavailable|server_error|slow_down)$/.test(error.error)
    )
      return { kind: 'unreachable', why, sent: true };
    return { kind: error.error === 'invalid_grant' ? 'refused' : 'misconfigured', why };
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('OAUTH_'))
    return {
      kind: 'unreachable',
      why: `the token endpoint's answer makes no sense (${String(error.code)})`,
      sent: true,
    };
  throw error;
}

/** The library's form of our registration. */
export function clientAuth(authentication: ClientAuthentication): ClientAuth {
  switch (authentication.kind) {
    case 'post':
      return ClientSecretPost(authentication.clientSecret.reveal());
    case 'basic':
      return ClientSecretBasic(authentication.clientSecret.reveal());
    case 'none':
      return None();
    case 'assertion':
      return (_, { client_id }, body) => {
        body.set('client_id', client_id);
        body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        body.set('client_assertion', authentication.assertion());
      };
  }
}

function redactorFor(endpoint: TokenEndpoint, { parameters }: GrantRequest): (text: string) => string {
  const { authentication } = endpoint;
  const own = 'clientSecret' in authentication ? [authentication.clientSecret.reveal()] : [];
  const { scope: _, grant_type: __, ...credentials } = parameters;
  const redactor = createRedactor(() => [...own, ...Object.values(credentials)]);
  return (text) => redactor.text(text);
}

/** A person authorises us in the browser: authorisation code with PKCE (RFC 6749, 7636, 8252, 9207). */
import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  customFetch,
  processGenericTokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi';

import type { Random } from '../../lib/random.ts';
import { Deadline } from '../http/deadline.ts';
import { createRedactor } from '../http/redact.ts';
import { type CallbackHost, listenForCallback } from './callback.ts';
import { fetchOver } from './fetch-over.ts';
import { clientAuth, grantedBy, type GrantOutcome, refusalOf, type TokenEndpoint } from './token-endpoint.ts';

const PATIENCE_MS = 10 * 60_000;

/** What to ask consent for, and how to show the question. */
export interface Authorisation {
  readonly endpoint: TokenEndpoint;
  readonly authorizationUrl: string;
  /** As the answer's `iss` must say it, where the system sends one; the token endpoint's origin when not said. */
  readonly issuer?: string;
  readonly scope?: string;
  /** What the system wants beside the standard: `access_type=offline`, `prompt=consent`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** A certain port, where the registered redirect names one. */
  readonly port?: number;
  /** 127.0.0.1 when not said. */
  readonly callbackHost?: CallbackHost;
  /** Shows the address to the person, or opens it. */
  readonly show: (url: string) => void;
  readonly random: Random;
  /** How long the person may take; 10 minutes if not said. */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
}

/** Null when nobody answered in time. Throws only what is a bug. */
export async function authorise(authorisation: Authorisation): Promise<GrantOutcome | null> {
  const { endpoint, random, signal, patienceMs = PATIENCE_MS, port, callbackHost } = authorisation;
  const state = Buffer.from(random.bytes(32)).toString('base64url');
  const verifier = Buffer.from(random.bytes(32)).toString('base64url');
  const callback = await listenForCallback(state, port, callbackHost);
  const patience = new Deadline(endpoint.clock, patienceMs, [signal]);
  try {
    authorisation.show(await consentUrl(authorisation, callback.redirectUri, state, verifier));
    const url = await Promise.race([callback.arrived, aborted(patience.signal)]);
    return url === null
      ? null
      : await exchangeCode(authorisation, url, callback.redirectUri, state, verifier);
  } finally {
    await patience.end();
    await callback.close();
  }
}

async function consentUrl(
  { endpoint, authorizationUrl, scope, parameters }: Authorisation,
  redirectUri: string,
  state: string,
  verifier: string,
): Promise<string> {
  const url = new URL(authorizationUrl);
  const all = {
    ...parameters,
    response_type: 'code',
    client_id: endpoint.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(scope === undefined ? {} : { scope }),
  };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url.href;
}

async function exchangeCode(
  { endpoint, issuer }: Authorisation,
  url: URL,
  redirectUri: string,
  state: string,
  verifier: string,
): Promise<GrantOutcome> {
  const server = { issuer: issuer ?? new URL(endpoint.url).origin, token_endpoint: endpoint.url };
  const client = { client_id: endpoint.clientId };
  const redactor = createRedactor(() => [verifier, state, url.searchParams.get('code') ?? '']);
  try {
    const parameters = validateAuthResponse(server, client, url, state);
    const response = await authorizationCodeGrantRequest(
      server,
      client,
      clientAuth(endpoint.authentication),
      parameters,
      redirectUri,
      verifier,
      { [customFetch]: fetchOver(endpoint.transport), [allowInsecureRequests]: true },
    );
    return grantedBy(await processGenericTokenEndpointResponse(server, client, response));
  } catch (error) {
    if (error instanceof AuthorizationResponseError)
      return { kind: 'refused', why: redactor.text(`consent was not given (${error.error})`) };
    const outcome = refusalOf(error, (text) => redactor.text(text));
    // A code is good for one try, so a person must begin again whatever went wrong.
    return outcome.kind === 'unreachable' ? { kind: 'refused', why: outcome.why } : outcome;
  }
}

async function aborted(signal: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  if (signal.aborted) resolve(null);
  signal.addEventListener('abort', () => resolve(null), { once: true });
  return await promise;
}

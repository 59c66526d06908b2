/** The two halves of an authorisation code grant with PKCE (RFC 6749, 7636, 9207), wherever the browser comes back to. */
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
import { createRedactor } from '../http/redact.ts';
import { fetchOver } from './fetch-over.ts';
import { clientAuth, grantedBy, type GrantOutcome, refusalOf, type TokenEndpoint } from './token-endpoint.ts';

/** What to ask a person's consent for. */
export interface Asked {
  readonly authorizationUrl: string;
  readonly clientId: string;
  /** As the answer's `iss` must say it, where the system sends one; the token endpoint's origin when not said. */
  readonly issuer?: string;
  readonly scope?: string;
  /** What the system wants beside the standard: `access_type=offline`, `prompt=consent`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** One question to a person, good for one answer. `verifier` proves that whoever asked is who redeems; nobody else may see it. */
export interface Question {
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** A question with a state and a verifier of its own. The browser comes back to `redirectUri`, which the system must know. */
export async function questionFor(asked: Asked, redirectUri: string, random: Random): Promise<Question> {
  const state = Buffer.from(random.bytes(32)).toString('base64url');
  const verifier = Buffer.from(random.bytes(32)).toString('base64url');
  const url = new URL(asked.authorizationUrl);
  const all = {
    ...asked.parameters,
    response_type: 'code',
    client_id: asked.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(asked.scope === undefined ? {} : { scope: asked.scope }),
  };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return { url: url.href, redirectUri, state, verifier };
}

/** Redeems the address that the browser came back with. Throws only what is a bug. */
export async function redeemCode(
  endpoint: TokenEndpoint,
  { redirectUri, state, verifier }: Question,
  answer: URL,
  issuer: string = new URL(endpoint.url).origin,
): Promise<GrantOutcome> {
  const server = { issuer, token_endpoint: endpoint.url };
  const client = { client_id: endpoint.clientId };
  const redactor = createRedactor(() => [verifier, state, answer.searchParams.get('code') ?? '']);
  try {
    const parameters = validateAuthResponse(server, client, answer, state);
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

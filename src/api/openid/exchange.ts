/** The way to a provider and back: authorisation code with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636, 9207). */
import { createHmac, timingSafeEqual } from 'node:crypto';

import {
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  getValidatedIdTokenClaims,
  jwksCache,
  None,
  processAuthorizationCodeResponse,
  processUserInfoResponse,
  ResponseBodyError,
  userInfoRequest,
  validateApplicationLevelSignature,
  validateAuthResponse,
  type Client,
  type ClientAuth,
  type TokenEndpointResponse,
} from 'oauth4webapi';

import { must } from '../../lib/assert.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import type { SignInProvider } from '../../store/sign-in-providers.ts';
import type { Key } from '../doors/entry.ts';
import { claimsOf, type Claims } from './claims.ts';
import { refusalOf, type KnownProvider } from './provider.ts';
import { SignInRefused } from './refused.ts';

/** How far the clocks of the provider and of this machine may be apart. */
const CLOCK_TOLERANCE_S = 60;

/** One provider with its settings, its secret and what it says of itself. */
export interface Registration {
  readonly provider: SignInProvider;
  readonly secret: Secret | null;
  readonly known: KnownProvider;
  /** Where it sends people back to; one of its own for each provider. */
  readonly redirectUri: string;
}

/**
 * What proves that somebody who comes back is who set out, each derived from a key that only the browser holds: nothing
 * that is stored here, or that the provider sees, is of use to anybody else.
 */
function proofs(attempt: Key): {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
} {
  const derived = (word: string): string =>
    createHmac('sha256', attempt.text).update(word).digest('base64url');
  return { state: derived('state'), nonce: derived('nonce'), verifier: derived('verifier') };
}

/** Where the browser is to go. */
export async function signInAddress(registration: Registration, attempt: Key): Promise<string> {
  const { provider, known, redirectUri } = registration;
  const { state, nonce, verifier } = proofs(attempt);
  const url = new URL(must(known.server.authorization_endpoint, 'a known provider has a page to sign in'));
  const parameters = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri,
    scope: provider.scope,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Whether an answer belongs to this attempt. */
export function isAnswerTo(attempt: Key, answer: URL): boolean {
  const [given, wanted] = [
    Buffer.from(answer.searchParams.get('state') ?? ''),
    Buffer.from(proofs(attempt).state),
  ];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Who came back, as the provider has signed it. Throws `SignInRefused`. */
export async function whoCameBack(registration: Registration, attempt: Key, answer: URL): Promise<Claims> {
  try {
    return await exchanged(registration, attempt, answer);
  } catch (error) {
    if (error instanceof AuthorizationResponseError)
      throw new SignInRefused('denied', `the provider did not sign anybody in (${error.error})`, {
        cause: error,
      });
    if (error instanceof ResponseBodyError) throw refusedByWord(error);
    throw refusalOf(error);
  }
}

async function exchanged(registration: Registration, attempt: Key, answer: URL): Promise<Claims> {
  const { provider, secret, known, redirectUri } = registration;
  const { server, options, keys } = known;
  const { state, nonce, verifier } = proofs(attempt);
  const client: Client = { client_id: provider.clientId, [clockTolerance]: CLOCK_TOLERANCE_S };
  const auth = authenticationFor(known, secret);
  // Checks `iss` too, where the provider says that it sends one.
  const parameters = validateAuthResponse(server, client, answer, state);
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    auth,
    parameters,
    redirectUri,
    verifier,
    options,
  );
  const tokens = await processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  // TLS alone would do by the letter of the standard; a proxy in between would then be the provider.
  await validateApplicationLevelSignature(server, response, { ...options, [jwksCache]: keys });
  const claims = must(getValidatedIdTokenClaims(tokens), 'an ID token was demanded');
  const more = await moreOf(registration, client, tokens, claims.sub, claims as JsonObject);
  return claimsOf({ ...more, ...(claims as JsonObject) }, claims.sub, provider.groupsClaim);
}

/** What the provider tells at its user info address only, asked for only where the ID token leaves something out. */
async function moreOf(
  { provider, known: { server, options } }: Registration,
  client: Client,
  tokens: TokenEndpointResponse,
  subject: string,
  claims: JsonObject,
): Promise<JsonObject> {
  const isComplete = claims['email'] !== undefined && claims[provider.groupsClaim] !== undefined;
  if (isComplete || server.userinfo_endpoint === undefined) return {};
  const response = await userInfoRequest(server, client, tokens.access_token, options);
  return (await processUserInfoResponse(server, client, subject, response)) as JsonObject;
}

function authenticationFor({ server }: KnownProvider, secret: Secret | null): ClientAuth {
  if (secret === null) return None();
  const methods = server.token_endpoint_auth_methods_supported;
  const isBasic = methods === undefined || methods.includes('client_secret_basic');
  return isBasic ? ClientSecretBasic(secret.reveal()) : ClientSecretPost(secret.reveal());
}

/** The token endpoint refused in words of the standard. */
function refusedByWord(error: ResponseBodyError): SignInRefused {
  const why = `the provider refused the code (${error.error})`;
  if (error.error === 'invalid_grant') return new SignInRefused('expired', why, { cause: error });
  return new SignInRefused(error.status >= 500 ? 'unreachable' : 'misconfigured', why, { cause: error });
}

import type { KeyObject } from 'node:crypto';

import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { type JwtAlgorithm, signedJwt } from './jwt.ts';
import { type GrantOutcome, requestToken, type TokenEndpoint } from './token-endpoint.ts';
import type { StoredTokens } from './token-store.ts';

const ASSERTION_LIFE_SECONDS = 180;

/** Asks for tokens once, given those stored now. */
export interface Obtain {
  obtain(stored: StoredTokens | null): Promise<GrantOutcome>;
}

/** By the refresh token of an earlier authorisation. Without one a person must authorise first. */
export function refreshGrant(
  endpoint: TokenEndpoint,
  parameters: Readonly<Record<string, string>> = {},
): Obtain {
  return {
    obtain: async (stored) => {
      const refreshToken = stored?.refreshToken ?? null;
      if (refreshToken === null) return { kind: 'refused', why: 'the account has not been connected yet' };
      return await requestToken(endpoint, {
        grantType: 'refresh_token',
        parameters: { ...parameters, refresh_token: refreshToken.reveal() },
      });
    },
  };
}

/** By our own registration alone (RFC 6749, 4.4). `parameters`: `scope`, or what the system wants beside it. */
export function clientCredentialsGrant(
  endpoint: TokenEndpoint,
  parameters: Readonly<Record<string, string>> = {},
): Obtain {
  return {
    obtain: () => requestToken(endpoint, { grantType: 'client_credentials', parameters }),
  };
}

/** Who asks for whom, and with which key. */
export interface Assertion {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly key: KeyObject;
  readonly algorithm: JwtAlgorithm;
  readonly keyId?: string;
  readonly scope?: string;
}

/** In the name of a user, by a key that the system knows (RFC 7523, 2.1). */
export function jwtBearerGrant(
  endpoint: TokenEndpoint,
  assertion: Assertion,
  clock: Clock,
  random: Random,
): Obtain {
  return {
    obtain: () =>
      requestToken(endpoint, {
        grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        parameters: { assertion: assertionText(assertion, clock, random) },
      }),
  };
}

/** A fresh assertion, valid for three minutes. Also what `ClientAuthentication` of kind `assertion` sends. */
export function assertionText(assertion: Assertion, clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.nowMs() / 1_000);
  const claims = {
    iss: assertion.issuer,
    sub: assertion.subject,
    aud: assertion.audience,
    iat: seconds,
    exp: seconds + ASSERTION_LIFE_SECONDS,
    jti: Buffer.from(random.bytes(16)).toString('hex'),
    ...(assertion.scope === undefined ? {} : { scope: assertion.scope }),
  };
  return signedJwt(claims, assertion.key, assertion.algorithm, assertion.keyId);
}

/** OAuth 1.0a signatures (RFC 5849), as NetSuite's token-based authentication wants them. */
import { createHmac } from 'node:crypto';

import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Authorizer, Signable } from '../http/authorizer.ts';

const HASHES = { 'HMAC-SHA256': 'sha256', 'HMAC-SHA1': 'sha1' } as const;

/** The four parts of a token-based credential, and the account it belongs to. */
export interface OAuth1Credential {
  readonly consumerKey: string;
  readonly consumerSecret: Secret;
  readonly token: string;
  readonly tokenSecret: Secret;
  /** NetSuite's account, as `1234567_SB1`; not part of the signature. */
  readonly realm?: string;
  readonly method: keyof typeof HASHES;
}

/** One name and its value, not yet encoded. */
export type Parameter = readonly [name: string, value: string];

/** Signs every request afresh. A refused signature is not mended by trying again. */
export function oauth1Authorizer(credential: OAuth1Credential, clock: Clock, random: Random): Authorizer {
  return {
    headers: async (request) => {
      const stamp = {
        nonce: Buffer.from(random.bytes(16)).toString('hex'),
        timestamp: String(Math.floor(clock.nowMs() / 1_000)),
      };
      return { authorization: oauth1Header(request, credential, stamp, [['oauth_version', '1.0']]) };
    },
    refused: async () => false,
    secrets: () => [credential.consumerSecret.reveal(), credential.tokenSecret.reveal()],
  };
}

/** The Authorization header for one request. `extra` are further protocol parameters to sign and send. */
export function oauth1Header(
  request: Signable,
  credential: OAuth1Credential,
  { nonce, timestamp }: { readonly nonce: string; readonly timestamp: string },
  extra: readonly Parameter[] = [],
): string {
  const own: readonly Parameter[] = [
    ['oauth_consumer_key', credential.consumerKey],
    ['oauth_token', credential.token],
    ['oauth_signature_method', credential.method],
    ['oauth_timestamp', timestamp],
    ['oauth_nonce', nonce],
    ...extra,
  ];
  const key = `${percent(credential.consumerSecret.reveal())}&${percent(credential.tokenSecret.reveal())}`;
  const signature = createHmac(HASHES[credential.method], key)
    .update(signatureBase(request, own))
    .digest('base64');
  const shown = [...own, ['oauth_signature', signature] as const].map(
    ([name, value]) => `${name}="${percent(value)}"`,
  );
  const realm = credential.realm === undefined ? [] : [`realm="${credential.realm}"`];
  return `OAuth ${[...realm, ...shown].join(', ')}`;
}

/** What is signed (section 3.4.1): method, address without query, and all parameters in order. */
export function signatureBase({ method, url }: Signable, parameters: readonly Parameter[]): string {
  const all = [...url.searchParams, ...parameters]
    .map(([name, value]) => [percent(name), percent(value)] as const)
    .toSorted((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return [method.toUpperCase(), url.origin + url.pathname, all].map(percent).join('&');
}

/** RFC 3986's unreserved characters stay; encodeURIComponent leaves five more. */
function percent(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';

import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import { ConnectorFailure } from '../failure.ts';

/** How an assertion is signed: Salesforce takes RS256, NetSuite PS256 or ES256. */
export type JwtAlgorithm = 'RS256' | 'PS256' | 'ES256';

/** A private key for signing assertions. Bad PEM ⇒ failure `config`. */
export function signingKey(pem: Secret, system: string): KeyObject {
  try {
    return createPrivateKey(pem.reveal());
  } catch {
    // The parser's own words may quote the key.
    const message = 'The private key is not a PEM file of an unencrypted private key';
    const advice = 'Give the whole key, from BEGIN to END, without a password.';
    throw new ConnectorFailure({ kind: 'config', code: `${system}.bad_private_key`, message, advice });
  }
}

/** A signed JWT (RFC 7519) in its compact form. */
export function signedJwt(
  claims: JsonObject,
  key: KeyObject,
  algorithm: JwtAlgorithm,
  keyId?: string,
): string {
  const header = { alg: algorithm, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), signing(key, algorithm)).toString('base64url')}`;
}

function signing(key: KeyObject, algorithm: JwtAlgorithm): Parameters<typeof sign>[2] {
  if (algorithm === 'ES256') return { key, dsaEncoding: 'ieee-p1363' };
  if (algorithm === 'RS256') return { key, padding: constants.RSA_PKCS1_PADDING };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function encoded(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

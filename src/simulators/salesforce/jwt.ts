/** The assertion of the JWT bearer flow: signed with RS256 by the key whose certificate the app has registered. */
import { createPublicKey, verify } from 'node:crypto';

export type VerifiedJwt =
  | { readonly kind: 'verified'; readonly clientId: string; readonly username: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface JwtRules {
  /** PEM, or null for an app that is unknown or has none. */
  readonly certificateOf: (clientId: string) => string | null;
  readonly audiences: readonly string[];
  readonly nowMs: number;
}

/** Clocks may differ by this much. */
const SKEW_MS = 180_000;

export function verifyJwt(assertion: string, rules: JwtRules): VerifiedJwt {
  const [header = '', body = '', signature = '', ...rest] = assertion.split('.');
  const claims = parsed(body);
  if (rest.length > 0 || claims === null || parsed(header)?.['alg'] !== 'RS256')
    return refused('invalid assertion');
  const { iss, sub, aud, exp } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string') return refused('invalid assertion');
  const certificate = rules.certificateOf(iss);
  if (certificate === null) return refused('invalid client credentials');
  const signed = Buffer.from(`${header}.${body}`, 'ascii');
  const key = createPublicKey(certificate);
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url')))
    return refused('invalid assertion');
  if (typeof aud !== 'string' || !rules.audiences.includes(aud.replace(/\/$/, ''))) {
    return refused('audience is invalid');
  }
  if (typeof exp !== 'number' || exp * 1_000 + SKEW_MS < rules.nowMs) return refused('expired assertion');
  return { kind: 'verified', clientId: iss, username: sub };
}

function refused(reason: string): VerifiedJwt {
  return { kind: 'refused', reason };
}

function parsed(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Secret } from '../../../lib/secret.ts';

/** How a system signs what it sends. The signature covers the raw bytes of the body, as they came. */
export interface SignatureScheme {
  readonly hash: 'sha1' | 'sha256';
  readonly encoding: 'hex' | 'base64';
  /** The key that a secret stands for; the text itself where this is absent. */
  readonly keyOf?: (secret: string) => Uint8Array;
  /** Takes the delivery apart; null when what is needed is not there. */
  readonly read: (delivery: Delivery) => Signed | null;
}

/** A request that came in, before anybody believed it. */
export interface Delivery {
  readonly method: string;
  /** As the sender addressed it, before any proxy of ours. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** What was signed, and what it was signed with. */
export interface Signed {
  readonly parts: readonly (string | Uint8Array)[];
  /** Several while the sender changes its secret. */
  readonly signatures: readonly string[];
  /** When it was signed, in milliseconds; null where the scheme does not say. */
  readonly atMs: number | null;
}

/** Whether one of the signatures was made with one of the secrets. An empty secret signs nothing. */
export function isSigned(signed: Signed, scheme: SignatureScheme, secrets: readonly Secret[]): boolean {
  const expected = secrets
    .map((secret) => scheme.keyOf?.(secret.reveal()) ?? Buffer.from(secret.reveal()))
    .filter((key) => key.length > 0)
    .map((key) => {
      const hmac = createHmac(scheme.hash, key);
      for (const part of signed.parts) hmac.update(part);
      return hmac.digest();
    });
  const given = signed.signatures.map((signature) => decoded(signature, scheme.encoding));
  return given.some((one) => expected.some((digest) => isSame(one, digest)));
}

/** Only a canonical spelling is decoded: leniency would give one signature many forms. */
function decoded(signature: string, encoding: 'hex' | 'base64'): Buffer {
  const bytes = Buffer.from(signature, encoding);
  const canonical = bytes.toString(encoding);
  return canonical === (encoding === 'hex' ? signature.toLowerCase() : signature) ? bytes : Buffer.alloc(0);
}

function isSame(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

import { createHash } from 'node:crypto';

import type { Secret } from '../../../lib/secret.ts';
import { type Delivery, isSigned, type Signed, type SignatureScheme } from './signature.ts';

/** What every vendor that signs a time recommends. */
const WINDOW_MS = 5 * 60_000;

/** Larger bodies are refused before anything looks at them. */
export const DELIVERY_BYTES_MAX = 256 * 1024;

/** Why a delivery is not taken. */
export type Refusal = 'not signed' | 'wrong signature' | 'too old' | 'not understood';

/** What a delivery is worth. Even a signed one is only a hint: the record is fetched before anything is believed. */
export type Verdict =
  | {
      readonly kind: 'signed';
      /** When it was signed; null where the scheme does not say. */
      readonly atMs: number | null;
      /** What it goes by: one that was taken under one of these names before is a repetition. */
      readonly names: readonly string[];
    }
  | { readonly kind: 'refused'; readonly why: Refusal };

/** How deliveries of one connection are judged. */
export interface Judging {
  readonly scheme: SignatureScheme;
  /** Two while the secret is being changed. */
  readonly secrets: readonly Secret[];
  /** The sender's id of the message, the same on every try. */
  readonly idOf?: (delivery: Delivery) => string | undefined;
}

/** Judges by what the delivery itself shows. Whether it comes in time and for the first time, the store knows. */
export function judge(delivery: Delivery, { scheme, secrets, idOf }: Judging): Verdict {
  const signed = scheme.read(delivery);
  if (signed === null) return { kind: 'refused', why: 'not signed' };
  if (!isSigned(signed, scheme, secrets)) return { kind: 'refused', why: 'wrong signature' };
  const id = idOf?.(delivery);
  return {
    kind: 'signed',
    atMs: signed.atMs,
    names: [...(id === undefined ? [] : [nameOf('id', [id])]), ...contentName(signed)],
  };
}

/** Whether it was signed within the window around `nowMs`, or does not say when. */
export function isInTime(atMs: number | null, nowMs: number): boolean {
  return atMs === null || Math.abs(nowMs - atMs) <= WINDOW_MS;
}

/**
 * The id is often not under the signature, so a new id does not make an old message new. But where no time is signed, two changes of
 * one record may be told in the very same words, and the second must not count as a repetition of the first.
 */
function contentName({ atMs, parts }: Signed): readonly string[] {
  return atMs === null ? [] : [nameOf('content', parts)];
}

function nameOf(kind: string, parts: Signed['parts']): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `${kind} ${hash.digest('base64')}`;
}

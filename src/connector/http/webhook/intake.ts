import { createHash } from 'node:crypto';

import type { Clock } from '../../../lib/clock.ts';
import type { Secret } from '../../../lib/secret.ts';
import { ReplayMemory } from './replay.ts';
import { type Delivery, isSigned, type SignatureScheme } from './signature.ts';

/** What every vendor that signs a time recommends. */
const WINDOW_MS = 5 * 60_000;
/** Vendors try again for up to three days, a new signature each time. */
const REMEMBER_MS = 3 * 24 * 3_600_000;
const REMEMBERED_MAX = 100_000;
const BODY_BYTES_MAX = 256 * 1024;

/** What a delivery is worth. Even an accepted one is only a hint: the record is fetched before anything is believed. */
export type Verdict =
  /** `forget` when it could not be stored: the sender's next try must then count as new. */
  | { readonly kind: 'accepted'; readonly forget: () => void }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly why: 'too large' | 'not signed' | 'wrong signature' | 'too old' };

/** One endpoint for one connection. */
export interface IntakeOptions {
  readonly scheme: SignatureScheme;
  /** Asked every time; two while the secret is being changed. */
  readonly secrets: () => readonly Secret[];
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The sender's id of the message, the same on every try; what is signed stands for it where there is none. */
  readonly idOf?: (delivery: Delivery) => string | undefined;
}

/** Judges deliveries, in the order: size, signature, time, repetition. */
export function createIntake({
  scheme,
  secrets,
  clock,
  idOf,
}: IntakeOptions): (delivery: Delivery) => Verdict {
  const memory = new ReplayMemory(REMEMBER_MS, REMEMBERED_MAX);
  return (delivery) => {
    if (delivery.body.length > BODY_BYTES_MAX) return { kind: 'refused', why: 'too large' };
    const signed = scheme.read(delivery);
    if (signed === null) return { kind: 'refused', why: 'not signed' };
    if (!isSigned(signed, scheme, secrets())) return { kind: 'refused', why: 'wrong signature' };
    const nowMs = clock.nowMs();
    if (signed.atMs !== null && Math.abs(nowMs - signed.atMs) > WINDOW_MS)
      return { kind: 'refused', why: 'too old' };
    // The id is often not under the signature, so a new id does not make an old body new.
    const ids = [contentId(signed.parts), ...[idOf?.(delivery) ?? []].flat().map((id) => `id ${id}`)];
    const news = ids.filter((id) => memory.remember(id, nowMs));
    if (news.length < ids.length) return { kind: 'repeated' };
    return { kind: 'accepted', forget: () => news.forEach((id) => memory.forget(id)) };
  };
}

function contentId(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `content ${hash.digest('base64')}`;
}

/**
 * Seals secrets: each value under a data key of its own (AES-256-GCM), the data key under a key of the installation, which
 * never enters the database. The place a value belongs to is authenticated, so a sealed value moved to another row cannot
 * be opened.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

import { must } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';

const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What values say that were sealed before keys had ids: any key may have sealed them. */
const OF_ANY_KEY = 1;
/** Ids lie from here up to 2³¹, where `int` ends. */
const IDS_FROM = 2 ** 30;

export interface Sealed {
  readonly sealed: Uint8Array;
  readonly sealedKey: Uint8Array;
  /** The id of the key that sealed it. */
  readonly keyVersion: number;
}

/** Opens nothing that was altered, moved to another place, or sealed under a key that is not here. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** One key of the installation. */
export interface KeySealer {
  /** Its id, which tells nothing else of it. */
  readonly keyVersion: number;
  /** Whether it may be the key of what says that `keyVersion` has sealed it. */
  mayHaveSealed(keyVersion: number): boolean;
  seal(place: string, secret: Secret): Sealed;
}

/** Seals under the first key of the installation, and opens what any of them has sealed. */
export interface Sealer extends KeySealer {
  /** The keys behind the first. */
  readonly others: readonly KeySealer[];
  open(place: string, sealed: Sealed): Secret;
}

/** The keys as `installationKeys` gives them: there is one at least. */
export function createSealer(keys: readonly Uint8Array[], random: Random): Sealer {
  const known = keys.map((key) => heldKey(key, random));
  const [first, ...others] = known;
  return {
    ...must(first, 'an installation has a key'),
    others,
    open: (place, sealed) => {
      const fitting = known.filter((key) => key.mayHaveSealed(sealed.keyVersion));
      for (const key of fitting) {
        const secret = key.open(place, sealed);
        if (secret !== null) return secret;
      }
      const why =
        fitting.length === 0
          ? 'it was sealed under an installation key that is not here. Add that key behind the others, or set the secret again.'
          : 'it was sealed under another installation key, or was altered. Set the secret again.';
      throw new SealBroken(`a stored secret cannot be opened: ${why}`);
    },
  };
}

/** Null where that cannot be opened. */
export function openOrNull(sealer: Sealer, place: string, sealed: Sealed): Secret | null {
  try {
    return sealer.open(place, sealed);
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

interface HeldKey extends KeySealer {
  /** Null where this is not the key, or what it sealed was altered or is not of this place. */
  open(place: string, sealed: Sealed): Secret | null;
}

function heldKey(key: Uint8Array, random: Random): HeldKey {
  if (key.length !== KEY_BYTES)
    throw new Error(`an installation key must be ${String(KEY_BYTES)} bytes long`);
  const keyVersion = idOf(key);
  return {
    keyVersion,
    mayHaveSealed: (said) => said === keyVersion || said === OF_ANY_KEY,
    seal: (place, secret) => {
      const dataKey = random.bytes(KEY_BYTES);
      return {
        sealed: encrypt(dataKey, Buffer.from(secret.reveal(), 'utf8'), place, random),
        sealedKey: encrypt(key, dataKey, keyPlace(place, keyVersion), random),
        keyVersion,
      };
    },
    open: (place, { sealed, sealedKey, keyVersion: said }) => {
      const dataKey = decrypt(key, sealedKey, keyPlace(place, said));
      const plain = dataKey === null ? null : decrypt(dataKey, sealed, place);
      return plain === null ? null : new Secret(plain.toString('utf8'));
    },
  };
}

/** Two keys may have one id, if rarely: the id says which keys to try, and only the seal itself says which it was. */
function idOf(key: Uint8Array): number {
  const digest = createHmac('sha256', key).update('the id of this installation key').digest();
  return IDS_FROM + (digest.readUInt32BE(0) % IDS_FROM);
}

function keyPlace(place: string, keyVersion: number): string {
  return `${place} key ${String(keyVersion)}`;
}

function encrypt(key: Uint8Array, plain: Uint8Array, place: string, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(place, 'utf8'));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, place: string): Buffer | null {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

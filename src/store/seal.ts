/**
 * Seals secrets: each value under a data key of its own (AES-256-GCM), the data key under the key of the installation,
 * which never enters the database. The place a value belongs to is authenticated, so a sealed value moved to another row
 * cannot be opened.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Random } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OTHERS_MAY_READ = 0o077;
export const KEY_VERSION = 1;

export interface Sealed {
  readonly sealed: Uint8Array;
  readonly sealedKey: Uint8Array;
  readonly keyVersion: number;
}

/** Opens nothing that was altered, moved to another place, or sealed under another key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

export interface Sealer {
  seal(place: string, secret: Secret): Sealed;
  open(place: string, sealed: Sealed): Secret;
}

export function createSealer(key: Uint8Array, random: Random): Sealer {
  if (key.length !== KEY_BYTES)
    throw new Error(`the installation key must be ${String(KEY_BYTES)} bytes long`);
  return {
    seal: (place, secret) => {
      const dataKey = random.bytes(KEY_BYTES);
      return {
        sealed: encrypt(dataKey, Buffer.from(secret.reveal(), 'utf8'), place, random),
        sealedKey: encrypt(key, dataKey, `${place} key ${String(KEY_VERSION)}`, random),
        keyVersion: KEY_VERSION,
      };
    },
    open: (place, { sealed, sealedKey, keyVersion }) => {
      const dataKey = decrypt(key, sealedKey, `${place} key ${String(keyVersion)}`);
      return new Secret(Buffer.from(decrypt(dataKey, sealed, place)).toString('utf8'));
    },
  };
}

function encrypt(key: Uint8Array, plain: Uint8Array, place: string, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(place, 'utf8'));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, place: string): Uint8Array {
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new SealBroken(
      'a stored secret cannot be opened: it was sealed under another installation key, or was altered. Set the secret again.',
      { cause: error },
    );
  }
}

/** The key from TRUEUP_KEY (base64), or from `file`, which is made on first use and must be private to its owner. */
export async function installationKey(
  file: string,
  fromEnvironment: string | undefined,
  random: Random,
): Promise<Uint8Array> {
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    const key = Buffer.from(fromEnvironment, 'base64');
    if (key.length !== KEY_BYTES)
      throw new Error(`TRUEUP_KEY must be ${String(KEY_BYTES)} random bytes in base64`);
    return key;
  }
  const found = await stat(file).catch(() => null);
  if (found === null) {
    await mkdir(dirname(file), { recursive: true });
    // `wx`: of two first starts one makes the key and the other reads it.
    await writeFile(file, Buffer.from(random.bytes(KEY_BYTES)).toString('base64'), {
      mode: 0o600,
      flag: 'wx',
    }).catch(() => undefined);
    await chmod(file, 0o600);
  } else if ((found.mode & OTHERS_MAY_READ) !== 0) {
    throw new Error(`${file} can be read by others; run: chmod 600 ${file}`);
  }
  return Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
}

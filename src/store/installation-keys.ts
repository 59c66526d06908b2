/** The keys of the installation, as the environment or a file holds them: the first seals, all of them open. */
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Random } from '../lib/random.ts';
import { KEY_BYTES } from './seal.ts';

/** One is there always, and two while it is changed; more only where a change is begun before the last one was ended. */
const KEYS_MAX = 4;
const OTHERS_MAY_READ = 0o077;
const BETWEEN_KEYS = /\s*[,\n]\s*/;
/** 32 bytes. Whatever follows the first `=` would be passed over without a word, and with it a second key. */
const KEY_IN_BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The keys from TRUEUP_KEY (base64), or from `file`, which is made on first use and must be private to its owner. */
export async function installationKeys(
  file: string,
  fromEnvironment: string | undefined,
  random: Random,
): Promise<readonly Uint8Array[]> {
  if (fromEnvironment !== undefined && fromEnvironment !== '') return keysIn(fromEnvironment, 'TRUEUP_KEY');
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
  return keysIn(await readFile(file, 'utf8'), file);
}

/** Refuses a list by the number of what is wrong in it: nothing of a key is ever told. */
function keysIn(text: string, where: string): readonly Uint8Array[] {
  const parts = text.trim().split(BETWEEN_KEYS);
  if (parts.length > KEYS_MAX)
    throw new Error(`${where} holds ${String(parts.length)} keys; ${String(KEYS_MAX)} at most may be kept`);
  const keys: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    const which = parts.length === 1 ? where : `part ${String(index + 1)} of ${where}`;
    if (part === '') throw new Error(`${which} is empty: a comma too many, or a key that is missing`);
    if (!KEY_IN_BASE64.test(part))
      throw new Error(`${which} must be ${String(KEY_BYTES)} random bytes in base64`);
    const key = Buffer.from(part, 'base64');
    const same = keys.findIndex((other) => other.equals(key));
    if (same !== -1) throw new Error(`${which} is the same key as part ${String(same + 1)}`);
    keys.push(key);
  }
  return keys;
}

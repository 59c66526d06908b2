import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { systemRandom } from '../lib/random.ts';
import { installationKeys } from './installation-keys.ts';

const [A, B, C, D, E] = [1, 2, 3, 4, 5].map((fill) => Buffer.alloc(32, fill).toString('base64'));

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trueup-keys-'));
  file = join(folder, '.trueup', 'key');
});
afterEach(() => rm(folder, { recursive: true }));

async function keysOf(given: string | undefined): Promise<readonly string[]> {
  const keys = await installationKeys(file, given, systemRandom);
  return keys.map((key) => Buffer.from(key).toString('base64'));
}

test('the keys are those of the environment in their order, however they are set apart', async () => {
  expect(await keysOf(A)).toEqual([A]);
  expect(await keysOf(`${A ?? ''},${B ?? ''}`)).toEqual([A, B]);
  expect(await keysOf(` ${B ?? ''} ,\n${A ?? ''}\n`)).toEqual([B, A]);
});

test('without them a file is made once, for its owner alone, and may be given more keys', async () => {
  const [made] = await keysOf(undefined);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await keysOf('')).toEqual([made]);
  await writeFile(file, `${A ?? ''}\r\n${await readFile(file, 'utf8')}\n`);
  expect(await keysOf(undefined)).toEqual([A, made]);
  await writeFile(file, `${A ?? ''}\nno key`);
  await expect(keysOf(undefined)).rejects.toThrow(`part 2 of ${file} must be 32 random bytes in base64`);
  await writeFile(file, '');
  await expect(keysOf(undefined)).rejects.toThrow(`${file} is empty`);
});

test.each([
  ['too short', 'TRUEUP_KEY must be 32 random bytes in base64'],
  [`${A ?? ''},too short`, 'part 2 of TRUEUP_KEY must be 32 random bytes in base64'],
  [`${A ?? ''}${B ?? ''}`, 'TRUEUP_KEY must be 32 random bytes in base64'],
  [`${A ?? ''};${B ?? ''}`, 'TRUEUP_KEY must be 32 random bytes in base64'],
  [`,${A ?? ''}`, 'part 1 of TRUEUP_KEY is empty'],
  [`${A ?? ''},`, 'part 2 of TRUEUP_KEY is empty'],
  [`${A ?? ''},,${B ?? ''}`, 'part 2 of TRUEUP_KEY is empty'],
  [`${A ?? ''},${B ?? ''},${A ?? ''}`, 'part 3 of TRUEUP_KEY is the same key as part 1'],
  [[A, B, C, D, E].join(','), 'TRUEUP_KEY holds 5 keys; 4 at most may be kept'],
])('a bad list is refused by what is wrong in it, and tells no key: %#', async (given, refusal) => {
  const error: unknown = await keysOf(given).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain(refusal);
  for (const key of [A, B, 'too short']) expect(String(error)).not.toContain(key);
});

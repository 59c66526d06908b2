import { expect, test } from 'vitest';

import { systemRandom } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';
import { createSealer, openOrNull, type Sealed, type Sealer } from './seal.ts';

const OLD = Buffer.alloc(32, 7);
const NEW = Buffer.alloc(32, 8);
const PLACE = 'workspace 1 secret CRM_PASSWORD';
const canary = new Secret('canary');

const sealerOf = (...keys: readonly Uint8Array[]): Sealer => createSealer(keys, systemRandom);

/** What was sealed for the place under `OLD` before keys had ids. */
const BEFORE_IDS: Sealed = {
  sealed: Buffer.from('PSIa7IpSy5OkJ+XopdcV0dzY1NVDIRsukSlNagqSV2VYZA==', 'base64'),
  sealedKey: Buffer.from(
    'btxdmhfS+gSzLlZ4dIFfGjl3oQewxN1HHs1O9GvkKz2lrUNyc2RJhWCZfdn1ZJyRj3bRgZ+AdC0pUE/n',
    'base64',
  ),
  keyVersion: 1,
};

const spoilt = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);

/** What each of them makes of it: the secret, or null. */
function openedBy(sealed: Sealed, ...sealers: readonly Sealer[]): readonly (string | null)[] {
  return sealers.map((sealer) => openOrNull(sealer, PLACE, sealed)?.reveal() ?? null);
}

test('the first key seals, each opens what it has sealed, and what was sealed says which one it was', () => {
  const byOld = sealerOf(OLD, NEW).seal(PLACE, canary);
  const byNew = sealerOf(NEW, OLD).seal(PLACE, canary);
  const all = [sealerOf(OLD), sealerOf(OLD, NEW), sealerOf(NEW, OLD), sealerOf(NEW)];
  expect(openedBy(byOld, ...all)).toEqual(['canary', 'canary', 'canary', null]);
  expect(openedBy(byNew, ...all)).toEqual([null, 'canary', 'canary', 'canary']);
  expect([byOld.keyVersion, byNew.keyVersion]).toEqual([sealerOf(OLD).keyVersion, sealerOf(NEW).keyVersion]);
  expect(byOld.keyVersion).not.toBe(byNew.keyVersion);
});

test('what was sealed before keys had ids is opened by its key, wherever that stands', () => {
  const [only, behind, other] = [sealerOf(OLD), sealerOf(NEW, OLD), sealerOf(NEW)];
  expect(openedBy(BEFORE_IDS, only, behind, other)).toEqual(['canary', 'canary', null]);
  expect(behind.others.map((key) => key.mayHaveSealed(1))).toEqual([true]);
});

test('the id of a key is that of a column of whole numbers, always the same, and none of those that came before', () => {
  expect(sealerOf(OLD).keyVersion).toBe(sealerOf(OLD).keyVersion);
  for (let fill = 0; fill < 256; fill += 1) {
    const { keyVersion } = sealerOf(Buffer.alloc(32, fill));
    expect(keyVersion).toBeGreaterThanOrEqual(2 ** 30);
    expect(keyVersion).toBeLessThan(2 ** 31);
  }
});

test('nothing opens that was altered, cut short, is of another place, or says that another key sealed it', () => {
  const sealer = sealerOf(NEW, OLD);
  const whole = sealerOf(OLD).seal(PLACE, canary);
  const altered: readonly Sealed[] = [
    { ...whole, sealed: spoilt(whole.sealed) },
    { ...whole, sealedKey: spoilt(whole.sealedKey) },
    { ...whole, sealed: whole.sealed.subarray(0, 20) },
    { ...whole, sealedKey: whole.sealedKey.subarray(0, 20) },
    { ...whole, keyVersion: sealer.keyVersion },
    { ...whole, keyVersion: 1 },
    { ...BEFORE_IDS, keyVersion: sealerOf(OLD).keyVersion },
  ];
  for (const sealed of altered) expect(openedBy(sealed, sealer)).toEqual([null]);
  expect(openOrNull(sealer, `${PLACE}2`, whole)).toBeNull();
  expect(openedBy(whole, sealer)).toEqual(['canary']);
});

test('a key that is missing is told as such, and no sealer shows its keys', () => {
  const sealed = sealerOf(OLD).seal(PLACE, canary);
  expect(() => sealerOf(NEW).open(PLACE, sealed)).toThrow(/under an installation key that is not here/);
  expect(() => sealerOf(OLD).open('elsewhere', sealed)).toThrow(/or was altered/);
  expect(JSON.stringify(sealerOf(NEW, OLD))).not.toMatch(/"(?:data|7)":/);
});

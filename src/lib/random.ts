import { randomBytes } from 'node:crypto';

/** The only source of chance. Production asks the operating system, simulation a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (count) => randomBytes(count),
};

/** A small, fast, repeatable generator (mulberry32) for generated samples and simulations; never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    fraction: () => next() / 2 ** 32,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}

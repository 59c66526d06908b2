import type { Random } from '../../lib/random.ts';

const SEED_BYTES = 8;

/** A signed 64-bit number as text, as PostgreSQL's hashes take it. */
export function seedOf(random: Random): string {
  return new DataView(random.bytes(SEED_BYTES).slice().buffer).getBigInt64(0).toString();
}

import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** Makes ids that sort by the time they were made (UUID version 7, RFC 9562), so that indexes grow at one end. */
export interface Ids {
  next(): string;
}

const COUNTER_MAX = 0xfff;
const RANDOM_BYTES = 8;
const RANDOM_POOL_IDS = 512;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function createIds(clock: Clock, random: Random): Ids {
  let lastMs = 0;
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;

  const randomHex = (): string => {
    if (used + RANDOM_BYTES > pool.length) {
      pool = random.bytes(RANDOM_BYTES * RANDOM_POOL_IDS);
      used = 0;
    }
    let hex = '';
    for (let index = 0; index < RANDOM_BYTES; index += 1) {
      const byte = pool[used + index] ?? 0;
      hex += HEX[index === 0 ? (byte & 0x3f) | 0x80 : byte];
    }
    used += RANDOM_BYTES;
    return hex;
  };

  return {
    next: () => {
      // The counter keeps ids of one millisecond in order; a clock that steps back must not break the order.
      const nowMs = Math.max(clock.nowMs(), lastMs);
      counter = nowMs === lastMs ? counter + 1 : 0;
      lastMs = counter > COUNTER_MAX ? nowMs + 1 : nowMs;
      if (counter > COUNTER_MAX) counter = 0;
      const time = lastMs.toString(16).padStart(12, '0');
      const sequence = counter.toString(16).padStart(3, '0');
      const tail = randomHex();
      return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`;
    },
  };
}

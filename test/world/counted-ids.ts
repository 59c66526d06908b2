import type { Ids } from '../../src/lib/ids.ts';

/** Ids in the shape of the real ones, counted instead of drawn: as repeatable, and much cheaper for so many short lives. */
export function countedIds(origin: number): Ids {
  const tail = (Math.imul(origin + 1, 0x9e37_79b1) >>> 0).toString(16).padStart(12, '0');
  let count = 0;
  return {
    next: () => {
      count += 1;
      return `00000000-${(count >>> 12).toString(16).padStart(4, '0')}-7${(count & 0xfff).toString(16).padStart(3, '0')}-8000-${tail}`;
    },
  };
}

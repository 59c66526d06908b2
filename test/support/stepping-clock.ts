import type { Clock } from '../../src/lib/clock.ts';

/** Time that passes only by waiting, and a little with every look at it. */
export function steppingClock(): Clock {
  let nowMs = Date.UTC(2026, 0, 1);
  return {
    nowMs: () => (nowMs += 1),
    monotonicMs: () => nowMs,
    sleep: (delayMs) => {
      nowMs += delayMs;
      return Promise.resolve();
    },
  };
}

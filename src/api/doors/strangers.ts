/** Tries to sign in as somebody who is not there: slowed down like any others, or the pace would tell who is. */
import type { Clock } from '../../lib/clock.ts';

/** Addresses kept at once; the one unused longest makes room. They are gone with the process, which the pace does not show. */
const ADDRESSES_MAX = 10_000;

export interface Strangers {
  /** Milliseconds until the next try counts, 0 when this one does; `waitAfter` says how long so many tries in a row cost. */
  take(who: string, waitAfter: (tries: number) => number): number;
}

export function createStrangers(clock: Clock): Strangers {
  const known = new Map<string, { readonly tries: number; readonly nextMs: number }>();
  return {
    take: (who, waitAfter) => {
      const nowMs = clock.monotonicMs();
      const { tries, nextMs } = known.get(who) ?? { tries: 0, nextMs: 0 };
      if (nextMs > nowMs) return nextMs - nowMs;
      known.delete(who);
      known.set(who, { tries: tries + 1, nextMs: nowMs + waitAfter(tries + 1) });
      if (known.size > ADDRESSES_MAX) known.delete(known.keys().next().value ?? '');
      return 0;
    },
  };
}

/** The time as pages show it: one beat for all, so that everything ages together. */
import { createContext, useContext, useEffect, useState } from 'react';

import { systemClock } from '../../lib/clock.ts';
import { inBackground } from './in-background.ts';

const BEAT_MS = 10_000;

const Now = createContext<number | null>(null);

/** Provides the beat; see `useNowMs`. */
export const NowProvider = Now.Provider;

/** Milliseconds since 1970, renewed every ten seconds while mounted. */
export function useBeat(): number {
  const [nowMs, setNowMs] = useState(() => systemClock.nowMs());
  useEffect(() => {
    const stop = new AbortController();
    const beat = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await systemClock.sleep(BEAT_MS, stop.signal);
        setNowMs(systemClock.nowMs());
      }
    };
    inBackground(beat());
    return () => stop.abort();
  }, []);
  return nowMs;
}

/** The present as the shell's beat has it; outside the shell, the moment of drawing. */
export function useNowMs(): number {
  return useContext(Now) ?? systemClock.nowMs();
}

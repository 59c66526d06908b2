/**
 * Lets one part of a worker tell another in the same program that there is work. Only a hint that saves waiting: who is
 * not woken, or sits in another program, looks by itself after a while.
 */
import type { Clock } from '../lib/clock.ts';

export interface Wakes {
  /** Wakes whoever waits for the topic now, or the next to wait for it. */
  wake(topic: string): void;
  /** Waits until the topic is woken, `waitMs` have passed, or the signal aborts. */
  wait(topic: string, waitMs: number, signal: AbortSignal): Promise<void>;
}

export function createWakes(clock: Clock): Wakes {
  const waiting = new Map<string, Set<AbortController>>();
  const pending = new Set<string>();
  return {
    wake: (topic) => {
      const sleepers = waiting.get(topic);
      if (sleepers === undefined || sleepers.size === 0) pending.add(topic);
      else for (const sleeper of sleepers) sleeper.abort();
    },
    wait: async (topic, waitMs, signal) => {
      if (pending.delete(topic) || signal.aborted) return;
      const sleeper = new AbortController();
      const sleepers = waiting.get(topic) ?? new Set();
      waiting.set(topic, sleepers.add(sleeper));
      const stop = (): void => sleeper.abort();
      signal.addEventListener('abort', stop, { once: true });
      await clock.sleep(waitMs, sleeper.signal);
      signal.removeEventListener('abort', stop);
      sleepers.delete(sleeper);
    },
  };
}

import type { Clock } from './clock.ts';

/**
 * Resolves when `work` has ended, or `graceMs` after `signal` has aborted: what then still runs is left to itself, and how it ends
 * is of no interest any more. Rejects as `work` does.
 */
export async function endedOrLeft(
  clock: Clock,
  work: Promise<unknown>,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const wait = (): void => void clock.sleep(graceMs, over.signal).then(resolve);
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true, signal: over.signal });
  try {
    await Promise.race([work, left]);
  } finally {
    over.abort();
  }
}

import type { Random } from './random.ts';

/**
 * How long to wait before try number `attempt` (1 = after the first failure), in milliseconds: full jitter over an
 * exponentially growing span, so that many waiting at once do not return at once.
 */
export function backoffMs(attempt: number, baseMs: number, capMs: number, random: Random): number {
  const spanMs = Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(spanMs / 2 + (random.fraction() * spanMs) / 2);
}

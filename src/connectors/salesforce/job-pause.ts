const SHARE = 0.25;
const PAUSE_MS_MAX = 10_000;

/** Before a job is asked about again: a quarter of the time that was waited already, so that none is noticed much later than it ends. */
export function pauseMs(waitedMs: number, atLeastMs: number): number {
  return Math.min(PAUSE_MS_MAX, Math.max(atLeastMs, waitedMs * SHARE));
}

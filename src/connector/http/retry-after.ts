/** Longer waits are mistakes of the other side, or a day's quota: asking again once an hour is no burden. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** How long a Retry-After header asks to wait: seconds or a date, bounded; null when it says neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = (header ?? '').trim();
  if (text === '') return null;
  const seconds = Number(text);
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1_000;
  return Number.isNaN(waitMs) ? null : Math.round(Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX));
}

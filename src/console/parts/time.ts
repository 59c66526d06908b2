/** Times and spans in the words of a person. */
const UNITS = [
  { unit: 'year', ms: 31_536_000_000 },
  { unit: 'month', ms: 2_592_000_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
] as const;

const JUST_NOW_MS = 10_000;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });

/** `3 minutes ago`, `in 2 hours`, `just now`. */
export function ago(atMs: number, nowMs: number): string {
  const differenceMs = atMs - nowMs;
  if (Math.abs(differenceMs) < JUST_NOW_MS) return 'just now';
  const { unit, ms } = UNITS.find((known) => Math.abs(differenceMs) >= known.ms) ?? {
    unit: 'second',
    ms: 1_000,
  };
  return relative.format(Math.round(differenceMs / ms), unit);
}

/** `in 4 minutes`, or `now` for what is due within moments. */
export function until(atMs: number, nowMs: number): string {
  return atMs - nowMs < JUST_NOW_MS ? 'now' : ago(atMs, nowMs);
}

/** `850 ms`, `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${String(Math.max(0, Math.round(ms)))} ms`;
  if (ms < 60_000) return `${String(Math.round(ms / 1_000))} s`;
  if (ms < 3_600_000) return `${String(Math.round(ms / 60_000))} min`;
  if (ms < 86_400_000) return `${String(Math.round(ms / 3_600_000))} h`;
  return `${String(Math.round(ms / 86_400_000))} d`;
}

/** Date and time to the second, where the browser is. */
export const exactTime = (at: string): string => exact.format(new Date(at));
/** The time of day to the second. */
export const timeOfDay = (at: string): string => clock.format(new Date(at));
/** The day with its name. */
export const dayOf = (at: string): string => day.format(new Date(at));

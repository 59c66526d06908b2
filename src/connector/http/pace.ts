/** How fast a system that refused may be asked. Learned from its refusals alone, for limits that nobody declared or that shrank. */

/** One worker's pace towards one system. Times are of one monotonic clock, in milliseconds. */
export interface Pace {
  /** Requests a second at which it was refused last; null before the first refusal. */
  readonly refusedAt: number | null;
  /** When the pause that followed was over. */
  readonly sinceMs: number;
  /** The earliest time for the next request. */
  readonly nextMs: number;
  readonly counted: Counted;
}

/** What the system took of late, and in how much time in which it was asked. */
interface Counted {
  readonly taken: number;
  readonly spanMs: number;
  readonly lastMs: number;
}

/** After a refusal the pace starts at this share of what was refused, and is back there after `RECOVERY_MS`. */
const EASED = 0.85;
const RECOVERY_MS = 60_000;
/** What is older counts half, and half again. */
const COUNTED_MS = 30_000;
/** Longer than this between two requests was our own silence, which tells nothing of what the system would have taken. */
const GAP_MS_MAX = 500;
/** Fewer than this tell nothing: a lone refusal is met by its pause alone. */
const TAKEN_MIN = 20;
/** One refusal never slows more than to a half: it may have been somebody else's burst. */
const CUT_MAX = 0.5;
const PER_SECOND_MIN = 0.5;
/** A pace that was not refused for so long that it is this many times as fast is none any more. */
const FORGOTTEN = 20;

/** No refusal yet: requests leave as they come. */
export function unpaced(nowMs: number): Pace {
  return { refusedAt: null, sinceMs: nowMs, nextMs: nowMs, counted: { taken: 0, spanMs: 0, lastMs: nowMs } };
}

/**
 * Requests a second: a little less than what was refused, slowly back to it, and then ever faster, until the next refusal.
 * Infinity where there is nothing to hold back.
 */
export function perSecond({ refusedAt, sinceMs }: Pace, nowMs: number): number {
  if (refusedAt === null) return Infinity;
  const share = 1 + (1 - EASED) * (Math.max(0, nowMs - sinceMs) / RECOVERY_MS - 1) ** 3;
  return share > FORGOTTEN ? Infinity : refusedAt * share;
}

/** When a request may leave, and the pace with that place taken. */
export function placed(pace: Pace, nowMs: number): { readonly atMs: number; readonly next: Pace } {
  const atMs = Math.max(nowMs, pace.nextMs);
  return { atMs, next: { ...pace, nextMs: atMs + 1_000 / perSecond(pace, atMs) } };
}

/** The system took one more. */
export function afterTaken(pace: Pace, nowMs: number): Pace {
  const { taken, spanMs, lastMs } = pace.counted;
  const span = spanMs + Math.min(GAP_MS_MAX, Math.max(0, nowMs - lastMs));
  const weight = span > COUNTED_MS ? 0.5 : 1;
  return { ...pace, counted: { taken: (taken + 1) * weight, spanMs: span * weight, lastMs: nowMs } };
}

/** The system refused, and is left alone for `pauseMs`. To be told once of all that were out together. */
export function afterRefusal(pace: Pace, nowMs: number, pauseMs: number): Pace {
  const { taken, spanMs } = pace.counted;
  const lastMs = nowMs + pauseMs;
  const current = perSecond(pace, nowMs);
  if (current === Infinity && taken < TAKEN_MIN)
    return { ...pace, counted: { taken, spanMs: spanMs + pauseMs, lastMs } };
  const average = (taken * 1_000) / Math.max(1, spanMs + pauseMs);
  const slowest = current === Infinity ? 0 : current * CUT_MAX;
  return {
    refusedAt: Math.max(PER_SECOND_MIN, slowest, Math.min(average, current)),
    sinceMs: lastMs,
    nextMs: lastMs,
    counted: { taken: 0, spanMs: 0, lastMs },
  };
}

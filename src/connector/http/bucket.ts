import type { Grant, Learned, Limit, PauseReason, Wish } from './budget.ts';

/** How long a slice lasts: what one worker took and does not use is back after this. */
export const SLICE_MS = 1_000;
/** What a purpose without a share of the limit is told. */
const NEVER_MS = 3_600_000;
/**
 * So often one request goes past its ceiling, out of what is kept for others, or past a window that is spent: only an answer
 * tells that somebody has raised the limit, and where the rest is kept for long, or a window is, nobody else may ask for hours.
 */
const PROBE_EVERY_MS = 5 * 60_000;

/** What is kept of one bucket. Times are the store's, in milliseconds. */
export interface Bucket {
  readonly unitsMax: number;
  readonly units: number;
  /** When `units` was true. */
  readonly atMs: number;
  /** When the running window ends; null when none runs. */
  readonly windowEndsMs: number | null;
  readonly pausedUntilMs: number;
  readonly pausedBy: PauseReason | null;
  /** When one was last let past its ceiling or the spent window, or first stopped there; null while nobody is. */
  readonly probedAtMs: number | null;
}

/** A bucket that nobody has taken from. */
export function fullBucket(limit: Limit, nowMs: number): Bucket {
  const { units } = limit;
  return {
    unitsMax: units,
    units,
    atMs: nowMs,
    windowEndsMs: null,
    pausedUntilMs: 0,
    pausedBy: null,
    probedAtMs: null,
  };
}

/** What the bucket holds now. */
export function refilled(bucket: Bucket, limit: Limit, nowMs: number): Bucket {
  if (limit.refill.kind === 'window') {
    const over = bucket.windowEndsMs !== null && nowMs >= bucket.windowEndsMs;
    return over ? { ...bucket, units: bucket.unitsMax, atMs: nowMs, windowEndsMs: null } : bucket;
  }
  const gained = (Math.max(0, nowMs - bucket.atMs) * unitsPerSecond(bucket, limit)) / 1_000;
  return {
    ...bucket,
    units: Math.min(bucket.unitsMax, bucket.units + gained),
    atMs: Math.max(nowMs, bucket.atMs),
  };
}

/** A bucket that turned out larger or smaller than configured fills in proportion: the whole comes back in the same time. */
function unitsPerSecond({ unitsMax }: Bucket, { units, refill }: Limit): number {
  if (refill.kind === 'window') return (unitsMax * 1_000) / refill.windowMs;
  return units > 0 ? (refill.unitsPerSecond * unitsMax) / units : refill.unitsPerSecond;
}

/** Decides one wish. The whole rule of budgets is here, for every store alike. */
export function reserved(
  before: Bucket,
  limit: Limit,
  wish: Wish,
  nowMs: number,
): { readonly bucket: Bucket; readonly grant: Grant } {
  const bucket = putBack(refilled(before, limit, nowMs), limit, wish);
  const { pausedUntilMs, pausedBy } = bucket;
  if (nowMs < pausedUntilMs)
    return { bucket, grant: { kind: 'later', waitMs: pausedUntilMs - nowMs, why: 'paused', pausedBy } };
  const ceiling = Math.min(1, Math.max(0, limit.ceilings?.[wish.purpose] ?? 1));
  const kept = bucket.unitsMax - bucket.unitsMax * ceiling;
  const needed = Math.min(wish.unitsMin, bucket.unitsMax - kept);
  if (wish.unitsMin > 0 && needed <= 0)
    return { bucket, grant: { kind: 'later', waitMs: NEVER_MS, why: 'ceiling' } };
  if (bucket.units - kept < needed) {
    const waitMs = waitFor(needed + kept, bucket, limit, nowMs);
    if (bucket.units >= needed) return probed(bucket, limit, { needed, waitMs, why: 'ceiling' }, nowMs);
    // What fills all the time soon lets somebody ask.
    if (limit.refill.kind === 'steady') return { bucket, grant: { kind: 'later', waitMs, why: 'spent' } };
    return probed(bucket, limit, { needed, waitMs, why: 'spent' }, nowMs);
  }
  const wished = Math.max(needed, Math.min(wish.unitsMax, sliceMax(bucket, limit)));
  const free = ceiling < 1 || limit.refill.kind === 'window' ? { ...bucket, probedAtMs: null } : bucket;
  return granted(free, limit, Math.min(bucket.units - kept, wished), nowMs);
}

/** What stops a wish, and for how long it would. */
interface Stop {
  readonly needed: number;
  readonly waitMs: number;
  readonly why: 'ceiling' | 'spent';
}

function probed(
  bucket: Bucket,
  limit: Limit,
  { needed, waitMs, why }: Stop,
  nowMs: number,
): { readonly bucket: Bucket; readonly grant: Grant } {
  const sinceMs = bucket.probedAtMs ?? nowMs;
  const probeInMs = sinceMs + PROBE_EVERY_MS - nowMs;
  if (needed > 0 && probeInMs <= 0) return granted({ ...bucket, probedAtMs: nowMs }, limit, needed, nowMs);
  return {
    bucket: { ...bucket, probedAtMs: sinceMs },
    grant: { kind: 'later', waitMs: Math.min(waitMs, Math.max(1, probeInMs)), why },
  };
}

/** The bucket after what an answer said: it may hold less than we thought, never more. */
export function learned(before: Bucket, limit: Limit, said: Learned, nowMs: number): Bucket {
  const bucket = refilled(before, limit, nowMs);
  const unitsMax = Math.max(0, said.unitsMax ?? bucket.unitsMax);
  // A larger bucket than configured was there all the time: what it holds more has not been spent by us.
  const units = Math.max(0, bucket.units + (unitsMax - bucket.unitsMax));
  return {
    ...bucket,
    unitsMax,
    units: Math.min(unitsMax, units, Math.max(0, said.unitsRemaining ?? units)),
    windowEndsMs: windowEnd(bucket, limit, said, nowMs),
  };
}

/** Somebody has taken from the bucket, so a window is running, for as long as the answer says or a whole one. */
function windowEnd(bucket: Bucket, { refill }: Limit, said: Learned, nowMs: number): number | null {
  if (refill.kind === 'steady') return null;
  if (said.resetsInMs === undefined) return bucket.windowEndsMs ?? nowMs + refill.windowMs;
  return nowMs + Math.max(1, Math.min(said.resetsInMs, refill.windowMs));
}

/** A shorter pause never ends a longer one, nor is it the reason of it. */
export function paused(bucket: Bucket, forMs: number, by: PauseReason | null, nowMs: number): Bucket {
  const untilMs = nowMs + forMs;
  return untilMs > bucket.pausedUntilMs ? { ...bucket, pausedUntilMs: untilMs, pausedBy: by } : bucket;
}

function granted(
  bucket: Bucket,
  limit: Limit,
  units: number,
  nowMs: number,
): { readonly bucket: Bucket; readonly grant: Grant } {
  const windowEndsMs =
    limit.refill.kind === 'window' ? (bucket.windowEndsMs ?? nowMs + limit.refill.windowMs) : null;
  const validMs = windowEndsMs === null ? SLICE_MS : Math.min(SLICE_MS, windowEndsMs - nowMs);
  return {
    // A probe of what is spent takes what is not there.
    bucket: { ...bucket, units: Math.max(0, bucket.units - units), windowEndsMs },
    grant: { kind: 'granted', units, validMs, lot: windowEndsMs ?? 0 },
  };
}

/** Units of a window that is over are gone with it. */
function putBack(bucket: Bucket, limit: Limit, { unused }: Wish): Bucket {
  if (unused === undefined || unused.units <= 0) return bucket;
  if (limit.refill.kind === 'window' && unused.lot !== bucket.windowEndsMs) return bucket;
  return { ...bucket, units: Math.min(bucket.unitsMax, bucket.units + unused.units) };
}

function sliceMax(bucket: Bucket, limit: Limit): number {
  return Math.max(1, unitsPerSecond(bucket, limit), bucket.unitsMax / 100);
}

function waitFor(units: number, bucket: Bucket, limit: Limit, nowMs: number): number {
  if (limit.refill.kind === 'window') return Math.max(1, (bucket.windowEndsMs ?? nowMs) - nowMs);
  const perSecond = unitsPerSecond(bucket, limit);
  if (perSecond <= 0) return NEVER_MS;
  return Math.max(1, Math.ceil(((units - bucket.units) / perSecond) * 1_000));
}

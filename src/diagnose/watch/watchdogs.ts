/** What the signs of life of a sync say. Pure: the same signs, the same conditions. */
import { counted } from '../../lib/counted.ts';
import type { AnnouncementVitals } from '../../store/announcements.ts';
import type { SyncMode } from '../../store/control.ts';
import type { BudgetVitals, Vitals } from '../../store/vitals.ts';
import { knownFailure } from '../catalogue.ts';
import type { Condition, Severity } from './condition.ts';
import { feedTrouble } from './feeds.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Every threshold of the watch, with its unit; the figures are those of a sync that nobody has said anything about. */
export const THRESHOLDS = {
  /** A side with a feed shows every few seconds that it is alive. */
  freshWithinMs: 10 * MINUTE_MS,
  queueAgeMs: 15 * MINUTE_MS,
  /** Every stream is tried every few minutes at the least, whatever it meets. */
  stalledAfterMs: 10 * MINUTE_MS,
  /** A habit needs this many changes to be one. */
  habitChangesMin: 20,
  /** Quiet for so many times the longest quiet there ever was. */
  quietFactor: 1.5,
  quietMinMs: HOUR_MS,
  failureRateMin: 0.2,
  triesMin: 20,
  /** Against the day before. */
  failureRateFactor: 2,
  /** One or two may have changed while the comparison ran. */
  untoldRecordsMin: 3,
  quotaWithinMs: 12 * HOUR_MS,
  quotaShareMin: 0.05,
  /** Smaller limits come and go within minutes. */
  quotaUnitsMin: 1_000,
} as const;

/** Records that an alert names. */
const SAMPLES_MAX = 5;

/** A sync, as far as the watch goes by it. */
export interface Watched {
  readonly syncKey: string;
  readonly name: string;
  readonly mode: SyncMode;
  readonly recoveringSinceMs: number | null;
}

export function watchSync(sync: Watched, vitals: Vitals): readonly Condition[] {
  if (sync.mode === 'paused') return [];
  const stalled = stalledWorker(sync, vitals);
  // Where nobody works everything else is a consequence.
  if (stalled !== null) return [stalled];
  return [
    ...recovering(sync, vitals),
    ...staleSides(sync, vitals),
    ...silentSides(sync, vitals),
    ...troubledFeeds(sync, vitals),
    ...oldQueues(sync, vitals),
    ...failureRates(sync, vitals),
    ...driftingSides(sync, vitals),
  ];
}

/** Messages about changes that a system does not take. They hold up no side, so nothing else would tell. */
export function watchAnnouncements(
  sync: Watched,
  vitals: readonly AnnouncementVitals[],
  nowMs: number,
): readonly Condition[] {
  return vitals.flatMap(({ name, waiting, refused, oldestMs, failure }) => {
    if (refused === 0 && nowMs - oldestMs < THRESHOLDS.queueAgeMs) return [];
    const why = failure === null ? '' : `; ${failure.code}: ${failure.message}`;
    const detail = `${name}: ${counted(waiting, 'message waits', 'messages wait')}, ${counted(refused, 'was refused', 'were refused')}${why}`;
    const told = condition(sync, null, 'watch.announcements', 'warning', oldestMs, detail);
    return [{ ...told, key: `${told.key} ${name}` }];
  });
}

/** What the catalogue says of a code, about this side. */
export function condition(
  sync: Watched | null,
  side: string | null,
  code: string,
  severity: Severity,
  sinceMs: number,
  detail: string,
): Condition {
  const known = knownFailure(code);
  return {
    key: [code, sync?.syncKey ?? '', side ?? ''].join(' '),
    code,
    severity,
    sync: sync?.name ?? null,
    side,
    title: known?.cause ?? code,
    detail,
    advice: known?.advice ?? '',
    sinceMs,
  };
}

function minutes(ms: number): string {
  if (ms < 120 * MINUTE_MS) return `${String(Math.round(ms / MINUTE_MS))} minutes`;
  return `${String(Math.round(ms / HOUR_MS))} hours`;
}

/** Due work that nobody has touched. A worker that meets an outage still tries, and so is not stalled. */
function stalledWorker(sync: Watched, { streams, nowMs }: Vitals): Condition | null {
  const overdue = streams.filter(({ isOverdue }) => isOverdue);
  if (overdue.length === 0) return null;
  const lastMs = Math.max(
    ...streams.map(({ lastAttemptMs, lastSuccessMs }) => Math.max(lastAttemptMs ?? 0, lastSuccessMs ?? 0)),
  );
  if (lastMs === 0 || nowMs - lastMs < THRESHOLDS.stalledAfterMs) return null;
  const detail = `${String(overdue.length)} of ${String(streams.length)} readings are due and nothing was tried for ${minutes(nowMs - lastMs)}`;
  return condition(sync, null, 'watch.stalled', 'critical', lastMs, detail);
}

function recovering(sync: Watched, { nowMs }: Vitals): readonly Condition[] {
  const { recoveringSinceMs: sinceMs } = sync;
  if (sinceMs === null) return [];
  const detail = `for ${minutes(nowMs - sinceMs)}; what was decided in Trueup, or written by it, since the instant that the store went back to is not known any more`;
  return [condition(sync, null, 'watch.recovering', 'critical', sinceMs, detail)];
}

function staleSides(sync: Watched, { streams, expectations, nowMs }: Vitals): readonly Condition[] {
  const sides = new Set(streams.map(({ side }) => side));
  return [...sides].flatMap((side) => {
    const seen = streams.filter((stream) => stream.side === side);
    const asOfMs = Math.max(
      ...seen.map(({ currentAsOfMs, lastSuccessMs }) => Math.max(currentAsOfMs ?? 0, lastSuccessMs ?? 0)),
    );
    const withinMs = expectations.find((row) => row.side === side)?.freshWithinMs ?? THRESHOLDS.freshWithinMs;
    // A failure that is known is told as what it is, not as staleness.
    const isTold = seen.some(({ isFailing }) => isFailing);
    if (asOfMs === 0 || isTold || nowMs - asOfMs <= withinMs) return [];
    const detail = `${side} is known as it was ${minutes(nowMs - asOfMs)} ago; ${minutes(withinMs)} are expected`;
    return [condition(sync, side, 'watch.stale', 'critical', asOfMs, detail)];
  });
}

function silentSides(sync: Watched, { habits, expectations, streams, nowMs }: Vitals): readonly Condition[] {
  return habits.flatMap(({ side, changes, lastChangeMs, longestQuietMs }) => {
    const expected = expectations.find((row) => row.side === side)?.changesWithinMs ?? null;
    const isHabit = changes >= THRESHOLDS.habitChangesMin;
    const habitMs = Math.max(THRESHOLDS.quietMinMs, longestQuietMs * THRESHOLDS.quietFactor);
    const allowedMs = expected ?? (isHabit ? habitMs : null);
    const isFailing = streams.some((stream) => stream.side === side && stream.isFailing);
    if (allowedMs === null || isFailing || nowMs - lastChangeMs <= allowedMs) return [];
    const measure =
      expected === null
        ? `the longest quiet in two weeks was ${minutes(longestQuietMs)}`
        : `a change is expected every ${minutes(expected)}`;
    const detail = `no change at ${side} for ${minutes(nowMs - lastChangeMs)}; ${measure}`;
    return [condition(sync, side, 'watch.silent', 'warning', lastChangeMs, detail)];
  });
}

/** A comparison found what the feed should have told of. It began at some time after the comparison before. */
function troubledFeeds(sync: Watched, { sweeps, streams }: Vitals): readonly Condition[] {
  return sweeps.flatMap((sweep) => {
    const { side, previousMs } = sweep;
    const feed = streams.find((stream) => stream.side === side && stream.kind === 'changes');
    // A feed that cannot be read is told as what it fails of.
    if (feed === undefined || feed.currentAsOfMs === null || feed.isFailing) return [];
    const trouble = feedTrouble(sweep, THRESHOLDS.untoldRecordsMin);
    if (trouble === null || previousMs === null) return [];
    const code = trouble.kind === 'deaf' ? 'watch.deaf_feed' : 'watch.wrong_clock';
    const told = condition(sync, side, code, 'critical', previousMs, trouble.detail);
    return [naming(told, trouble.records)];
  });
}

/** The same, with some of the records that it is about. */
export function naming(
  told: Condition,
  records: readonly { readonly recordId: string; readonly identityId: string | null }[],
): Condition {
  const samples = records.slice(0, SAMPLES_MAX).map(({ recordId, identityId }) => ({ recordId, identityId }));
  const names = samples.map(({ recordId }) => recordId).join(', ');
  return {
    ...told,
    detail: `${told.detail}; for example ${names}`,
    records: { count: records.length, samples },
  };
}

function oldQueues(sync: Watched, { queues, nowMs }: Vitals): readonly Condition[] {
  return queues.flatMap(({ side, writes, hints, oldestMs }) => {
    if (sync.mode !== 'live' && writes > 0) return [];
    if (nowMs - oldestMs <= THRESHOLDS.queueAgeMs) return [];
    const detail = `${counted(writes, 'write')} to ${side} and ${counted(hints, 'look')} at it wait, the oldest for ${minutes(nowMs - oldestMs)}`;
    return [condition(sync, side, 'watch.queue', 'critical', oldestMs, detail)];
  });
}

function failureRates(sync: Watched, { tries, nowMs }: Vitals): readonly Condition[] {
  return tries.flatMap(({ side, failed, written, failedBefore, writtenBefore }) => {
    const count = failed + written;
    const rate = count === 0 ? 0 : failed / count;
    const before = failedBefore + writtenBefore === 0 ? 0 : failedBefore / (failedBefore + writtenBefore);
    const isMore = rate >= Math.max(THRESHOLDS.failureRateMin, before * THRESHOLDS.failureRateFactor);
    if (count < THRESHOLDS.triesMin || !isMore) return [];
    const detail = `${percent(rate)} of ${counted(count, 'try', 'tries')} at ${side} failed in the last hour; in the day before it was ${percent(before)}`;
    return [condition(sync, side, 'watch.failure_rate', 'warning', nowMs - HOUR_MS, detail)];
  });
}

/** Until a reconciliation of the side finds none. */
function driftingSides(sync: Watched, { reconciliations }: Vitals): readonly Condition[] {
  return reconciliations.flatMap(({ side, drift, seen, startedMs, drawnOf }) => {
    if (drift === 0) return [];
    const detail = `the last reconciliation found ${counted(drift, 'difference')} at ${side} that nothing explains; it read ${counted(seen, 'record')}${drawnOf === null ? '' : ` that were drawn of ${String(drawnOf)}`}`;
    return [condition(sync, side, 'watch.drift', 'critical', startedMs, detail)];
  });
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}

/**
 * Limits that will be used up at the pace of the last hours, or nearly are. `named`: the connections of this installation by the key
 * under which their budgets are kept.
 */
export function watchBudgets(
  budgets: readonly BudgetVitals[],
  named: ReadonlyMap<string, string>,
  nowMs: number,
): readonly Condition[] {
  return budgets.flatMap(({ connectionKey, limitName, unitsMax, units, before }) => {
    if (unitsMax < THRESHOLDS.quotaUnitsMin) return [];
    const perMs =
      before === null || nowMs <= before.atMs ? 0 : (before.units - units) / (nowMs - before.atMs);
    const leftMs = perMs > 0 ? units / perMs : Infinity;
    const share = units / unitsMax;
    if (leftMs > THRESHOLDS.quotaWithinMs && share > THRESHOLDS.quotaShareMin) return [];
    const ends = Number.isFinite(leftMs)
      ? `; at the pace of the last hours it ends in ${minutes(leftMs)}`
      : '';
    const connection = named.get(connectionKey);
    const detail = `${connection ?? connectionKey}: ${percent(share)} of the limit "${limitName}" (${String(unitsMax)}) is left${ends}`;
    const severity = share <= THRESHOLDS.quotaShareMin ? 'critical' : 'warning';
    const told = condition(null, null, 'watch.quota', severity, nowMs, detail);
    const key = `${told.key} ${connectionKey} ${limitName}`;
    return [{ ...told, key, ...(connection === undefined ? {} : { connection }) }];
  });
}

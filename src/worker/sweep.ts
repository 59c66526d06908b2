/**
 * Reads a whole side and accounts for every record of it: the guarantee behind feeds and hints. What it did not meet is
 * looked up by itself at the end, because absence from a list proves nothing.
 */
import type { SnapshotPage } from '../connector/contract.ts';
import type { Json } from '../lib/json.ts';
import type { RunCounts, StreamLease } from '../store/contract.ts';
import { LeaseLost } from '../store/database.ts';
import { applyPage, type Applied } from './apply.ts';
import { failStream } from './capture.ts';
import { refuseEmptied } from './emptied.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { readBeganMs } from './lag.ts';
import {
  FEEDLESS_SWEEP_EVERY_MS,
  MISSING_RECORDS_MAX,
  PAGE_RECORDS_MAX,
  STREAM_LEASE_MS,
  SWEEP_EVERY_MS,
} from './limits.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { sightingsOf, type Sighting, type SightingPage } from './sighting.ts';

/** Statistics are refreshed after this many changed records, and each time their number has grown by the factor. */
const STATISTICS_FIRST_RECORDS = 2_000;
const STATISTICS_GROWTH = 4;

/** A page of at least this many records is applied in two halves at once. */
const PARALLEL_RECORDS_MIN = 500;

export interface SweepProgress {
  readonly side: string;
  readonly seen: number;
  readonly changed: number;
}

interface Position {
  readonly resume: Json;
  readonly pageNo: number;
  /** Records met on the pages up to here. */
  readonly seen: number;
}

/** What passes, or a person mends, without any doubt about the pages read before: the sweep goes on where it had come to. */
const KEEPS_PLACE: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'auth']);

/** Sweeps if the side's sweep is due and nobody else does it. Returns whether it ran to its end. */
export async function sweepSide(
  runtime: SyncRuntime,
  side: SideRuntime,
  signal: AbortSignal,
  onProgress: (progress: SweepProgress) => void = () => undefined,
): Promise<boolean> {
  const lease = await runtime.transaction((tx) => tx.leaseStream(side.model.name, 'sweep', STREAM_LEASE_MS));
  if (lease === null) return false;
  const runId = await ensureRun(runtime, side, lease);
  let { attempts } = lease;
  try {
    const complete = await readAllPages(runtime, side, lease, runId, signal, (progress) => {
      // What a run that began anew has read may be what the last one failed after.
      if (lease.runId === runId && progress.seen > 0) attempts = 0;
      onProgress(progress);
    });
    if (complete) await finish(runtime, side, lease, runId);
    else await runtime.transaction((tx) => tx.releaseStream(lease, 0, null));
    return complete;
  } catch (error) {
    const failure = stored(failureOfError(error));
    if (!KEEPS_PLACE.has(failure.kind)) await abandonRun(runtime, lease, runId, failure);
    await failStream(runtime, { ...lease, attempts }, error);
    return false;
  }
}

/** Goes on with the run that the stream was left in, or begins a new one. */
async function ensureRun(runtime: SyncRuntime, side: SideRuntime, lease: StreamLease): Promise<string> {
  const { runId } = lease;
  if (runId !== null && lease.checkpoint !== null) return runId;
  const fresh = runtime.ids.next();
  await runtime.transaction(async (tx) => {
    if (runId !== null) await tx.endRun(runId, 'failed', null);
    await tx.startRun(fresh, side.model.name);
    await tx.moveStream(lease, {
      checkpoint: null,
      currentAsOfMs: null,
      runId: fresh,
      leaseMs: STREAM_LEASE_MS,
      keepsFailure: true,
    });
  });
  return fresh;
}

async function readAllPages(
  runtime: SyncRuntime,
  side: SideRuntime,
  lease: StreamLease,
  runId: string,
  signal: AbortSignal,
  onProgress: (progress: SweepProgress) => void,
): Promise<boolean> {
  const position = placeOf(lease.checkpoint);
  let { pageNo } = position;
  let [seen, changed, nextRefresh] = [0, 0, STATISTICS_FIRST_RECORDS];
  let askedMs = await readBeganMs(runtime, side);
  let beganMs = askedMs;
  const request = {
    collection: side.model.collection,
    fields: side.model.natives,
    resume: lease.runId === runId ? position.resume : null,
    pageRecordsMax: PAGE_RECORDS_MAX,
    mayBeOld: true,
    signal,
  };
  for await (const page of side.session.readAll(request)) {
    pageNo += 1;
    const datedMs = page.isOld === true ? await runBeganMs(runtime, side, runId) : beganMs;
    seen += page.records.length + page.unreadable.length;
    const place = { resume: page.resume, pageNo, seen: position.seen + seen };
    const counts = await takePage(runtime, side, lease, runId, page, place, datedMs);
    changed += counts.changed;
    onProgress({ side: side.model.name, seen, changed });
    if (changed >= nextRefresh) {
      await runtime.transaction((tx) => tx.refreshStatistics());
      nextRefresh *= STATISTICS_GROWTH;
    }
    if (page.complete) {
      if (place.seen === 0) await refuseEmptied(runtime, side);
      return true;
    }
    if (signal.aborted) return false;
    beganMs = askedMs;
    askedMs = await readBeganMs(runtime, side);
  }
  return false;
}

async function takePage(
  runtime: SyncRuntime,
  side: SideRuntime,
  lease: StreamLease,
  runId: string,
  page: SnapshotPage,
  place: Position,
  beganMs: number,
): Promise<RunCounts> {
  const sightings = sightingsOf(page);
  const middle = Math.ceil(sightings.length / 2);
  const halves =
    sightings.length < PARALLEL_RECORDS_MIN
      ? [sightings]
      : [sightings.slice(0, middle), sightings.slice(middle)];
  // Applying twice changes nothing, so the position may follow in a transaction of its own, after both halves.
  const isFirst = lease.currentAsOfMs === null;
  const hasFeed = side.card.feed !== 'none';
  const about = {
    readBeganMs: beganMs,
    isFirst,
    isCheck: hasFeed && !isFirst,
    isBesideFeed: hasFeed,
    isMet: true,
  };
  const applied = await Promise.all(halves.map((half) => applyHalf(runtime, side, half, about)));
  const met = { seen: 0, changed: 0, unreadable: 0, missing: 0 };
  for (const { counts } of applied) {
    met.seen += counts.seen;
    met.changed += counts.changed;
    met.unreadable += counts.unreadable;
  }
  await runtime.transaction(async (tx) => {
    await tx.noteSightings(
      runId,
      place.pageNo,
      sightings.map((sighting) => sighting.recordId),
    );
    await tx.addToRun(runId, met);
    const checkpoint = place.resume === null ? null : { ...place };
    await tx.moveStream(lease, {
      checkpoint,
      currentAsOfMs: null,
      runId,
      leaseMs: STREAM_LEASE_MS,
      keepsFailure: sightings.length === 0,
    });
  });
  for (const { wakened } of applied) for (const name of wakened) runtime.wakes.wake(`deliver ${name}`);
  return met;
}

/** A record that breaks us is left for a look of its own, with all of its half, so that the sweep goes on. */
async function applyHalf(
  runtime: SyncRuntime,
  side: SideRuntime,
  sightings: readonly Sighting[],
  about: Omit<SightingPage, 'side' | 'sightings' | 'followed'>,
): Promise<Applied> {
  const { name } = side.model;
  try {
    return await runtime.transaction((tx) =>
      applyPage(runtime, tx, { side: name, sightings, followed: null, ...about }),
    );
  } catch (error) {
    if (failureOfError(error).code !== UNEXPECTED) throw error;
    const hints = sightings.map(({ recordId }) => ({ recordId, kind: 'changed' as const }));
    await runtime.transaction((tx) => tx.noteHints(name, hints));
    return {
      counts: { seen: sightings.length, changed: 0, unreadable: 0, unchangedIds: [] },
      wakened: new Set(),
    };
  }
}

/** A checkpoint of an older version does not say how much was seen. */
function placeOf(checkpoint: Json): Position {
  return { resume: null, pageNo: 0, seen: 0, ...(checkpoint as Partial<Position> | null) };
}

/** Store-clock instant before which nothing of what the run has read can be, however old its pages are. */
async function runBeganMs(runtime: SyncRuntime, side: SideRuntime, runId: string): Promise<number> {
  return (await runStartedMs(runtime, side, runId)) - side.card.readLagMs;
}

async function runStartedMs(runtime: SyncRuntime, side: SideRuntime, runId: string): Promise<number> {
  const startedAtMs = await runtime.transaction((tx) => tx.runStartedAtMs(runId));
  // Who was silent for too long finds the run ended by the one who took over.
  if (startedAtMs === null)
    throw new LeaseLost(`the sweep of ${side.model.name} was taken over by another worker`);
  return startedAtMs;
}

async function finish(
  runtime: SyncRuntime,
  side: SideRuntime,
  lease: StreamLease,
  runId: string,
): Promise<void> {
  const { name } = side.model;
  const startedAtMs = await runStartedMs(runtime, side, runId);
  let after: string | null = null;
  let missing = 0;
  for (;;) {
    const last: string | null = after;
    const ids = await runtime.transaction(async (tx) => {
      const found = await tx.unsighted(name, runId, startedAtMs, last, MISSING_RECORDS_MAX);
      await tx.noteHints(
        name,
        found.map((recordId) => ({ recordId, kind: 'missing' })),
      );
      return found;
    });
    missing += ids.length;
    after = ids.at(-1) ?? null;
    if (ids.length < MISSING_RECORDS_MAX) break;
  }
  await runtime.transaction(async (tx) => {
    await tx.addToRun(runId, { seen: 0, changed: 0, unreadable: 0, missing });
    await tx.endRun(runId, 'complete', null);
    const dueInMs = side.card.feed === 'none' ? FEEDLESS_SWEEP_EVERY_MS : SWEEP_EVERY_MS;
    await tx.moveStream(lease, {
      checkpoint: null,
      currentAsOfMs: startedAtMs,
      runId: null,
      leaseMs: 0,
      dueInMs,
    });
    await tx.releaseStream(lease, dueInMs, null, startedAtMs);
  });
  if (missing > 0) runtime.wakes.wake(`look ${name}`);
}

async function abandonRun(
  runtime: SyncRuntime,
  lease: StreamLease,
  runId: string,
  failure: ReturnType<typeof stored>,
): Promise<void> {
  await runtime.transaction(async (tx) => {
    await tx.endRun(runId, 'failed', failure);
    await tx.moveStream(lease, {
      checkpoint: null,
      currentAsOfMs: null,
      runId: null,
      leaseMs: STREAM_LEASE_MS,
      keepsFailure: true,
    });
  });
}

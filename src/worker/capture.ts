/**
 * Reads one side's change feed. A page's records, its hints and the new checkpoint are stored in one transaction, so the
 * position never runs ahead of what has been taken in, nor behind what was.
 */
import type { ChangePage } from '../connector/contract.ts';
import type { Followed } from '../engine/state.ts';
import type { StreamLease, SyncTx } from '../store/contract.ts';
import { LeaseLost } from '../store/database.ts';
import { applyPage } from './apply.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { afterLag, readBeganMs } from './lag.ts';
import { IDLE_LOOK_MS, PAGE_RECORDS_MAX, STREAM_LEASE_MS } from './limits.ts';
import { outageWaitMs } from './retry.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { sightingsOf, type Sighting } from './sighting.ts';

/** Reads until the signal aborts (`follow`) or the feed is caught up. Returns how many records or hints came. */
export async function captureChanges(
  runtime: SyncRuntime,
  side: SideRuntime,
  follow: boolean,
  signal: AbortSignal,
): Promise<number> {
  if (side.card.feed === 'none') return 0;
  const lease = await runtime.transaction((tx) =>
    tx.leaseStream(side.model.name, 'changes', STREAM_LEASE_MS),
  );
  if (lease === null) return 0;
  let [count, position] = [0, lease];
  try {
    const startedMs = await readBeganMs(runtime, side);
    let [askedMs, beganMs] = [startedMs, startedMs];
    const request = {
      collection: side.model.collection,
      fields: side.model.natives,
      since: lease.checkpoint,
      follow,
      pageRecordsMax: PAGE_RECORDS_MAX,
      signal,
    };
    for await (const page of side.session.readChanges(request)) {
      position = await takePage(runtime, side, position, page, beganMs);
      count += page.records.length + page.hints.length;
      beganMs = askedMs;
      askedMs = await readBeganMs(runtime, side);
      if (signal.aborted) break;
    }
    await runtime.transaction(async (tx) => {
      if (!follow && !signal.aborted) await noteCaughtUp(tx, position, startedMs);
      await tx.releaseStream(lease, 0, null);
    });
  } catch (error) {
    await failStream(runtime, position, error);
  }
  return count;
}

/** A reading that does not follow ends when it has shown everything committed before it began. */
async function noteCaughtUp(tx: SyncTx, position: StreamLease, startedMs: number): Promise<void> {
  if ((position.currentAsOfMs ?? 0) >= startedMs) return;
  const { checkpoint } = position;
  await tx.moveStream(position, { checkpoint, currentAsOfMs: startedMs, leaseMs: STREAM_LEASE_MS });
}

async function takePage(
  runtime: SyncRuntime,
  side: SideRuntime,
  lease: StreamLease,
  page: ChangePage,
  beganMs: number,
): Promise<StreamLease> {
  const sightings = sightingsOf(page);
  const currentAsOfMs = page.caughtUp ? beganMs : null;
  const move = { checkpoint: page.cursor, currentAsOfMs, leaseMs: STREAM_LEASE_MS };
  let { followedSinceMs } = lease;
  const wakened = await appliedOrHinted(sightings, async (sighted, hinted) =>
    runtime.transaction(async (tx: SyncTx) => {
      const look = {
        side: side.model.name,
        sightings: sighted,
        readBeganMs: beganMs,
        followed: followedBefore(lease),
        isMet: true,
      };
      const applied = sighted.length === 0 ? new Set<string>() : (await applyPage(runtime, tx, look)).wakened;
      await tx.noteHints(
        side.model.name,
        hinted.map(({ recordId }) => ({ recordId, kind: 'changed' as const })),
      );
      await tx.noteHints(
        side.model.name,
        afterLag(
          side,
          page.hints.map(({ id, kind }) => ({ recordId: id, kind })),
        ),
      );
      followedSinceMs = lease.checkpoint === null ? tx.nowMs : lease.followedSinceMs;
      await tx.moveStream(lease, { ...move, followedSinceMs });
      // What happened before this position only a sweep shows, and only one whose reads are not of before it.
      if (lease.checkpoint === null && page.cursor !== null)
        await tx.wakeStream(side.model.name, 'sweep', side.card.readLagMs);
      return applied;
    }),
  );
  for (const name of wakened) runtime.wakes.wake(`deliver ${name}`);
  if (page.hints.length > 0) runtime.wakes.wake(`look ${side.model.name}`);
  const shownMs = currentAsOfMs ?? lease.currentAsOfMs;
  return { ...lease, checkpoint: page.cursor, currentAsOfMs: shownMs, followedSinceMs, attempts: 0 };
}

/** What the feed had shown when the reading of this page began. */
function followedBefore({ followedSinceMs, currentAsOfMs }: StreamLease): Followed | null {
  if (followedSinceMs === null || currentAsOfMs === null) return null;
  return { sinceMs: followedSinceMs, untilMs: currentAsOfMs };
}

/**
 * A record that breaks us must not stop the feed for all others: its page is then only noted, and settled record by record.
 */
async function appliedOrHinted(
  sightings: readonly Sighting[],
  take: (sighted: readonly Sighting[], hinted: readonly Sighting[]) => Promise<ReadonlySet<string>>,
): Promise<ReadonlySet<string>> {
  try {
    return await take(sightings, []);
  } catch (error) {
    if (error instanceof LeaseLost || failureOfError(error).code !== UNEXPECTED) throw error;
    return take([], sightings);
  }
}

/**
 * Gives the stream back with the failure: `lease.attempts` counts the tries before that got no further. An expired cursor means: follow
 * from the present, and read everything once.
 */
export async function failStream(runtime: SyncRuntime, lease: StreamLease, error: unknown): Promise<void> {
  if (error instanceof LeaseLost) return;
  const failure = failureOfError(error);
  const waitMs = outageWaitMs(failure, lease.attempts + 1, runtime.random);
  runtime.log.warn(
    { sync: runtime.name, side: lease.side, stream: lease.kind, code: failure.code },
    'a stream failed',
  );
  await runtime.transaction(async (tx) => {
    if (lease.kind === 'changes' && failure.code.endsWith('.cursor_expired')) {
      const lost = { checkpoint: null, currentAsOfMs: null, followedSinceMs: null };
      await tx.moveStream(lease, { ...lost, leaseMs: IDLE_LOOK_MS });
      await tx.releaseStream(lease, 0, stored(failure));
    } else await tx.releaseStream(lease, Math.max(IDLE_LOOK_MS, waitMs), stored(failure));
  });
}

/** The same work as a worker's, done once and to its end: for `plan`, `apply` and tests. */
import type { Touched } from '../store/plans.ts';
import { announceBatch } from './announce.ts';
import { takeUpJob } from './bulk-jobs.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { DELIVERY_LANES, IDLE_LOOK_MS } from './limits.ts';
import { lookAt, settleHints } from './look.ts';
import { rekey } from './rekey.ts';
import { resolveUnknown } from './resolve.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { settleWaits } from './settle-waits.ts';
import { sweepSide, type SweepProgress } from './sweep.ts';

/** A sweep that another worker is running is waited for this long. */
const SWEEP_WAIT_MS = 10 * 60_000;
const HINT_ROUNDS_MAX = 10_000;

export interface RoundProgress {
  readonly onSweep?: (progress: SweepProgress) => void;
  readonly onDelivered?: (side: string, count: number) => void;
}

/** Takes every side in completely: notes the feed's position, sweeps, and settles what that raised. */
export async function observeAll(
  runtime: SyncRuntime,
  signal: AbortSignal,
  progress: RoundProgress = {},
): Promise<void> {
  await rekey(runtime, signal);
  for (const side of runtime.sides.values()) {
    await captureChanges(runtime, side, false, signal);
    await sweepNow(runtime, side, signal, progress);
    await runtime.transaction((tx) => tx.refreshStatistics());
  }
  await settleRecords(runtime, signal);
}

/**
 * Takes in what a plan is about as it is now: what the feeds tell, and the records themselves, looked up. A side that has no
 * feed is swept where the plan makes records, as one of them may be there by now.
 */
export async function observeTouched(
  runtime: SyncRuntime,
  touched: readonly Touched[],
  signal: AbortSignal,
): Promise<void> {
  await rekey(runtime, signal);
  for (const side of runtime.sides.values()) {
    await captureChanges(runtime, side, false, signal);
    const { recordIds, creates } = touched.find((one) => one.side === side.model.name) ?? UNTOUCHED;
    if (creates && side.card.feed === 'none') await sweepNow(runtime, side, signal, {});
    else await lookAt(runtime, side, recordIds, signal);
  }
  await settleRecords(runtime, signal);
}

const UNTOUCHED = { recordIds: [], creates: false };

/** Settles what is to be looked at, and what that lets be read, until nothing more comes of it. */
export async function settleRecords(runtime: SyncRuntime, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < HINT_ROUNDS_MAX && !signal.aborted; round += 1) {
    let settled = 0;
    // What is seen at one side may have records of another looked at.
    for (const side of runtime.sides.values()) settled += await settleAll(runtime, side, signal);
    if (settled + (await settleWaits(runtime)) === 0) return;
  }
}

async function sweepNow(
  runtime: SyncRuntime,
  side: SideRuntime,
  signal: AbortSignal,
  progress: RoundProgress,
): Promise<void> {
  const { name } = side.model;
  await runtime.transaction((tx) => tx.wakeStream(name, 'sweep'));
  for (let waitedMs = 0; waitedMs <= SWEEP_WAIT_MS && !signal.aborted; waitedMs += IDLE_LOOK_MS) {
    if (await sweepSide(runtime, side, signal, progress.onSweep)) return;
    const failure = await runtime.transaction((tx) => tx.streamFailure(name, 'sweep'));
    if (failure !== null) throw new SweepFailed(name, failure.message, failure.advice ?? null);
    // A worker may have been quicker: then the sweep that was asked for is done, and none is due for a day.
    if (!(await runtime.transaction((tx) => tx.isStreamOpen(name, 'sweep')))) return;
    await runtime.clock.sleep(IDLE_LOOK_MS, signal);
  }
  if (!signal.aborted)
    throw new SweepFailed(
      name,
      'another worker has been reading it for too long',
      'Make the plan when it is done.',
    );
}

/** The sweep of a side could not be completed, so nothing may be concluded from it. */
export class SweepFailed extends Error {
  override readonly name = 'SweepFailed';
  readonly side: string;
  readonly advice: string | null;

  constructor(side: string, message: string, advice: string | null) {
    super(`side ${side} could not be read completely: ${message}`);
    this.side = side;
    this.advice = advice;
  }
}

async function settleAll(runtime: SyncRuntime, side: SideRuntime, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (let round = 0; round < HINT_ROUNDS_MAX && !signal.aborted; round += 1) {
    const settled = await settleHints(runtime, side, signal);
    if (settled === 0) break;
    total += settled;
  }
  return total;
}

/** Delivers everything that is due, on all sides at once, until nothing is. Returns how many writes were taken up. */
export async function deliverAll(
  runtime: SyncRuntime,
  signal: AbortSignal,
  progress: RoundProgress = {},
): Promise<number> {
  let total = 0;
  for (let round = 0; round < HINT_ROUNDS_MAX && !signal.aborted; round += 1) {
    const counts = await Promise.all(
      [...runtime.sides.values()].map((side) => deliverSide(runtime, side, signal, progress)),
    );
    const delivered = counts.reduce((sum, count) => sum + count, 0);
    total += delivered;
    let settled = 0;
    for (const side of runtime.sides.values()) settled += await settleHints(runtime, side, signal);
    for (const side of runtime.sides.values()) settled += await takeUpJob(runtime, side);
    for (const side of runtime.sides.values()) settled += await resolveUnknown(runtime, side);
    settled += await settleWaits(runtime);
    if (delivered + settled === 0) break;
  }
  await announceAll(runtime, signal);
  return total;
}

async function announceAll(runtime: SyncRuntime, signal: AbortSignal): Promise<void> {
  for (const outlet of runtime.outlets ?? [])
    for (let round = 0; round < HINT_ROUNDS_MAX && !signal.aborted; round += 1)
      if ((await announceBatch(runtime, outlet)) === 0) break;
}

async function deliverSide(
  runtime: SyncRuntime,
  side: SideRuntime,
  signal: AbortSignal,
  progress: RoundProgress,
): Promise<number> {
  const lane = async (): Promise<number> => {
    let taken = 0;
    while (!signal.aborted) {
      const count = await deliverBatch(runtime, side, (delivered) =>
        progress.onDelivered?.(side.model.name, delivered),
      );
      if (count === 0) break;
      taken += count;
    }
    return taken;
  };
  const lanes = await Promise.all(Array.from({ length: DELIVERY_LANES }, lane));
  return lanes.reduce((sum, count) => sum + count, 0);
}

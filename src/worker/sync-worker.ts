/** Runs everything one sync needs, on every side at once, until it is told to stop. Any number of these may run anywhere. */
import { backoffMs } from '../lib/backoff.ts';
import { endedOrLeft } from '../lib/leave.ts';
import { announceBatch } from './announce.ts';
import { takeUpJob } from './bulk-jobs.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { failureOfError } from './failures.ts';
import {
  DELIVERY_LANES,
  IDLE_LOOK_MS,
  OUTAGE_RETRY_BASE_MS,
  OUTAGE_RETRY_CAP_MS,
  REQUEST_TIMEOUT_MS,
  STOP_GRACE_MS,
} from './limits.ts';
import { settleHints } from './look.ts';
import { rekey } from './rekey.ts';
import { resolveUnknown } from './resolve.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { settleWaits } from './settle-waits.ts';
import { sweepSide } from './sweep.ts';

/** Resolves when the signal has aborted and the work under way has ended, or its grace has run out. */
export async function runSync(runtime: SyncRuntime, signal: AbortSignal): Promise<void> {
  await rekey(runtime, signal);
  const loops: Promise<void>[] = [
    loop(runtime, 'reap', signal, () => reap(runtime)),
    loop(runtime, 'waits', signal, () => settleWaits(runtime)),
  ];
  for (const side of runtime.sides.values()) loops.push(...sideLoops(runtime, side, signal));
  for (const outlet of runtime.mode === 'live' ? (runtime.outlets ?? []) : [])
    loops.push(
      loop(runtime, `announce ${outlet.definition.name}`, signal, () => announceBatch(runtime, outlet)),
    );
  await endedOrLeft(runtime.clock, Promise.all(loops), STOP_GRACE_MS, signal);
}

function sideLoops(runtime: SyncRuntime, side: SideRuntime, signal: AbortSignal): readonly Promise<void>[] {
  const { name } = side.model;
  const captureAndSweep = async (): Promise<number> => {
    // The feed's position is noted before the first sweep begins, so that nothing falls between them.
    await captureChanges(runtime, side, false, signal);
    return (await sweepSide(runtime, side, signal)) ? 1 : 0;
  };
  const loops = [
    loop(runtime, `sweep ${name}`, signal, captureAndSweep),
    loop(runtime, `look ${name}`, signal, () => settleHints(runtime, side, signal)),
  ];
  if (side.card.feed !== 'none')
    loops.push(loop(runtime, `capture ${name}`, signal, () => captureChanges(runtime, side, true, signal)));
  if (runtime.mode !== 'live') return loops;
  const lanes = Array.from({ length: DELIVERY_LANES }, () =>
    loop(runtime, `deliver ${name}`, signal, () => deliverBatch(runtime, side)),
  );
  if (side.card.bulk !== undefined)
    loops.push(loop(runtime, `take up ${name}`, signal, () => takeUpJob(runtime, side)));
  return [...loops, ...lanes, loop(runtime, `resolve ${name}`, signal, () => resolveUnknown(runtime, side))];
}

/** Works while there is work, waits to be woken when there is none, and backs off when the work itself breaks. */
async function loop(
  runtime: SyncRuntime,
  topic: string,
  signal: AbortSignal,
  work: () => Promise<number>,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const count = await work();
      failures = 0;
      if (count === 0) await runtime.wakes.wait(topic, IDLE_LOOK_MS, signal);
    } catch (error) {
      failures += 1;
      const { code, message } = failureOfError(error);
      runtime.log.error(
        { sync: runtime.name, loop: topic, code, message },
        'a worker loop failed and will try again',
      );
      await runtime.clock.sleep(
        backoffMs(failures, OUTAGE_RETRY_BASE_MS, OUTAGE_RETRY_CAP_MS, runtime.random),
        signal,
      );
    }
  }
}

/** Writes whose worker has gone silent become `unknown`; they are never simply queued again. */
export async function reap(runtime: SyncRuntime): Promise<number> {
  const slowest = Math.max(
    ...[...runtime.sides.values()].map(({ card }) => card.executionMaxMs + card.readLagMs),
  );
  const count = await runtime.transaction((tx) => tx.reapSent(Math.max(0, slowest - REQUEST_TIMEOUT_MS)));
  if (count > 0)
    runtime.log.warn({ sync: runtime.name, writes: count }, 'writes of a silent worker are now unknown');
  return 0;
}

/** Reconciliation by the schedule of the sync: once for every slot, whichever worker comes to it, and gone on with after a crash. */
import type { ReconcileSchedule, SyncModel } from '../../engine/model.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Random } from '../../lib/random.ts';
import { dueSides, keepPlace, restSide, settleSlot, type DueSide } from '../../store/reconciling.ts';
import { endRun, runStartedAtMs } from '../../store/runs.ts';
import { failureOfError, stored } from '../../worker/failures.ts';
import type { Log, SideRuntime } from '../../worker/runtime.ts';
import { Meter, type SideBudget } from './budget.ts';
import type { Reconciled } from './look.ts';
import { progressJson, progressOf } from './progress.ts';
import { reconcileEach, type SideOptions } from './sides.ts';
import { nextStretch, slotBefore } from './slots.ts';

const RETRY_BASE_MS = 60_000;
const RETRY_CAP_MS = 60 * 60_000;
/** After so many failures the slot is left out. */
const TRIES_MAX = 6;
/** A reading that is spread over more days than this tells of no state that there ever was. */
const RUN_DAYS_MAX = 31;
const DAY_MS = 24 * 60 * 60_000;

/** A sync with a schedule, as far as its reconciliation needs it. */
export interface Scheduled {
  readonly name: string;
  readonly syncKey: string;
  readonly revision: number;
  readonly sides: readonly string[];
  readonly schedule: ReconcileSchedule;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Log;
  readonly transaction: Reconciled['transaction'];
  /** Opens its sides; what they take of their systems' limits goes through the meter. */
  open(meter: Meter): Promise<OpenedSides>;
}

export interface OpenedSides {
  readonly model: SyncModel;
  readonly sides: ReadonlyMap<string, SideRuntime>;
  close(): Promise<void>;
}

/** Compares the sides whose time has come, unless somebody else is at them. Gives how many it has compared to the end. */
export async function reconcileDue(scheduled: Scheduled, signal: AbortSignal): Promise<number> {
  const { syncKey, schedule, transaction } = scheduled;
  const [due, slotMs] = await transaction(async (tx) => {
    const slot = slotBefore(schedule, tx.nowMs);
    return [await dueSides(tx, syncKey, scheduled.sides, slot), slot] as const;
  });
  const todo = await withoutEndless(scheduled, due, slotMs);
  if (todo.length === 0) return 0;
  const meter = new Meter(schedule);
  let opened: OpenedSides;
  try {
    opened = await scheduled.open(meter);
  } catch (error) {
    for (const side of todo) await failed(scheduled, side, slotMs, error);
    return 0;
  }
  try {
    return await compare(scheduled, opened, meter, todo, slotMs, signal);
  } finally {
    await opened.close();
  }
}

async function compare(
  scheduled: Scheduled,
  opened: OpenedSides,
  meter: Meter,
  todo: readonly DueSide[],
  slotMs: number,
  signal: AbortSignal,
): Promise<number> {
  const { syncKey, transaction, clock, ids, random, log, name } = scheduled;
  const dueAt = new Map(todo.map((row) => [row.side, row]));
  const sides = [...opened.sides.values()].filter(({ model }) => dueAt.has(model.name));
  const runs = new Map<string, SideOptions>();
  for (const side of sides) runs.set(side.model.name, await runOf(scheduled, side, meter, dueAt));
  const onProgress = (side: string, seen: number): void => {
    log.info({ sync: name, side, seen }, 'reconciling');
  };
  const options = { clock, ids, random, signal, onProgress };
  const ended = await reconcileEach({ syncKey, model: opened.model, transaction }, sides, options, (side) => {
    const run = runs.get(side.model.name);
    if (run === undefined) throw new Error('every side that is due has a run');
    return run;
  }).catch((error: unknown) => {
    // Somebody asked for one in this moment: it is due until they have ended.
    if (failureOfError(error).code !== 'trueup.reconciling') throw error;
    return [];
  });
  let compared = 0;
  for (const [index, one] of ended.entries()) {
    const row = dueAt.get(sides[index]?.model.name ?? '');
    if (row === undefined) continue;
    if (one.status === 'rejected') {
      const { runId = null, budget = null } = runs.get(row.side) ?? {};
      const isUsedUp = failureOfError(one.reason).kind === 'rateLimited' && (budget?.spent() ?? 0) >= 1;
      if (isUsedUp) await rest(scheduled, row.side);
      else if (!signal.aborted) await failed(scheduled, { ...row, runId }, slotMs, one.reason);
    } else if (one.value === null) {
      await rest(scheduled, row.side);
    } else {
      await transaction((tx) => settleSlot(tx, syncKey, row.side, slotMs));
      compared += 1;
    }
  }
  return compared;
}

/** Until its limits give something again. */
function rest({ syncKey, schedule, transaction }: Scheduled, side: string): Promise<void> {
  return transaction((tx) => restSide(tx, syncKey, side, nextStretch(schedule, tx.nowMs) - tx.nowMs, false));
}

/** The run to go on with, or a new one. */
async function runOf(
  { syncKey, revision, schedule, ids, transaction }: Scheduled,
  { model }: SideRuntime,
  meter: Meter,
  dueAt: ReadonlyMap<string, DueSide>,
): Promise<SideOptions> {
  const row = dueAt.get(model.name);
  const from = progressOf(row?.progress ?? null, revision);
  const runId = from === null || row?.runId == null ? ids.next() : row.runId;
  if (from === null) await transaction((tx) => keepPlace(tx, syncKey, model.name, { runId, progress: null }));
  return {
    runId,
    from,
    budget: budgetOf(schedule, () => meter.spent(model.connection)),
    keep: (progress) =>
      transaction((tx) =>
        keepPlace(tx, syncKey, model.name, { runId, progress: progressJson({ ...progress, revision }) }),
      ),
  };
}

function budgetOf(schedule: ReconcileSchedule, spent: () => number): SideBudget {
  const { beyond, recordsMax, sampleRecords } = schedule;
  return { beyond, recordsMax: recordsMax ?? Infinity, sampleRecords, spent };
}

/** Tried again after a while, from where it has come to; after too many times the next slot is awaited. */
async function failed(
  { name, syncKey, random, log, transaction }: Scheduled,
  { side, runId, tries }: DueSide,
  slotMs: number,
  error: unknown,
): Promise<void> {
  const failure = failureOfError(error);
  const isLast = tries + 1 >= TRIES_MAX;
  log.warn({ sync: name, side, code: failure.code, isLast }, 'a scheduled reconciliation failed');
  await transaction(async (tx) => {
    if (!isLast)
      return restSide(tx, syncKey, side, backoffMs(tries + 1, RETRY_BASE_MS, RETRY_CAP_MS, random), true);
    if (runId !== null) await endRun(tx, syncKey, runId, 'failed', stored(failure));
    return settleSlot(tx, syncKey, side, slotMs);
  });
}

/** Gives up what has been going on for too long. */
async function withoutEndless(
  { syncKey, transaction }: Scheduled,
  due: readonly DueSide[],
  slotMs: number,
): Promise<readonly DueSide[]> {
  const kept: DueSide[] = [];
  for (const row of due) {
    const { side, runId } = row;
    const isEndless = await transaction(async (tx) => {
      const startedMs = runId === null ? null : await runStartedAtMs(tx, syncKey, runId);
      if (runId === null || startedMs === null || tx.nowMs - startedMs < RUN_DAYS_MAX * DAY_MS) return false;
      await endRun(tx, syncKey, runId, 'failed', TOO_LONG);
      await settleSlot(tx, syncKey, side, slotMs);
      return true;
    });
    if (!isEndless) kept.push(row);
  }
  return kept;
}

const TOO_LONG = stored({
  kind: 'config',
  code: 'trueup.reconciling_too_long',
  message: `reading the side within its budget took longer than ${String(RUN_DAYS_MAX)} days`,
  advice: 'Give `reconcile` of the sync a greater budget, or `beyond_budget: sample`.',
});

/** The measures over time as they are shown: every period beside the one before it. */
import { allSyncs } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { countTries, measure, MEASURED_DAYS_MAX, type Measured } from '../store/measures.ts';
import { listProblems, refreshProblems } from '../store/problems.ts';

export type MeasuresPer = 'day' | 'week';

const PERIOD_DAYS: Readonly<Record<MeasuresPer, number>> = { day: 1, week: 7 };
const PERIODS: Readonly<Record<MeasuresPer, number>> = { day: 14, week: 8 };
const OPEN_MAX = 10_000;

export interface MeasuredView extends Measured {
  /** Failed tries among all tries to write, from 0 to 1; null when nothing was tried. */
  readonly failureRate: number | null;
  /** People's time per problem that ended; null when none did. */
  readonly manualMsPerProblem: number | null;
}

export interface Measures {
  readonly per: MeasuresPer;
  /** The oldest first; the last one ends with the present hour. */
  readonly periods: readonly MeasuredView[];
  /** Problems that are open just now, and since when the oldest of them is. */
  readonly open: number;
  readonly oldestOpenMs: number | null;
}

/** Over all syncs, or those chosen by name. Brings what is measured up to date first. */
export async function measuresOf(
  tx: Tx,
  per: MeasuresPer,
  only: readonly string[] | null,
  periods: number = PERIODS[per],
): Promise<Measures> {
  const syncs = (await allSyncs(tx)).filter(({ name }) => only === null || only.includes(name));
  const syncKeys = syncs.map(({ syncKey }) => syncKey);
  for (const sync of syncs) {
    await refreshProblems(tx, sync);
    await countTries(
      tx,
      sync.syncKey,
      sync.definition.sides.map(({ name }) => name),
    );
  }
  const periodDays = PERIOD_DAYS[per];
  const measured = await measure(tx, {
    syncKeys,
    periodDays,
    periods: Math.min(periods, Math.floor(MEASURED_DAYS_MAX / periodDays)),
  });
  const open = (await listProblems(tx, { state: 'open' }, OPEN_MAX)).filter(({ syncKey }) =>
    syncKeys.includes(syncKey),
  );
  return {
    per,
    periods: measured.map(viewOf),
    open: open.length,
    oldestOpenMs: open.length === 0 ? null : Math.min(...open.map(({ openedMs }) => openedMs)),
  };
}

function viewOf(measured: Measured): MeasuredView {
  const { written, failed, resolved, manualMs } = measured;
  return {
    ...measured,
    failureRate: written + failed === 0 ? null : failed / (written + failed),
    manualMsPerProblem: resolved === 0 ? null : manualMs / resolved,
  };
}

/** How a figure moved against the period before: nothing to say while either is unknown. */
export type Move = 'better' | 'worse' | 'same' | null;

/** Less is better for all of them. A tenth more or less is the same. */
export function moveOf(present: number | null, before: number | null): Move {
  if (present === null || before === null) return null;
  if (Math.abs(present - before) <= before * SAME_SHARE) return 'same';
  return present < before ? 'better' : 'worse';
}

const SAME_SHARE = 0.1;

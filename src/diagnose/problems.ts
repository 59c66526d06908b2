/** Problems brought up to date and made ready to be shown: for the commands, the API and the watch. */
import { allSyncs } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import {
  listProblems,
  problemHours,
  refreshProblems,
  type HourCount,
  type ProblemFilter,
} from '../store/problems.ts';
import { viewProblems, type ProblemView } from './problem-view.ts';

const TREND_HOURS = 24;
/** Open problems that are compared with one another to tell how far each reaches. */
const COMPARED_MAX = 1_000;

/** Looks again at what fails in every sync, and gives the problems that the filter chooses. */
export async function currentProblems(
  tx: Tx,
  filter: ProblemFilter,
  countMax: number,
): Promise<readonly ProblemView[]> {
  const syncs = await allSyncs(tx);
  for (const sync of syncs) await refreshProblems(tx, sync);
  return shownProblems(tx, filter, countMax);
}

/** The problems as of the last look. */
export async function shownProblems(
  tx: Tx,
  filter: ProblemFilter,
  countMax: number,
): Promise<readonly ProblemView[]> {
  const syncs = await allSyncs(tx);
  const problems = await listProblems(tx, filter, countMax);
  const hours: HourCount[] = [];
  for (const { syncKey } of syncs) {
    const ids = problems.filter((problem) => problem.syncKey === syncKey).map(({ problemId }) => problemId);
    if (ids.length > 0) hours.push(...(await problemHours(tx, syncKey, ids, TREND_HOURS)));
  }
  const open = await listProblems(tx, { state: 'open' }, COMPARED_MAX);
  return viewProblems(problems, hours, open, syncs, tx.nowMs);
}

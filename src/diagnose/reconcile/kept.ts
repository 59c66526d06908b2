/** The report that is kept of every side's newest reconciliation: what the console shows, and what its repair goes by. */
import type { Json } from '../../lib/json.ts';
import type { Tx } from '../../store/database.ts';
import { keptReports } from '../../store/reconciliations.ts';
import { reportOf, type Report } from './report.ts';
import type { ReconciledSide } from './tally.ts';

/** Enough for a person to see; all are counted. */
const KEPT_MAX = 1_000;

const NO_SAMPLE = { sample: null };

export function kept({ tally, findings }: ReconciledSide): Json {
  return JSON.parse(JSON.stringify({ tally, findings: findings.slice(0, KEPT_MAX) })) as Json;
}

/** The newest reports of all sides as one, or null before the first. Sides may have been compared at different times. */
export async function keptReport(tx: Tx, syncKey: string, sync: string): Promise<Report | null> {
  const reports = await keptReports(tx, syncKey);
  if (reports.length === 0) return null;
  const sides = reports.map(({ report }) => {
    const { tally, findings } = report as unknown as ReconciledSide;
    // A report of before there were samples does not say that it is none.
    return { tally: { ...NO_SAMPLE, ...tally }, findings };
  });
  return reportOf({
    sync,
    startedAtMs: Math.min(...reports.map(({ startedMs }) => startedMs)),
    endedAtMs: Math.max(...reports.map(({ endedMs }) => endedMs)),
    sides: sides.map(({ tally }) => tally),
    findings: sides.flatMap(({ findings }) => findings),
  });
}

/** The report that is kept of every side's newest reconciliation: what the console shows, and what a repair goes by. */
import type { Json } from '../../lib/json.ts';
import type { Tx } from '../../store/database.ts';
import { noteHints } from '../../store/hints.ts';
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

/**
 * Has every record of listed drift looked at again, as any other hint would; gives how many. What has no record cannot be
 * looked at.
 */
export async function noteRepair(tx: Tx, syncKey: string, { findings }: Report): Promise<number> {
  const drift = findings.flatMap(({ side, recordId, difference: { kind, explanation } }) =>
    explanation !== null || recordId === null
      ? []
      : [
          {
            side,
            hint: { recordId, kind: kind === 'missing' ? ('missing' as const) : ('changed' as const) },
          },
        ],
  );
  for (const [side, own] of Map.groupBy(drift, (one) => one.side))
    await noteHints(
      tx,
      syncKey,
      side,
      own.map(({ hint }) => hint),
    );
  return drift.length;
}

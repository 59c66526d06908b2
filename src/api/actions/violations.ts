/** Holding what is stored against the data dictionary, and what the newest look came to. */
import { findViolations, type ViolationReport } from '../../diagnose/violations.ts';
import type { Json } from '../../lib/json.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { keepViolations, keptViolations } from '../../store/violation-reports.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import type { Progress } from '../tasks.ts';

export interface ReportSeen extends ViolationReport {
  readonly asOfMs: number;
  /** The revision whose rules were asked. */
  readonly revision: number;
}

/** Judges every stored value of the sync, and keeps what came of it. */
export async function lookForViolations(
  { database }: Pick<ApiHost, 'database'>,
  workspaceNo: number,
  sync: SyncRow,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  const asOfMs = await database.nowMs();
  const report = await findViolations(
    {
      transaction: (action) => database.transaction(workspaceNo, action),
      signal,
      onProgress: (records) => tell('judging', records, null),
    },
    sync,
  );
  if (signal.aborted) throw new ApiProblem('unavailable', { detail: 'the server is being stopped' });
  const kept = { asOfMs, revision: sync.revision, report: report as unknown as Json };
  await database.transaction(workspaceNo, (tx) => keepViolations(tx, sync.syncKey, kept));
}

/** Null before anybody has asked. */
export async function violationsSeen(tx: Tx, { syncKey }: SyncRow): Promise<ReportSeen | null> {
  const kept = await keptViolations(tx, syncKey);
  if (kept === null) return null;
  const { report, ...rest } = kept;
  return { ...(report as unknown as ViolationReport), ...rest };
}

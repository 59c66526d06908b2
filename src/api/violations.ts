/** What the newest look for values that break the data dictionary has found; gone with the process, and made again at will. */
import { findViolations, type ViolationReport } from '../diagnose/violations.ts';
import type { SyncRow } from '../store/control.ts';
import type { ApiHost } from './host.ts';
import { ApiProblem } from './problem.ts';
import type { Progress } from './tasks.ts';

export interface KeptViolations extends ViolationReport {
  readonly asOfMs: number;
  /** The revision whose rules were asked. */
  readonly revision: number;
}

export interface Violations {
  /** Judges every stored value of the sync. */
  look(workspaceNo: number, sync: SyncRow, tell: Progress, signal: AbortSignal): Promise<void>;
  /** Null before the first look of this process. */
  of(sync: SyncRow): KeptViolations | null;
}

/** A report is some hundred kilobytes at most. */
const SYNCS_KEPT_MAX = 100;

export function createViolations({ database }: Pick<ApiHost, 'database'>): Violations {
  const kept = new Map<string, KeptViolations>();
  return {
    look: async (workspaceNo, sync, tell, signal) => {
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
      kept.delete(sync.syncKey);
      kept.set(sync.syncKey, { ...report, asOfMs, revision: sync.revision });
      const [oldest] = kept.keys();
      if (kept.size > SYNCS_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    },
    of: ({ syncKey }) => kept.get(syncKey) ?? null,
  };
}

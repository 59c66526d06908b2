/** Comparing a sync's sides with what should stand there, and planning what mends the drift. */
import { sampleBudget } from '../../diagnose/reconcile/budget.ts';
import { keptReport } from '../../diagnose/reconcile/kept.ts';
import type { Reconciled } from '../../diagnose/reconcile/look.ts';
import { planRepair } from '../../diagnose/reconcile/repair.ts';
import type { Report } from '../../diagnose/reconcile/report.ts';
import { reconcileSides } from '../../diagnose/reconcile/sides.ts';
import { audit } from '../../store/audit.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import type { Progress } from '../tasks.ts';
import { syncNamed } from './find.ts';

/** What is compared; all sides as a whole where nothing is said. */
export interface Compared {
  readonly side?: string | undefined;
  /** How many records are drawn of a side that cannot digest them itself. */
  readonly sample?: number | undefined;
}

/** Writes to no system. What it came to is kept in the store. */
export async function reconcile(
  host: ApiHost,
  { workspaceNo }: Principal,
  sync: SyncRow,
  { side: only, sample }: Compared,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { clock, ids, random } = host;
  await host.work(workspaceNo).withSync(sync, async (runtime) => {
    tell('comparing digests', 0, null);
    const sides = [...runtime.sides.values()].filter(
      ({ model }) => only === undefined || model.name === only,
    );
    await reconcileSides(reconciledOf(host, workspaceNo, sync, runtime), sides, {
      clock,
      ids,
      random,
      signal,
      ...(sample === undefined ? {} : { budgetOf: () => sampleBudget(sample) }),
      onProgress: (side, seen) => tell(`reading ${side}`, seen, null),
    });
  });
}

/** What the newest reconciliations of the sync came to; throws `not_found` before the first. */
export async function reportOfSync(tx: Tx, name: string): Promise<Report> {
  const sync = await syncNamed(tx, name);
  const report = await keptReport(tx, sync.syncKey, sync.name);
  if (report === null) throw notFound('reconciliation of', name);
  return report;
}

/**
 * Looks at the drift of the newest report again, and seals what it takes to mend it. Nothing of it goes out before the plan is
 * approved. Throws `not_found` before the first report.
 */
export async function repair(
  host: ApiHost,
  { workspaceNo, email }: Principal,
  sync: SyncRow,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { database } = host;
  const { findings } = await database.transaction(workspaceNo, (tx) => reportOfSync(tx, sync.name));
  await host.work(workspaceNo).withSync(sync, async (runtime) => {
    const { plan } = await planRepair(reconciledOf(host, workspaceNo, sync, runtime), runtime, findings, {
      revision: sync.revision,
      signal,
      onProgress: (looked) => tell('looking at drift', looked, null),
    });
    await database.transaction(workspaceNo, (tx) =>
      audit(tx, workspaceNo, {
        by: email,
        action: 'drift.planned',
        subject: plan.hash,
        detail: { sync: sync.name, writes: plan.writes },
      }),
    );
  });
}

function reconciledOf(
  { database, ids }: ApiHost,
  workspaceNo: number,
  sync: SyncRow,
  { model, syncKey }: SyncRuntime,
): Reconciled {
  return {
    syncKey,
    model,
    transaction: (action) =>
      database.transaction(workspaceNo, (tx) => action(tx, syncTransaction(tx, sync, ids))),
  };
}

/** Runs the scheduled reconciliation of one sync beside its worker. */
import { reconcileDue, type Scheduled } from './diagnose/reconcile/scheduled.ts';
import type { ReconcileSchedule } from './engine/model.ts';
import type { Installation } from './server.ts';
import type { SyncRow } from './store/control.ts';
import { syncTransaction } from './store/sync-transaction.ts';
import { openSync } from './syncs.ts';
import { failureOfError } from './worker/failures.ts';

const LOOK_EVERY_MS = 20_000;

/** Until the signal aborts. A sync without a schedule has nothing to run. */
export async function keepReconciling(
  installation: Installation,
  row: SyncRow,
  signal: AbortSignal,
): Promise<void> {
  const { reconcile } = row.definition;
  if (reconcile === undefined) return;
  const scheduled = scheduledOf(installation, row, reconcile);
  while (!signal.aborted) {
    try {
      await reconcileDue(scheduled, signal);
    } catch (error) {
      const { code, message } = failureOfError(error);
      installation.log.warn({ sync: row.name, code, message }, 'a schedule could not be looked at');
    }
    await installation.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function scheduledOf(installation: Installation, row: SyncRow, schedule: ReconcileSchedule): Scheduled {
  const { clock, ids, random, log } = installation;
  const { name, syncKey, revision, definition } = row;
  return {
    name,
    syncKey,
    revision,
    sides: definition.sides.map((side) => side.name),
    schedule,
    clock,
    ids,
    random,
    log,
    transaction: (action) => installation.transaction((tx) => action(tx, syncTransaction(tx, row, ids))),
    open: async (meter) => {
      const opened = await openSync(installation, row, (connection, budgets) =>
        meter.budgets(connection, budgets),
      );
      const { model, sides } = opened.runtime;
      return { model, sides, close: () => opened.close() };
    },
  };
}

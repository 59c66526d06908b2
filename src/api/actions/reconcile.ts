/** Comparing a sync's sides with what should stand there, and having drift looked at again. */
import { keptReport, noteRepair } from '../../diagnose/reconcile/kept.ts';
import type { Report } from '../../diagnose/reconcile/report.ts';
import { reconcileSides } from '../../diagnose/reconcile/sides.ts';
import { audit } from '../../store/audit.ts';
import type { SyncTx } from '../../store/contract.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import type { Progress } from '../tasks.ts';
import { syncNamed } from './find.ts';

/** Writes to no system. What it came to is kept in the store. */
export async function reconcile(
  host: ApiHost,
  { workspaceNo }: Principal,
  sync: SyncRow,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, ids, random } = host;
  await host.work(workspaceNo).withSync(sync, async ({ model, sides, syncKey }) => {
    const reconciled = {
      syncKey,
      model,
      transaction: <T>(action: (tx: Tx, bound: SyncTx) => Promise<T>) =>
        database.transaction(workspaceNo, (tx) => action(tx, syncTransaction(tx, sync, ids))),
    };
    tell('comparing digests', 0, null);
    await reconcileSides(reconciled, [...sides.values()], {
      clock,
      ids,
      random,
      signal,
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

/** How many records will be looked at again; what is found goes the way of any change, through plan, guards and approval. */
export async function repair(tx: Tx, { workspaceNo, email }: Principal, name: string): Promise<number> {
  const { syncKey } = await syncNamed(tx, name);
  const records = await noteRepair(tx, syncKey, await reportOfSync(tx, name));
  if (records > 0)
    await audit(tx, workspaceNo, {
      by: email,
      action: 'drift.lookedAgain',
      subject: name,
      detail: { records },
    });
  return records;
}

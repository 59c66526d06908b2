/** One reconciliation of one side, stored as a run. Whoever calls it holds the side. */
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import { keepReport, noteDrawn, noteFound, startReconciliation } from '../../store/reconciliations.ts';
import { addToRun, endRun } from '../../store/runs.ts';
import { failureOfError, stored } from '../../worker/failures.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import { kept } from './kept.ts';
import type { Reconciled } from './look.ts';
import { SideReader, type ReadOptions } from './reader.ts';
import type { ReconciledSide } from './tally.ts';

/**
 * Null when it rests: then the place is kept at which it goes on. Throws what the connector throws; the run is then stored as
 * failed, unless a place was kept: then it is still open.
 */
export async function reconcileSide(
  sync: Reconciled,
  side: SideRuntime,
  options: ReadOptions,
): Promise<ReconciledSide | null> {
  const { syncKey, transaction } = sync;
  const { runId, from } = options;
  if (from === null) await transaction((tx) => startReconciliation(tx, syncKey, runId, side.model.name));
  let hasPlace = from !== null;
  const keep: ReadOptions['keep'] = async (progress) => {
    await options.keep(progress);
    hasPlace = true;
  };
  try {
    const reader = new SideReader(sync, side, { ...options, keep });
    const end = await reader.read();
    if (end === 'rests') return null;
    const tally = reader.tally.counted(end === 'whole' ? null : end);
    const result = { tally, findings: reader.tally.findings() };
    await storeResult(sync, side, runId, result);
    return result;
  } catch (error) {
    const isStopped = options.signal.aborted && !(error instanceof ConnectorFailure);
    const failure = stored(isStopped ? STOPPED : failureOfError(error));
    if (!hasPlace) await transaction((tx) => endRun(tx, syncKey, runId, 'failed', failure));
    throw error;
  }
}

const STOPPED: Failure = {
  kind: 'transient',
  code: 'trueup.stopped',
  message: 'the program was stopped meanwhile',
};

function storeResult(
  { syncKey, transaction }: Reconciled,
  side: SideRuntime,
  runId: string,
  result: ReconciledSide,
): Promise<void> {
  const { tally } = result;
  const counts = { seen: tally.seen, changed: tally.drift, unreadable: 0, missing: tally.missing };
  return transaction(async (tx) => {
    await addToRun(tx, syncKey, runId, counts);
    await noteFound(
      tx,
      syncKey,
      runId,
      tally.classes.map((one) => ({ ...one })),
    );
    if (tally.sample !== null) await noteDrawn(tx, syncKey, runId, tally.sample.of);
    await keepReport(tx, syncKey, runId, side.model.name, kept(result));
    await endRun(tx, syncKey, runId, 'complete', null);
  });
}

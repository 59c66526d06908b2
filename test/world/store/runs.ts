/** src/store/runs.ts in memory. */
import type { GuardCount, RunCounts, StoredFailure } from '../../../src/store/contract.ts';
import { asStored } from './document.ts';
import { storedMs } from './instant.ts';
import type { RecordRow } from './rows.ts';
import { change, insert, select, upsert } from './statements.ts';
import type { Transaction } from './transaction.ts';

const HOUR_MS = 3_600_000;

export async function startRun(tx: Transaction, runId: string, side: string): Promise<void> {
  await tx.statement('startRun');
  const startedAtMs = tx.clockMs();
  const counts = { seen: 0, changed: 0, unreadable: 0, missing: 0 };
  const run = {
    runId,
    side,
    state: 'running' as const,
    startedAtMs,
    endedAtMs: null,
    failure: null,
    found: null,
    drawnOf: null,
    report: null,
  };
  await insert(tx, tx.tables.runs, { ...run, ...counts });
}

export async function addToRun(tx: Transaction, runId: string, counts: RunCounts): Promise<void> {
  await tx.statement('addToRun');
  await change(
    tx,
    tx.tables.runs.slotsOf([runId]),
    ({ state }) => state === 'running',
    (run) => ({
      ...run,
      seen: run.seen + counts.seen,
      changed: run.changed + counts.changed,
      unreadable: run.unreadable + counts.unreadable,
      missing: run.missing + counts.missing,
    }),
  );
}

export async function endRun(
  tx: Transaction,
  runId: string,
  state: 'complete' | 'failed',
  failure: StoredFailure | null,
): Promise<void> {
  await tx.statement('endRun');
  await change(
    tx,
    tx.tables.runs.slotsOf([runId]),
    (run) => run.state === 'running',
    (run) => ({ ...run, state, endedAtMs: tx.clockMs(), failure: asStored(failure) }),
  );
  await tx.statement('endRun/sightings');
  await change(
    tx,
    tx.tables.sightingsByRun.slots(runId),
    (page) => page.runId === runId,
    () => null,
  );
}

export async function runStartedAtMs(tx: Transaction, runId: string): Promise<number | null> {
  await tx.statement('runStartedAtMs');
  const [run] = select(tx, tx.tables.runs.slotsOf([runId]), ({ state }) => state === 'running');
  return run?.startedAtMs ?? null;
}

export async function noteSightings(
  tx: Transaction,
  runId: string,
  pageNo: number,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.statement('noteSightings');
  const page = { runId, pageNo, recordIds: [...recordIds] };
  await upsert(tx, tx.tables.sightings, [page], () => page);
}

const MISSABLE: readonly string[] = ['live', 'hidden', 'returned', 'parked', 'excluded', 'unreadable'];

function recordsAt(tx: Transaction, side: string, matches: (row: RecordRow) => boolean): RecordRow[] {
  return select(tx, tx.tables.linksBySide.slots(side), matches);
}

export async function unsighted(
  tx: Transaction,
  side: string,
  runId: string,
  startedAtMs: number,
  after: string | null,
  countMax: number,
): Promise<readonly string[]> {
  await tx.statement('unsighted');
  const pages = select(tx, tx.tables.sightingsByRun.slots(runId), (page) => page.runId === runId);
  const met = new Set(pages.flatMap(({ recordIds }) => recordIds));
  const beganMs = storedMs(startedAtMs);
  const expected = [
    ...recordsAt(tx, side, ({ status, asOfMs }) => MISSABLE.includes(status) && asOfMs < beganMs),
    ...select(tx, tx.tables.hintsBySide.slots(side), ({ state }) => state === 'dead'),
  ];
  const expectedIds = new Set(expected.map(({ recordId }) => recordId));
  return [...expectedIds]
    .filter((recordId) => !met.has(recordId) && (after === null || recordId > after))
    .toSorted()
    .slice(0, countMax);
}

export async function guardWindow(
  tx: Transaction,
  side: string,
  add: { readonly deletes: number; readonly changes: number },
): Promise<GuardCount> {
  await tx.statement('guardWindow');
  const windowStartMs = storedMs(Math.floor(tx.clockMs() / HOUR_MS) * HOUR_MS);
  const window = { side, windowStartMs, ...add };
  await upsert(tx, tx.tables.guardWindows, [window], (found) => ({
    ...found,
    deletes: found.deletes + add.deletes,
    changes: found.changes + add.changes,
  }));
  const { deletes, changes } = tx.tables.guardWindows.slotOf(window).seenBy(tx) ?? window;
  return { deletes, changes };
}

export async function countRecords(tx: Transaction, side: string): Promise<number> {
  await tx.statement('countRecords');
  return recordsAt(tx, side, ({ status }) => status === 'live' || status === 'hidden').length;
}

export async function controlRecord(
  tx: Transaction,
  side: string,
  except: readonly string[],
): Promise<string | null> {
  await tx.statement('controlRecord');
  const there = recordsAt(
    tx,
    side,
    ({ status, recordId }) => status !== 'gone' && status !== 'hidden' && !except.includes(recordId),
  );
  const isLive = ({ status }: (typeof there)[number]): number => (status === 'live' ? 1 : 0);
  const [newest] = there.toSorted(
    (left, right) => isLive(right) - isLive(left) || right.asOfMs - left.asOfMs,
  );
  return newest?.recordId ?? null;
}

export async function refreshStatistics(tx: Transaction): Promise<void> {
  await tx.statement('refreshStatistics');
}

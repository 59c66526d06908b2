/** Records that are to be looked at once more: what they hold by now may be more than was known when it was decided about them. */
import type { Bundle } from '../engine/state.ts';
import type { KnownRecord, NewHint, SyncTx } from '../store/contract.ts';
import { EARLY_LOOK_MS } from './limits.ts';

/** Has the records of these things looked at: what they hold by now may be more than was known when it was decided about. */
export async function lookAgain(tx: SyncTx, things: readonly Bundle[]): Promise<void> {
  const links = things.flatMap((thing) => thing.links);
  const isThere = links.filter(({ status }) => status === 'live' || status === 'hidden');
  await hintRecords(tx, isThere, { kind: 'changed' });
}

/** Notes the same hint of each of these records, in one statement a side. */
export async function hintRecords(
  tx: SyncTx,
  records: readonly { readonly side: string; readonly recordId: string }[],
  hint: Omit<NewHint, 'recordId'>,
): Promise<void> {
  for (const [side, some] of Map.groupBy(records, (record) => record.side))
    await tx.noteHints(
      side,
      some.map(({ recordId }) => ({ ...hint, recordId })),
    );
}

/**
 * Hints of records that were met as they are known while an update was on its way to them: it may have landed and been undone, at a
 * system whose versions come back. That is told before the answer comes, which says that it has landed.
 */
export async function hintsOfMet(
  tx: SyncTx,
  side: string,
  unchangedIds: readonly string[],
  known: ReadonlyMap<string, KnownRecord>,
): Promise<readonly NewHint[]> {
  const met = unchangedIds.flatMap((recordId) => known.get(recordId) ?? []);
  const ids = await tx.inMotion(side, met);
  return ids.map((recordId) => ({ recordId, kind: 'changed', dueInMs: EARLY_LOOK_MS }));
}

import type { Bundle } from '../engine/state.ts';
import type { NewHint, SyncTx } from '../store/contract.ts';

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

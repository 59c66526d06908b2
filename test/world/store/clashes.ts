/** src/store/clashes.ts in memory. Where nothing is held nothing of it takes any time. */
import type { Values } from '../../../src/engine/value.ts';
import type { Clash } from '../../../src/store/clashes.ts';
import { pairKey, type RecordRow, type StoredHold } from './rows.ts';
import { select } from './statements.ts';
import type { Transaction } from './transaction.ts';

function isAnyHeld(tx: Transaction): boolean {
  for (const slot of tx.tables.holds.slots()) {
    const hold = slot.seenBy(tx);
    if (hold !== null && isOpenClash(hold)) return true;
  }
  tx.pass();
  return false;
}

function isOpenClash({ closed, identityId, field, reason }: StoredHold): boolean {
  return closed === null && identityId !== null && field === null && reason === 'ambiguousMatch';
}

/** The clashes that these records are held for. */
function held(tx: Transaction, side: string, records: readonly RecordRow[]): readonly Clash[] {
  const { holdsByIdentity, identities } = tx.tables;
  return records.flatMap(({ recordId, linked }) => {
    if (linked === null) return [];
    const { identityId } = linked;
    const isIts = (hold: StoredHold): boolean => holdsByIdentity.has(identityId, hold) && isOpenClash(hold);
    const [clash] = select(tx, holdsByIdentity.slots(identityId), isIts);
    const seen = (clash?.seen as Readonly<Record<string, Values>> | undefined)?.[side];
    const [identity] = select(tx, identities.slotsOf([identityId]));
    return seen === undefined ? [] : [{ recordId, values: { ...identity?.golden, ...seen } }];
  });
}

export async function clashesAt(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
): Promise<readonly Clash[]> {
  if (recordIds.length === 0 || !isAnyHeld(tx)) return [];
  await tx.statement('clashesAt');
  const places = recordIds.map((recordId) => pairKey(side, recordId));
  return held(tx, side, select(tx, tx.tables.links.slotsOf(places)));
}

export async function clashesOf(
  tx: Transaction,
  side: string,
  identityIds: readonly string[],
): Promise<readonly Clash[]> {
  if (identityIds.length === 0) return [];
  await tx.statement('clashesOf');
  const { linksByIdentity } = tx.tables;
  return identityIds.flatMap((identityId) => {
    const isIts = (row: RecordRow): boolean =>
      linksByIdentity.has(identityId, row) &&
      row.side === side &&
      (row.status === 'live' || row.status === 'hidden');
    return held(tx, side, select(tx, linksByIdentity.slots(identityId), isIts));
  });
}

/** Holds in memory: those of src/store/save.ts, and src/store/history.ts as far as it closes and lists them. */
import type { HoldReason } from '../../../src/engine/state.ts';
import { must } from '../../../src/lib/assert.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { packHolds } from '../../../src/store/codec.ts';
import type { RecordHold, Save } from '../../../src/store/contract.ts';
import type { HoldRow } from '../../../src/store/holds.ts';
import type { RecordPlace } from '../../../src/store/record-holds.ts';
import { asStored } from './document.ts';
import { openHoldKey, pairKey, type StoredHold } from './rows.ts';
import { change, select, upsert } from './statements.ts';
import type { Slot } from './table.ts';
import type { Transaction } from './transaction.ts';

export async function openIdentityHolds(tx: Transaction, holds: Save['holds']): Promise<void> {
  const drawn = tx.withIds(packHolds(holds));
  await tx.statement('save/holds');
  const opened = drawn.map(([holdId, { identityId, side, field, reason, seen }]) =>
    newHold(tx, holdId, { identityId, side, recordId: null, field, reason, seen: asStored(seen) }),
  );
  const slotOf = slotFinder(tx);
  await upsert(tx, tx.tables.holds, opened, withBothSeen, { slotOf });
}

function withBothSeen(found: StoredHold, hold: StoredHold): StoredHold {
  return { ...found, seen: { ...(found.seen as JsonObject), ...(hold.seen as JsonObject) } };
}

export async function openRecordHolds(tx: Transaction, holds: readonly RecordHold[]): Promise<void> {
  if (holds.length === 0) return;
  const drawn = tx.withIds(holds);
  await tx.statement('saveUnlinked/holds');
  const opened = drawn.map(([holdId, { side, recordId, reason, seen }]) =>
    newHold(tx, holdId, {
      identityId: null,
      side,
      recordId,
      field: null,
      reason: reason as HoldReason,
      seen: asStored(seen),
    }),
  );
  const slotOf = slotFinder(tx);
  await upsert(tx, tx.tables.holds, opened, (found, { seen }) => ({ ...found, seen }), { slotOf });
}

/** src/store/record-holds.ts in memory. */
export async function settleRecordHolds(
  tx: Transaction,
  places: readonly RecordPlace[],
  still: readonly RecordHold[] = [],
): Promise<void> {
  if (places.length === 0) return;
  await tx.statement('settleRecordHolds');
  const { holdsByRecord } = tx.tables;
  const isStill = (open: StoredHold): boolean =>
    still.some(
      ({ side, recordId, reason }) =>
        side === open.side && recordId === open.recordId && reason === open.reason,
    );
  await change(
    tx,
    places.flatMap(({ side, recordId }) => [...holdsByRecord.slots(pairKey(side, recordId))]),
    (hold) => hold.closed === null && !isStill(hold),
    (hold) => ({ ...hold, closed: { atMs: tx.clockMs(), by: 'trueup', resolution: 'settled' } }),
  );
}

function newHold(
  tx: Transaction,
  holdId: string,
  hold: Omit<StoredHold, 'holdId' | 'openedAtMs' | 'closed'>,
): StoredHold {
  return { holdId, ...hold, openedAtMs: tx.clockMs(), closed: null };
}

/** Finds the open hold that is the same, or a place for a new one. */
function slotFinder(tx: Transaction): (hold: StoredHold) => Slot<StoredHold> {
  return (hold) => openLike(tx, openHoldKey(hold)) ?? tx.tables.holds.slotOf(hold);
}

/** The slot under the key of the unique index, or one that another transaction is just putting there or taking away. */
function openLike(tx: Transaction, key: string): Slot<StoredHold> | undefined {
  const { holdsOpen } = tx.tables;
  for (const slot of holdsOpen.slots(key)) {
    const row = slot.seenBy(tx);
    const isOpen = slot.isDirty && slot.owner !== tx;
    if (isOpen || (row !== null && holdsOpen.has(key, row))) return slot;
  }
  return undefined;
}

export async function closeHolds(tx: Transaction, holds: Save['closedHolds']): Promise<void> {
  await tx.statement('save/closedHolds');
  const closing = (open: StoredHold): Save['closedHolds'][number] | undefined =>
    holds.find(
      ({ identityId, field, reason }) =>
        identityId === open.identityId && field === open.field && reason === open.reason,
    );
  const identityIds = [...new Set(holds.map(({ identityId }) => identityId))];
  await change(
    tx,
    identityIds.flatMap((identityId) => [...tx.tables.holdsByIdentity.slots(identityId)]),
    (hold) => hold.closed === null && closing(hold) !== undefined,
    (hold) => {
      const { by, resolution } = must(closing(hold), 'a hold that matched');
      return { ...hold, closed: { atMs: tx.clockMs(), by, resolution } };
    },
  );
}

/** The open holds of an identity, or (null) of the sync, oldest first. */
export async function listHolds(
  tx: Transaction,
  identityId: string | null,
  countMax: number,
): Promise<readonly HoldRow[]> {
  await tx.statement('openHolds');
  return select(
    tx,
    tx.tables.holds.slots(),
    (hold) => hold.closed === null && (identityId === null || hold.identityId === identityId),
  )
    .toSorted((left, right) => left.openedAtMs - right.openedAtMs)
    .slice(0, countMax)
    .map(({ closed: _closed, ...hold }) => hold);
}

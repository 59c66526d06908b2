/** Holds in memory: those of src/store/save.ts, and src/store/history.ts as far as it closes and lists them. */
import type { HoldReason } from '../../../src/engine/state.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { RecordHold, Save } from '../../../src/store/contract.ts';
import type { HoldRow } from '../../../src/store/history.ts';
import { asStored } from './document.ts';
import { openHoldKey, type StoredHold } from './rows.ts';
import { CARDINALITY_VIOLATION } from './sql-error.ts';
import { change, select } from './statements.ts';
import type { Slot } from './table.ts';
import type { Transaction } from './transaction.ts';

export async function openIdentityHolds(tx: Transaction, holds: Save['holds']): Promise<void> {
  if (holds.length === 0) return;
  await tx.statement('save/holds');
  const opened = holds.map((hold) => {
    const { identityId, side, field, reason } = hold;
    const seen = { [side]: asStored(hold.seen) };
    return newHold(tx, { identityId, side, recordId: null, field, reason, seen });
  });
  // `distinct on`: of several that are the same only the first is taken.
  const distinct = new Map<string, StoredHold>();
  for (const hold of opened) {
    const key = `${openHoldKey(hold)}\n${hold.field === null ? '' : 'field'}`;
    if (!distinct.has(key)) distinct.set(key, hold);
  }
  await upsertHolds(tx, distinct.values(), (found, hold) => ({
    ...found,
    seen: { ...(found.seen as JsonObject), ...(hold.seen as JsonObject) },
  }));
}

export async function openRecordHolds(tx: Transaction, holds: readonly RecordHold[]): Promise<void> {
  if (holds.length === 0) return;
  await tx.statement('saveUnlinked/holds');
  const opened = holds.map(({ side, recordId, reason, seen }) =>
    newHold(tx, {
      identityId: null,
      side,
      recordId,
      field: null,
      reason: reason as HoldReason,
      seen: asStored(seen),
    }),
  );
  await upsertHolds(tx, opened, (found, hold) => ({ ...found, seen: hold.seen }));
}

function newHold(tx: Transaction, hold: Omit<StoredHold, 'holdId' | 'openedAtMs' | 'closed'>): StoredHold {
  return { holdId: tx.host.ids.next(), ...hold, openedAtMs: tx.clockMs(), closed: null };
}

/** `insert … on conflict do update` over the unique index of open holds. */
async function upsertHolds(
  tx: Transaction,
  holds: Iterable<StoredHold>,
  merged: (found: StoredHold, hold: StoredHold) => StoredHold,
): Promise<void> {
  const touched = new Set<Slot<StoredHold>>();
  for (const hold of holds) {
    const slot = await lockedLike(tx, hold);
    if (touched.has(slot)) {
      const message = 'ON CONFLICT DO UPDATE command cannot affect row a second time';
      throw tx.refuse(CARDINALITY_VIOLATION, message);
    }
    const found = slot.seenBy(tx);
    tx.write(slot, found === null ? hold : merged(found, hold));
    touched.add(slot);
  }
}

/** The open hold that is the same, or a new slot for this one; locked. */
async function lockedLike(tx: Transaction, hold: StoredHold): Promise<Slot<StoredHold>> {
  for (;;) {
    const slot = openLike(tx, openHoldKey(hold)) ?? tx.tables.holds.slotFor(hold.holdId);
    if (tx.take(slot)) return slot;
    if (slot.owner !== null) await tx.waitFor(slot.owner);
  }
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

export async function closeHolds(
  tx: Transaction,
  identityId: string,
  field: string | null,
  by: string,
  resolution: string,
): Promise<void> {
  await tx.statement('closeHolds');
  await change(
    tx,
    tx.tables.holdsByIdentity.slots(identityId),
    (hold) => hold.closed === null && hold.identityId === identityId && hold.field === field,
    (hold) => ({ ...hold, closed: { atMs: tx.clockMs(), by, resolution } }),
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

/**
 * The kinds of statement the calls are made of, each as READ COMMITTED runs it: it finds its rows among what is committed
 * when it starts, waits for those that others hold, and looks again at what they left before it changes them.
 */
import { CARDINALITY_VIOLATION, UNIQUE_VIOLATION } from './sql-error.ts';
import type { Slot, Table } from './table.ts';
import type { Transaction } from './transaction.ts';

/** The rows of the slots as the transaction sees them now. */
export function select<Row>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean = () => true,
): Row[] {
  const rows: Row[] = [];
  for (const slot of slots) {
    const row = slot.seenBy(tx);
    if (row !== null && matches(row)) rows.push(row);
  }
  return rows;
}

interface Candidate<Row> {
  readonly slot: Slot<Row>;
  readonly row: Row;
  readonly life: number;
}

function candidates<Row>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean,
): Candidate<Row>[] {
  const found: Candidate<Row>[] = [];
  for (const slot of slots) {
    const row = slot.seenBy(tx);
    if (row !== null && matches(row)) found.push({ slot, row, life: slot.life });
  }
  return found;
}

/** The candidate's row, whose lock is held; null when it no longer matches, or is no longer the same row. */
function held<Row>(
  tx: Transaction,
  { slot, row, life }: Candidate<Row>,
  matches: (row: Row) => boolean,
): Row | null {
  const now = slot.seenBy(tx);
  if (now === row) return row;
  return now !== null && slot.life === life && matches(now) ? now : null;
}

/**
 * `update` and `delete`: what `next` makes of every row that matches; null deletes it. Returns the rows as they were. The
 * new row is made, and checked, before the lock is waited for, and again only if the row has changed by then.
 */
export async function change<Row>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean,
  next: (row: Row) => Row | null,
): Promise<readonly Row[]> {
  const changed: Row[] = [];
  for (const candidate of candidates(tx, slots, matches)) {
    const made = next(candidate.row);
    if (made !== null) tx.check(candidate.slot.table, made);
    if (!tx.take(candidate.slot)) await tx.lock(candidate.slot);
    const row = held(tx, candidate, matches);
    if (row === null) continue;
    tx.write(candidate.slot, row === candidate.row ? made : next(row));
    changed.push(row);
  }
  return changed;
}

/** `select … for update`, in the order given; with `skip`, without the rows that others hold. */
export async function selectForUpdate<Row>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean,
  ifLocked: 'wait' | 'skip',
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const candidate of candidates(tx, slots, matches)) {
    if (!tx.take(candidate.slot)) {
      if (ifLocked === 'skip') continue;
      await tx.lock(candidate.slot);
    }
    const row = held(tx, candidate, matches);
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** `insert`: a key that is taken is refused; one that another transaction is just taking or freeing is waited for. */
export async function insert<Row>(tx: Transaction, table: Table<Row>, row: Row): Promise<void> {
  tx.check(table, row);
  const slot = await openSlot(tx, table, row);
  if (slot === null) throw tx.refuse(UNIQUE_VIOLATION, `duplicate key value in ${table.name}`);
  tx.write(slot, row);
}

/** `insert … on conflict do nothing`. Returns how many rows were stored. */
export async function insertMissing<Row>(
  tx: Transaction,
  table: Table<Row>,
  rows: readonly Row[],
): Promise<number> {
  let count = 0;
  for (const row of rows) {
    tx.check(table, row);
    const slot = await openSlot(tx, table, row);
    if (slot === null) continue;
    tx.write(slot, row);
    count += 1;
  }
  return count;
}

/** The slot for a row under a new key, locked; null when there is a row under the key. A locked row is there all the same. */
async function openSlot<Row>(tx: Transaction, table: Table<Row>, row: Row): Promise<Slot<Row> | null> {
  for (;;) {
    const slot = table.slotOf(row);
    const isUndecided = slot.isDirty && slot.owner !== tx;
    if (!isUndecided && slot.seenBy(tx) !== null) return null;
    if (tx.take(slot)) return slot;
    if (slot.owner !== null) await tx.waitFor(slot.owner);
  }
}

interface UpsertOptions<Row> {
  readonly slotOf?: (row: Row) => Slot<Row>;
  readonly onStored?: (slot: Slot<Row>) => Promise<void>;
}

/**
 * `insert … on conflict do update`. `merged` says what becomes of a row that is there, null when its `where` leaves it.
 * Returns how many rows were stored. `slotOf` finds the row that the new one would conflict with, or a place for it.
 */
export async function upsert<Row>(
  tx: Transaction,
  table: Table<Row>,
  rows: Iterable<Row>,
  merged: (found: Row, row: Row) => Row | null,
  { slotOf = (row: Row) => table.slotOf(row), onStored }: UpsertOptions<Row> = {},
): Promise<number> {
  const stored = new Set<Slot<Row>>();
  for (const row of rows) {
    tx.check(table, row);
    let slot = slotOf(row);
    // Who has waited looks again: the slot is gone if its holder deleted what was in it.
    for (; !tx.take(slot); slot = slotOf(row)) if (slot.owner !== null) await tx.waitFor(slot.owner);
    if (stored.has(slot)) {
      const message = 'ON CONFLICT DO UPDATE command cannot affect row a second time';
      throw tx.refuse(CARDINALITY_VIOLATION, message);
    }
    const found = slot.seenBy(tx);
    const next = found === null ? row : merged(found, row);
    if (next === null) continue;
    tx.write(slot, next);
    stored.add(slot);
    if (onStored !== undefined) await onStored(slot);
  }
  return stored.size;
}

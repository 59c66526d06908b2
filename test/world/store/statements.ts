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

/** The candidate's row once its lock is held; null when it no longer matches, or is no longer the same row. */
async function locked<Row>(
  tx: Transaction,
  { slot, row, life }: Candidate<Row>,
  matches: (row: Row) => boolean,
): Promise<Row | null> {
  if (!tx.take(slot)) await tx.lock(slot);
  const now = slot.seenBy(tx);
  if (now === row) return row;
  return now !== null && slot.life === life && matches(now) ? now : null;
}

/** `update` and `delete`: what `next` makes of every row that matches; null deletes it. Returns the rows as they were. */
export async function change<Row>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean,
  next: (row: Row) => Row | null,
): Promise<readonly Row[]> {
  const changed: Row[] = [];
  for (const candidate of candidates(tx, slots, matches)) {
    const row = await locked(tx, candidate, matches);
    if (row === null) continue;
    tx.write(candidate.slot, next(row));
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
    if (ifLocked === 'skip' && !tx.take(candidate.slot)) continue;
    const row = await locked(tx, candidate, matches);
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** `insert`: a key that is taken is refused; one that another transaction is just taking or freeing is waited for. */
export async function insert<Row>(tx: Transaction, table: Table<Row>, key: string, row: Row): Promise<void> {
  for (;;) {
    const slot = table.slotFor(key);
    const isOpen = slot.isDirty && slot.owner !== tx;
    if (!isOpen && slot.seenBy(tx) !== null)
      throw tx.refuse(UNIQUE_VIOLATION, `duplicate key value in ${table.name}`);
    if (tx.take(slot)) {
      tx.write(slot, row);
      return;
    }
    if (slot.owner !== null) await tx.waitFor(slot.owner);
  }
}

/** `insert … on conflict do update`, for one row of the statement. `touched` are the rows the statement has stored. */
export async function upsert<Row>(
  tx: Transaction,
  table: Table<Row>,
  key: string,
  touched: Set<Slot<Row>>,
  rowFor: (found: Row | null) => Row | null,
): Promise<Slot<Row> | null> {
  let slot = table.slotFor(key);
  // Who waited looks the key up again: the slot went with the row if its holder deleted that.
  for (; !tx.take(slot); slot = table.slotFor(key)) if (slot.owner !== null) await tx.waitFor(slot.owner);
  if (touched.has(slot))
    throw tx.refuse(CARDINALITY_VIOLATION, 'ON CONFLICT DO UPDATE command cannot affect row a second time');
  const row = rowFor(slot.seenBy(tx));
  if (row === null) return null;
  tx.write(slot, row);
  touched.add(slot);
  return slot;
}

/**
 * A table of immutable rows. Every key has a slot with the committed row and, while a transaction holds the slot, the row
 * as that transaction will leave it: locks are exclusive, so one pending row is all there can be.
 */
import type { LockHolder } from './lock-holder.ts';

export interface TableOptions<Row> {
  readonly name: string;
  readonly keyOf: (row: Row) => string;
  /** The CHECK constraint that the row breaks, by name; null when it keeps them all. */
  readonly broken?: (row: Row) => string | null;
  readonly indexes?: readonly Index<Row>[];
}

export class Table<Row> {
  readonly name: string;
  readonly broken: (row: Row) => string | null;
  readonly indexes: readonly Index<Row>[];
  readonly #keyOf: (row: Row) => string;
  readonly #slots = new Map<string, Slot<Row>>();

  constructor({ name, keyOf, broken = () => null, indexes = [] }: TableOptions<Row>) {
    this.name = name;
    this.#keyOf = keyOf;
    this.broken = broken;
    this.indexes = indexes;
  }

  slots(): Iterable<Slot<Row>> {
    return this.#slots.values();
  }

  /** The slots of those keys that have one, each once. */
  slotsOf(keys: Iterable<string>): readonly Slot<Row>[] {
    const found: Slot<Row>[] = [];
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && !found.includes(slot)) found.push(slot);
    }
    return found;
  }

  get(key: string): Slot<Row> | undefined {
    return this.#slots.get(key);
  }

  /** The slot under the row's key, with nothing in it if the key is new. It goes with its owner if that stays so. */
  slotOf(row: Row): Slot<Row> {
    const key = this.#keyOf(row);
    const found = this.#slots.get(key);
    if (found !== undefined) return found;
    const made = new Slot<Row>(this, key);
    this.#slots.set(key, made);
    return made;
  }

  /** Takes an empty slot away. */
  remove(slot: Slot<Row>): void {
    if (this.#slots.get(slot.key) === slot) this.#slots.delete(slot.key);
  }

  /** The committed rows. */
  rows(): readonly Row[] {
    return [...this.#slots.values()].flatMap(({ row }) => (row === null ? [] : [row]));
  }

  /** Remembers the committed rows. Calling the result brings them back; no transaction may be open then. */
  keep(): () => void {
    const kept = this.rows();
    return () => {
      this.#slots.clear();
      for (const index of this.indexes) index.clear();
      for (const row of kept) this.put(row);
    };
  }

  /** Puts a committed row where there is none, without a transaction. */
  put(row: Row): void {
    const slot = this.slotOf(row);
    slot.row = row;
    for (const index of this.indexes) index.add(slot, row);
  }
}

export class Slot<Row> {
  readonly table: Table<Row>;
  readonly key: string;
  /** The committed row; null where there is none. */
  row: Row | null = null;
  /** The row as the owner will leave it, if the slot `isDirty`. */
  pending: Row | null = null;
  isDirty = false;
  /** Who holds the row's lock, until its end. */
  owner: LockHolder | null = null;
  /** Rises when one transaction deletes the row and inserts another under the same key. */
  life = 0;
  #isReborn = false;
  /** Rows of the owner that it has replaced itself: until its end they count in the indexes, as they do in PostgreSQL's. */
  #replaced: Row[] = [];

  constructor(table: Table<Row>, key: string) {
    this.table = table;
    this.key = key;
  }

  /** The row as a transaction sees it: its own, or else the committed one. */
  seenBy(reader: LockHolder): Row | null {
    return this.isDirty && this.owner === reader ? this.pending : this.row;
  }

  /** What the slot's owner makes of the row; null deletes it. */
  write(row: Row | null): void {
    const before = this.isDirty ? this.pending : this.row;
    if (before === null && this.row !== null && row !== null) this.#isReborn = true;
    if (this.pending !== null) this.#replaced.push(this.pending);
    this.pending = row;
    this.isDirty = true;
    if (row !== null) for (const index of this.table.indexes) index.add(this, row);
  }

  /** The owner has ended: its row becomes the committed one, or is forgotten. */
  settle(isCommitted: boolean): void {
    this.owner = null;
    if (this.isDirty) {
      const [stays, goes] = isCommitted ? [this.pending, this.row] : [this.row, this.pending];
      for (const index of this.table.indexes)
        for (const row of [goes, ...this.#replaced]) index.drop(this, row, stays);
      if (isCommitted && this.#isReborn) this.life += 1;
      this.row = stays;
      this.pending = null;
      this.isDirty = false;
      this.#isReborn = false;
      this.#replaced = [];
    }
    if (this.row === null) this.table.remove(this);
  }
}

/** Slots by something else than their key. A slot is in the groups of its committed row and of all its owner has written. */
export class Index<Row> {
  readonly #groups = new Map<string, Slot<Row>[]>();
  readonly #groupOf: (row: Row) => string | null;

  /** Rows whose group is null are in none. */
  constructor(groupOf: (row: Row) => string | null) {
    this.#groupOf = groupOf;
  }

  /** Slots of which some version is of the group; which one, the reader has to look at. */
  slots(group: string): readonly Slot<Row>[] {
    return this.#groups.get(group) ?? [];
  }

  has(group: string, row: Row): boolean {
    return this.#groupOf(row) === group;
  }

  add(slot: Slot<Row>, row: Row): void {
    const group = this.#groupOf(row);
    if (group === null) return;
    const slots = this.#groups.get(group);
    if (slots === undefined) this.#groups.set(group, [slot]);
    else if (!slots.includes(slot)) slots.push(slot);
  }

  /** Takes the slot out of the group of the row that goes, unless the row that stays is of the same. */
  drop(slot: Slot<Row>, goes: Row | null, stays: Row | null): void {
    const group = goes === null ? null : this.#groupOf(goes);
    if (group === null || (stays !== null && this.#groupOf(stays) === group)) return;
    const left = this.#groups.get(group)?.filter((other) => other !== slot) ?? [];
    if (left.length === 0) this.#groups.delete(group);
    else this.#groups.set(group, left);
  }

  clear(): void {
    this.#groups.clear();
  }
}

/** A table that is only ever appended to and that no call reads. */
export class Log<Row> {
  readonly name: string;
  #rows: Row[] = [];

  constructor(name: string) {
    this.name = name;
  }

  append(row: Row): void {
    this.#rows.push(row);
  }

  rows(): readonly Row[] {
    return [...this.#rows];
  }

  keep(): () => void {
    const kept = this.rows();
    return () => {
      this.#rows = [...kept];
    };
  }
}

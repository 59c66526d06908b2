import type { Slot } from './table.ts';

/** Slots by something else than their key. A slot is in the groups of both its committed and its pending row. */
export class Index<Row> {
  readonly #groups = new Map<string, Set<Slot<Row>>>();
  readonly #groupOf: (row: Row) => string | null;

  /** Rows whose group is null are in none. */
  constructor(groupOf: (row: Row) => string | null) {
    this.#groupOf = groupOf;
  }

  /** Slots of which some version is of the group; which one, the reader has to look at. */
  slots(group: string): Iterable<Slot<Row>> {
    return this.#groups.get(group) ?? [];
  }

  has(group: string, row: Row): boolean {
    return this.#groupOf(row) === group;
  }

  add(slot: Slot<Row>, row: Row): void {
    const group = this.#groupOf(row);
    if (group === null) return;
    const slots = this.#groups.get(group);
    if (slots === undefined) this.#groups.set(group, new Set([slot]));
    else slots.add(slot);
  }

  /** Takes the slot out of the group of the row that goes, unless a row that stays is of the same. */
  drop(slot: Slot<Row>, goes: Row, ...stay: readonly (Row | null)[]): void {
    const group = this.#groupOf(goes);
    if (group === null || stay.some((row) => row !== null && this.#groupOf(row) === group)) return;
    const slots = this.#groups.get(group);
    if (slots?.delete(slot) === true && slots.size === 0) this.#groups.delete(group);
  }

  clear(): void {
    this.#groups.clear();
  }
}

import { isPrecise, timestampMicros, type TrytonRecord } from './collection.ts';
import type { StampedRow } from './cursor.ts';

const COVERED_RECORDS_MAX = 5_000;

/**
 * The records yielded lately. A party made with an address and two telephone numbers stands in five streams; once it was
 * read whole, the rows that were in it need not be read again.
 */
export class Covered {
  readonly #stamps = new Map<number, ReadonlyMap<string, string>>();

  add(records: readonly TrytonRecord[]): void {
    for (const { id, timestamps } of records) {
      // Deleted first, so that it stands last in the map's order and is forgotten last.
      this.#stamps.delete(id);
      this.#stamps.set(id, timestamps);
    }
    for (const id of this.#stamps.keys()) {
      if (this.#stamps.size <= COVERED_RECORDS_MAX) break;
      this.#stamps.delete(id);
    }
  }

  /** True when the owner was read with this very state of the row, or a later one: a row's stamps only rise. */
  includes(model: string, row: StampedRow): boolean {
    const stamp = this.#stamps.get(row.ownerId)?.get(`${model},${String(row.id)}`);
    return stamp !== undefined && isPrecise(stamp) && timestampMicros(stamp) >= row.at;
  }
}

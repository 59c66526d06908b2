/** Counts what an edited sync would do, and keeps a few records of each kind to show. */
import type { CapabilityCard } from '../../connector/contract.ts';
import type { SyncModel } from '../../engine/model.ts';
import type { WriteKind } from '../../engine/state.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { RecordNow, WouldBe, WouldWrite } from '../../engine/what-if.ts';

/** A field of a record, as it is and as it would be. `before` is absent for a record that is not there yet. */
export interface WouldChange {
  readonly field: string;
  readonly before?: NativeValue;
  readonly after: NativeValue;
}

export interface Example {
  readonly recordId: string | null;
  readonly changes: readonly WouldChange[];
}

/** Everything of one kind at one side. */
export interface WriteTally {
  readonly side: string;
  readonly kind: WriteKind;
  records: number;
  /** By native field, how many records. */
  readonly fields: Record<string, number>;
  readonly examples: Example[];
}

/** What stands in the way of records: one reason at one side. */
export interface ProblemTally {
  readonly side: string;
  readonly field: string;
  readonly reason: string;
  records: number;
  readonly examples: string[];
}

const EXAMPLES_MAX = 3;

export class Tally {
  readonly writes = new Map<string, WriteTally>();
  readonly problems = new Map<string, ProblemTally>();
  readonly holds = new Map<string, number>();
  readonly excluded = new Map<string, number>();
  /** Records that belonged to nothing, by side: they would take part. */
  readonly joining = new Map<string, number>();
  identities = 0;
  changed = 0;

  add(caused: WouldBe, records: readonly RecordNow[]): void {
    this.identities += 1;
    const { writes, problems, holds, excluded } = caused;
    if (writes.length + problems.length + holds.length + excluded.length > 0) this.changed += 1;
    this.addParts(caused, records);
  }

  addParts({ writes, problems, holds, excluded }: WouldBe, records: readonly RecordNow[]): void {
    for (const write of writes) this.#addWrite(write, records);
    for (const { side, native, reason, recordId } of problems) {
      const key = JSON.stringify([side, native, reason]);
      const known = this.problems.get(key) ?? { side, field: native, reason, records: 0, examples: [] };
      known.records += 1;
      if (recordId !== null && known.examples.length < EXAMPLES_MAX) known.examples.push(recordId);
      this.problems.set(key, known);
    }
    for (const { field, reason } of holds)
      count(this.holds, field === null ? reason : `${reason} of ${field}`);
    for (const { side } of excluded) count(this.excluded, side);
  }

  #addWrite(write: WouldWrite, records: readonly RecordNow[]): void {
    const { side, kind, recordId, natives } = write;
    const key = `${side} ${kind}`;
    const tally = this.writes.get(key) ?? { side, kind, records: 0, fields: {}, examples: [] };
    this.writes.set(key, tally);
    tally.records += 1;
    const now = records.find((record) => record.side === side)?.natives;
    const changes = [...natives].map(([field, after]): WouldChange => {
      tally.fields[field] = (tally.fields[field] ?? 0) + 1;
      return recordId === null ? { field, after } : { field, before: now?.get(field) ?? null, after };
    });
    if (tally.examples.length < EXAMPLES_MAX) tally.examples.push({ recordId, changes });
  }
}

export function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

/** Requests that the writes would take where the system takes as many in one as its card says; `factor` scales a sample. */
export function callsFor(
  tally: Tally,
  cards: ReadonlyMap<string, CapabilityCard>,
  model: SyncModel,
  factor: number,
): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { name } of model.sides) {
    const perCall = cards.get(name)?.writeBatchMax ?? 1;
    const writes = [...tally.writes.values()].filter(({ side }) => side === name);
    const sum = writes.reduce((total, { records }) => total + Math.ceil((records * factor) / perCall), 0);
    if (sum > 0) calls.set(name, sum);
  }
  return calls;
}

/** Simulated systems: records that people make, edit, hide and delete, and that writes change when they arrive. */
import type { SentWrite } from '../../src/engine/acknowledge.ts';
import type { FieldLens, SideModel, SyncModel } from '../../src/engine/model.ts';
import { standInOf } from '../../src/engine/plan.ts';
import { sameValue, type Value, type Values } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import type { Ledger } from './engine-ledger.ts';

/** Per field the number of the edit that put its value there: that of a person, or `OURS`, or `BLANK`. */
export type Edits = Readonly<Record<string, number>>;

/** We wrote the value. */
export const OURS = 0;
/** Nobody said anything about the field when the record was made. */
export const BLANK = -1;

export interface SimulatedRecord {
  readonly id: string;
  readonly isOurs: boolean;
  version: string;
  isHidden: boolean;
  values: Values;
  edits: Edits;
}

export interface Look {
  readonly side: SideModel;
  readonly readBeganMs: number;
  readonly found: readonly Readonly<SimulatedRecord>[];
  readonly hidden: readonly string[];
  readonly all: readonly string[];
}

/** An answer tells the version and the values together, or neither. */
export interface Answer {
  readonly recordId: string;
  readonly version: string | null;
  readonly returned: Values | null;
  readonly edits: Edits;
}

export class SimulatedSides {
  readonly broken: string[] = [];
  readonly #ledger: Ledger;
  /** A write is refused where the record has changed since its version. */
  readonly conditionalWrite: boolean;
  readonly #records: ReadonlyMap<string, Map<string, SimulatedRecord>>;
  #count = 0;

  constructor(model: SyncModel, ledger: Ledger, conditionalWrite: boolean) {
    this.#ledger = ledger;
    this.conditionalWrite = conditionalWrite;
    this.#records = new Map(model.sides.map((side) => [side.name, new Map()]));
  }

  record(side: string, id: string): SimulatedRecord | undefined {
    return this.#at(side).get(id);
  }

  /** A person makes a record, which says something about every field of the side. */
  enter(side: SideModel, given: Values, nowMs: number): void {
    const values = Object.fromEntries(side.lenses.map(({ field: { name } }) => [name, given[name] ?? null]));
    for (const [name, value] of Object.entries(values)) this.#ledger.entered(name, value, null, nowMs);
    const [id, version] = [this.#next('r'), this.#next('w')];
    const edits = Object.fromEntries(side.lenses.map(({ field }) => [field.name, this.#count]));
    this.#at(side.name).set(id, { id, isOurs: false, version, isHidden: false, values, edits });
  }

  /** A record of new values, or of none, where the side has no record yet. */
  enterFresh(side: SideModel, isEmpty: boolean, nowMs: number): void {
    if (this.#at(side.name).size > 0) return;
    const fresh = ({ field: { type } }: FieldLens): Value =>
      type.kind === 'set' ? [this.#next('e')] : this.#next('v');
    const values: Record<string, Value> = {};
    for (const lens of side.lenses) values[lens.field.name] = isEmpty ? null : fresh(lens);
    this.enter(side, values, nowMs);
  }

  edit(side: SideModel, lensNo: number, pick: number, nowMs: number): void {
    const [record] = this.#at(side.name).values();
    const lens = side.lenses[lensNo % Math.max(1, side.lenses.length)];
    if (record === undefined || lens === undefined) return;
    const { name, type } = lens.field;
    const before = record.values[name] ?? null;
    const value = type.kind === 'set' ? this.#changedSet(before, pick) : this.#changedText(name, pick);
    if (sameValue(before, value)) return;
    // What stands in for a missing value stands for golden's null.
    this.#ledger.entered(name, value, before === lens.whenMissing ? null : before, nowMs);
    record.values = { ...record.values, [name]: value };
    record.version = this.#next('w');
    record.edits = { ...record.edits, [name]: this.#count };
  }

  remove(side: SideModel): void {
    const [record] = this.#at(side.name).values();
    if (record === undefined) return;
    this.#at(side.name).delete(record.id);
    this.#ledger.removals += 1;
  }

  /** Hides the records of the side where `hides` says so and they are not hidden yet; shows them otherwise. */
  hide(side: SideModel, hides: boolean): void {
    for (const record of this.#at(side.name).values()) record.isHidden = hides && !record.isHidden;
  }

  look(side: SideModel, readBeganMs: number): Look {
    const records = [...this.#at(side.name).values()];
    return {
      side,
      readBeganMs,
      found: records.filter((record) => !record.isHidden).map((record) => ({ ...record })),
      hidden: records.filter((record) => record.isHidden).map((record) => record.id),
      all: records.map((record) => record.id),
    };
  }

  /** A write arrives. Null when the side refuses it because its record has changed or is gone. */
  execute(
    side: SideModel,
    write: Required<SentWrite>,
    recordId: string | null,
    tellsAll: boolean,
  ): Answer | null {
    if (write.kind === 'create') return this.#create(side, write.body, tellsAll);
    const record = this.#at(side.name).get(recordId ?? '');
    if (record === undefined) return null;
    if (this.conditionalWrite && record.version !== write.sentAgainst.version) return null;
    if (write.kind === 'delete') {
      this.#at(side.name).delete(record.id);
      return { recordId: record.id, version: null, returned: null, edits: {} };
    }
    if (this.conditionalWrite) this.#checkReplaced(side, record, write.body);
    record.values = { ...record.values, ...write.body };
    record.edits = {
      ...record.edits,
      ...Object.fromEntries(Object.keys(write.body).map((name) => [name, OURS])),
    };
    record.version = this.#next('w');
    return answerOf(record, tellsAll);
  }

  #create(side: SideModel, body: Values, tellsAll: boolean): Answer {
    const made = side.lenses.map((lens) => ({ name: lens.field.name, standIn: standInOf(lens, body) }));
    const record: SimulatedRecord = {
      id: this.#next('r'),
      isOurs: true,
      version: this.#next('w'),
      isHidden: false,
      values: Object.fromEntries(made.map(({ name, standIn }) => [name, standIn ?? body[name] ?? null])),
      edits: Object.fromEntries(
        made.map(({ name, standIn }) => [name, name in body || standIn !== undefined ? OURS : BLANK]),
      ),
    };
    this.#at(side.name).set(record.id, record);
    const created = [...this.#at(side.name).values()].filter((known) => known.isOurs);
    if (created.length > 1) this.broken.push(`${side.name} holds two records that we created`);
    return answerOf(record, tellsAll);
  }

  #checkReplaced(side: SideModel, record: SimulatedRecord, body: Values): void {
    for (const name of Object.keys(body)) {
      const lens = side.lensOf.get(name);
      const isNobodys = lens?.direction === 'out' || record.values[name] === lens?.whenMissing;
      if (isNobodys || this.#ledger.isAccountedFor(name, record.values[name] ?? null)) continue;
      this.broken.push(`a value at ${side.name}.${name} was overwritten unaccounted`);
    }
  }

  #changedSet(before: Value, pick: number): Value {
    const elements = Array.isArray(before) ? (before as readonly string[]) : [];
    if (pick % 2 === 0 && elements.length > 0) return elements.slice(1);
    return [...elements, this.#next('e')].toSorted();
  }

  /** Mostly a new value; sometimes none, or one that somebody used before. */
  #changedText(field: string, pick: number): Value {
    if (pick === 6) return null;
    if (pick < 7) return this.#next('v');
    const used = this.#ledger.valuesOf(field);
    return used[(this.#count * pick) % Math.max(1, used.length)] ?? null;
  }

  #at(side: string): Map<string, SimulatedRecord> {
    return must(this.#records.get(side), 'every side holds records');
  }

  #next(prefix: string): string {
    this.#count += 1;
    return `${prefix}${String(this.#count)}`;
  }
}

function answerOf({ id, version, values, edits }: SimulatedRecord, tellsAll: boolean): Answer {
  return { recordId: id, version: tellsAll ? version : null, returned: tellsAll ? values : null, edits };
}

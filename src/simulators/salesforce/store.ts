/** The records of one org, with an index over the fields that records are looked up by. */
import { prefixOf } from './ids.ts';
import { idOf, textOf, type SfRecord, type SfValue } from './record.ts';
import type { Field, Schema, SObject } from './schema.ts';

const NONE: ReadonlySet<string> = new Set();

export class RecordStore {
  readonly #schema: Schema;
  readonly #tables = new Map<string, Map<string, SfRecord>>();
  /** `object.field`, then the compared value, then the ids of the records that are not deleted. */
  readonly #index = new Map<string, Map<string, Set<string>>>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** The record, whether deleted or not. */
  get(id: SfValue): SfRecord | null {
    const object = typeof id === 'string' ? this.#schema.objectOfPrefix(prefixOf(id)) : null;
    return object === null ? null : (this.#table(object.name).get(textOf(id)) ?? null);
  }

  /** Every record of the object in the order of their creation, deleted ones included. */
  all(object: string): Iterable<SfRecord> {
    return this.#table(object).values();
  }

  put(object: SObject, record: SfRecord): void {
    const id = idOf(record);
    const table = this.#table(object.name);
    this.#unindex(object, table.get(id));
    table.set(id, record);
    if (record['IsDeleted'] === true) return;
    for (const field of indexed(object)) {
      const value = record[field.name] ?? null;
      if (value === null) continue;
      const values = this.#values(object.name, field.name);
      const key = comparable(field, value);
      const ids = values.get(key);
      if (ids === undefined) values.set(key, new Set([id]));
      else ids.add(id);
    }
  }

  remove(object: SObject, id: string): void {
    const table = this.#table(object.name);
    this.#unindex(object, table.get(id));
    table.delete(id);
  }

  /** The ids of the records that are not deleted and hold this value. The field must be one that is looked up by. */
  find(object: SObject, field: Field, value: SfValue): ReadonlySet<string> {
    return this.#values(object.name, field.name).get(comparable(field, value)) ?? NONE;
  }

  /** Makes the index fit the object's fields again, after they were changed. */
  reindex(object: SObject): void {
    for (const field of object.fields) this.#index.delete(`${object.name}.${field.name}`);
    for (const record of this.all(object.name)) this.put(object, record);
  }

  #unindex(object: SObject, record: SfRecord | undefined): void {
    if (record === undefined) return;
    for (const field of indexed(object)) {
      const value = record[field.name] ?? null;
      if (value !== null)
        this.#values(object.name, field.name).get(comparable(field, value))?.delete(idOf(record));
    }
  }

  #table(object: string): Map<string, SfRecord> {
    const existing = this.#tables.get(object);
    if (existing !== undefined) return existing;
    const created = new Map<string, SfRecord>();
    this.#tables.set(object, created);
    return created;
  }

  #values(object: string, field: string): Map<string, Set<string>> {
    const key = `${object}.${field}`;
    const existing = this.#index.get(key);
    if (existing !== undefined) return existing;
    const created = new Map<string, Set<string>>();
    this.#index.set(key, created);
    return created;
  }
}

function indexed(object: SObject): readonly Field[] {
  return object.fields.filter((field) => isLookedUpBy(field));
}

/** Whether records can be found by this field's value: unique fields, external ids and the like. */
export function isLookedUpBy(field: Field): boolean {
  return field.name !== 'Id' && field.formula === null && (field.idLookup || field.unique);
}

/** Values are the same when these are: text without regard to case, unless the field says otherwise. */
export function comparable(field: Field, value: SfValue): string {
  return field.caseSensitive ? textOf(value) : textOf(value).toLowerCase();
}

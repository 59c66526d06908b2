/** What reading, following and writing need to know about a collection; parties and all other models differ here. */
import type { FieldDescription, SystemRecord, WriteRequest } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Asking } from './client.ts';

/** A record as read, with what a write to it must know. */
export interface TrytonRecord {
  readonly id: number;
  readonly record: SystemRecord;
  /** The record's own row, as Tryton names it in `_timestamp`: `model,id`. */
  readonly row: string;
  /** `model,id` → Tryton's `_timestamp`, for every row that the version covers. */
  readonly timestamps: ReadonlyMap<string, string>;
  /** Which row of another model holds a part of the record: `email` → id of the contact mechanism. */
  readonly parts: ReadonlyMap<string, number>;
  /** The user who wrote the record's own row last. */
  readonly lastWriterId: number | null;
}

/** A model whose rows make up the collection's records. */
export interface Feed {
  readonly model: string;
  /** The field that leads from its row to the record; null for the record's own model. */
  readonly owner: string | null;
}

/** Ids of what values name by a code: a country, a subdivision, a language. */
export interface References {
  idOf(kind: ReferenceKind, code: string): number | undefined;
}

export type ReferenceKind = 'country' | 'subdivision' | 'language';

export interface Collection {
  readonly name: string;
  readonly fields: readonly FieldDescription[];
  readonly feeds: readonly Feed[];
  /** Whether the model has inactive records, which Tryton hides unless they are asked for. */
  readonly hasActive: boolean;
  /** What `search_read` must be asked for to decode these fields, the version and the timestamps. */
  columns(fields: readonly string[]): readonly string[];
  decode(row: JsonObject, fields: readonly string[]): TrytonRecord;
  /** A search domain that finds every record whose field equals one of the values, perhaps among others. */
  domain(field: string, values: readonly NativeValue[]): readonly Json[];
  /** Which of those records really hold one of the values in this field. */
  holds(record: SystemRecord, field: string, values: readonly NativeValue[]): boolean;
  /** Looks up in Tryton what the requests name by code, in one call per kind. */
  resolve(client: Asking, requests: readonly WriteRequest[]): Promise<References>;
  /** What `create` takes. Throws a failure of kind `invalid` for a value that cannot be written. */
  createValues(fields: WriteRequest['fields'], references: References): JsonObject;
  /** What `write` takes to set these fields and no others; empty when there is nothing to do. */
  updateValues(fields: WriteRequest['fields'], current: TrytonRecord, references: References): JsonObject;
}

export const NO_REFERENCES: References = { idOf: () => undefined };

/** Seconds with their fraction, as `_timestamp` has them, in microseconds. */
export function timestampMicros(timestamp: string): number {
  const [seconds = '', fraction = ''] = timestamp.split('.');
  return Number(seconds) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

export function timestampMs(timestamp: string): number {
  return Math.floor(timestampMicros(timestamp) / 1_000);
}

/** SQLite keeps whole seconds, so that two changes within one have the same time. */
export function isPrecise(timestamp: string): boolean {
  return timestampMicros(timestamp) % 1_000_000 !== 0;
}

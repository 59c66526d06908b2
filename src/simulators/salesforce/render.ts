/** Records as JSON shows them. */
import { idOf, type SfRecord, type SfValue } from './record.ts';
import type { Field, SObject } from './schema.ts';
import { jsonDateTime } from './times.ts';
import type { Viewer } from './viewer.ts';

export type JsonRecord = Record<string, unknown>;

export function attributesOf(object: SObject, record: SfRecord, version: string): JsonRecord {
  return { type: object.name, url: `/services/data/v${version}/sobjects/${object.name}/${idOf(record)}` };
}

/** One field's value: addresses as an object of their parts, datetimes without the colon in the zone. */
export function jsonValue(viewer: Viewer, field: Field, record: SfRecord): unknown {
  if (field.type === 'address') return jsonAddress(field, record);
  return jsonScalar(field, viewer.org.valueOf(field, record));
}

export function jsonScalar(field: Field, value: SfValue): SfValue {
  return field.type === 'datetime' && typeof value === 'string' ? jsonDateTime(value) : value;
}

/** A whole record, or the named fields of it. */
export function jsonRecord(
  viewer: Viewer,
  object: SObject,
  record: SfRecord,
  version: string,
  fields: readonly Field[] = viewer.fields(object),
): JsonRecord {
  const shown: JsonRecord = { attributes: attributesOf(object, record, version) };
  for (const field of fields) shown[field.name] = jsonValue(viewer, field, record);
  return shown;
}

function jsonAddress(field: Field, record: SfRecord): JsonRecord | null {
  const parts = Object.entries(field.parts ?? {}).map(
    ([part, name]) => [camel(part), record[name] ?? null] as const,
  );
  if (parts.every(([, value]) => value === null)) return null;
  return { ...Object.fromEntries(parts), geocodeAccuracy: null, latitude: null, longitude: null };
}

function camel(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
}

/** What a change event says of the record behind its header: values, and bitmaps of which fields they are. */
import { createHash } from 'node:crypto';

import { bitmapOf } from './bitmap.ts';
import type { EventField, EventSchema } from './event-schema.ts';
import type { NetChange } from './net-changes.ts';
import type { SfRecord, SfValue } from './record.ts';
import type { Field } from './schema.ts';
import { msOf } from './times.ts';

export interface Content {
  readonly values: Readonly<Record<string, unknown>>;
  readonly changed: readonly string[];
  readonly nulled: readonly string[];
  readonly diffs: readonly string[];
}

/** A header without anything behind it. */
export const NOTHING: Content = { values: {}, changed: [], nulled: [], diffs: [] };
const DIFF_CHARACTERS_MIN = 1_000;

/** Everything for a new or restored record, the news of a changed one, nothing of a deleted one. */
export function contentOf(schema: EventSchema, change: NetChange): Content {
  switch (change.type) {
    case 'DELETE':
      return NOTHING;
    case 'CREATE':
    case 'UNDELETE':
      return { ...NOTHING, values: allValues(schema, change.after) };
    case 'UPDATE':
      return changedValues(schema, change.before ?? {}, change.after);
  }
}

function allValues(schema: EventSchema, record: SfRecord): Content['values'] {
  return Object.fromEntries(
    schema.fields.map(({ name, field, parts }) => [
      name,
      parts === null
        ? avroValue(field, record[name] ?? null)
        : compoundOf(field, parts, (source) => record[source] ?? null),
    ]),
  );
}

function changedValues(schema: EventSchema, before: SfRecord, after: SfRecord): Content {
  const values: Record<string, unknown> = {};
  const [changed, nulled, diffs]: [Marks, Marks, Marks] = [marks(), marks(), marks()];
  const isNews = (name: string): boolean =>
    (before[name] ?? null) !== (after[name] ?? null) || name === 'LastModifiedDate';
  for (const [position, { name, field, parts }] of schema.fields.entries()) {
    // The header has bit 0.
    const bit = position + 1;
    if (parts === null) {
      if (!isNews(name)) continue;
      const diff = diffOf(field, before[name] ?? null, after[name] ?? null);
      values[name] = diff ?? avroValue(field, after[name] ?? null);
      if (diff === null) changed.top.push(bit);
      else diffs.top.push(bit);
      if ((after[name] ?? null) === null) nulled.top.push(bit);
      continue;
    }
    const news = parts.map(({ source }, index) => ({ source, index })).filter(({ source }) => isNews(source));
    if (news.length === 0) continue;
    values[name] = compoundOf(field, parts, (source) => (isNews(source) ? (after[source] ?? null) : null));
    changed.inside.push(...inside(bit, news));
    nulled.inside.push(
      ...inside(
        bit,
        news.filter(({ source }) => (after[source] ?? null) === null),
      ),
    );
  }
  return { values, changed: listed(changed), nulled: listed(nulled), diffs: listed(diffs) };
}

interface Marks {
  readonly top: number[];
  readonly inside: string[];
}

function marks(): Marks {
  return { top: [], inside: [] };
}

function listed({ top, inside: nested }: Marks): readonly string[] {
  const bitmap = bitmapOf(top);
  return bitmap === null ? nested : [bitmap, ...nested];
}

function inside(bit: number, parts: readonly { readonly index: number }[]): readonly string[] {
  const bitmap = bitmapOf(parts.map(({ index }) => index));
  return bitmap === null ? [] : [`${String(bit)}-${bitmap}`];
}

/** Null when every part is empty. Fields of the Avro record that the org does not have stay empty. */
function compoundOf(
  field: Field,
  parts: NonNullable<EventField['parts']>,
  read: (source: string) => SfValue,
): Readonly<Record<string, SfValue>> | null {
  const values = Object.fromEntries(parts.map(({ name, source }) => [name, read(source)]));
  if (Object.values(values).every((value) => value === null)) return null;
  return field.type === 'address'
    ? { ...values, StateCode: null, CountryCode: null, GeocodeAccuracy: null }
    : values;
}

function avroValue(field: Field, value: SfValue): SfValue {
  const isMoment = field.type === 'date' || field.type === 'datetime';
  return isMoment && typeof value === 'string' ? msOf(value) : value;
}

/** A long text is told as its difference, with the hash of the whole, where that is shorter; otherwise null. */
function diffOf(field: Field, before: SfValue, after: SfValue): string | null {
  if (field.type !== 'textarea' || typeof before !== 'string' || typeof after !== 'string') return null;
  if (after.length < DIFF_CHARACTERS_MIN) return null;
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, fresh.length) && old[start] === fresh[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(old.length, fresh.length) - start && old.at(-1 - tail) === fresh.at(-1 - tail))
    tail += 1;
  const removed = old.slice(start, old.length - tail).map((line) => `-${line}`);
  const added = fresh.slice(start, fresh.length - tail).map((line) => `+${line}`);
  const place = `@@ -${String(start + 1)},${String(removed.length)} +${String(start + 1)},${String(added.length)} @@`;
  const hash = createHash('sha256').update(after).digest('hex');
  const diff = ['--- ', `+++ ${hash}`, place, ...removed, ...added].join('\n');
  return diff.length < after.length / 2 ? diff : null;
}

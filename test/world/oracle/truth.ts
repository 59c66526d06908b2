/** What really happened, read from the systems' own logs, never from Trueup's opinion of itself. */
import { InvalidValue, sameValue, type NativeValue, type Value } from '../../../src/engine/value.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { Entry, Fields } from '../records.ts';
import type { Judged } from './judged.ts';

interface Timeline {
  readonly order: number;
  readonly entries: readonly Entry[];
}

const timelines = new WeakMap<Judged, Timeline>();

/** Entries of all systems in the order in which they happened. */
export function timeline(world: Judged): readonly Entry[] {
  const known = timelines.get(world);
  if (known?.order === world.order) return known.entries;
  const entries = [...world.systems.values()]
    .flatMap(({ records }) => records.entries)
    .toSorted((left, right) => left.order - right.order);
  timelines.set(world, { order: world.order, entries });
  return entries;
}

export const TEXT_FIELDS = ['email', 'name', 'city'] as const;

/** The text fields that an entry set to something else, with what they held before. */
export function changedTexts(
  entry: Entry,
): readonly { readonly field: string; readonly before: string | null; readonly value: string }[] {
  return TEXT_FIELDS.flatMap((field) => {
    const before = textOf(entry.before, field);
    const value = textOf(entry.after, field);
    return value === null || value === before ? [] : [{ field, before, value }];
  });
}

/** The text fields that an entry took a value away from. */
export function replacedTexts(entry: Entry): readonly { readonly field: string; readonly value: string }[] {
  return TEXT_FIELDS.flatMap((field) => {
    const before = textOf(entry.before, field);
    return before === null || before === textOf(entry.after, field) ? [] : [{ field, value: before }];
  });
}

export function textOf(fields: Fields | null, field: string): string | null {
  const value = fields?.[field];
  return typeof value === 'string' ? value : null;
}

export function elementsOf(value: NativeValue | Value | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.filter((element): element is string => typeof element === 'string')
    : [];
}

/** What a journal entry says of golden values, field by field: what stood there, what stands there now, and by which rule. */
export function fieldsTold(body: Json): Readonly<Record<string, readonly [Json, Json, string]>> {
  const { fields = {} } = body as { readonly fields?: ReturnType<typeof fieldsTold> };
  return fields;
}

/** Whether the mapping can read every field of what the record holds: what it cannot read waits for a person. */
export function isReadable(world: Judged, side: string, fields: Fields): boolean {
  const lenses = world.model.sideOf.get(side)?.lenses ?? [];
  return lenses.every((lens) => !(lens.get(fields[lens.native] ?? null) instanceof InvalidValue));
}

/** As the engine compares: case does not count in `city`. */
export function isSame(field: string, left: Value | undefined, right: Value | undefined): boolean {
  if (field === 'city' && typeof left === 'string' && typeof right === 'string')
    return left.toLowerCase() === right.toLowerCase();
  return sameValue(left ?? null, right ?? null);
}

export function keyed(field: string, value: string): string {
  return `${field}=${field === 'city' ? value.toLowerCase() : value}`;
}

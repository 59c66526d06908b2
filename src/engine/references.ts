/**
 * References between things. The golden value of one is the identity it names, so that it means the same at every side; a
 * side's own value is the id of the record that stands for that identity there, or the name that the identity has there. What
 * has no translation is left out and named.
 */
import { matchText } from './match.ts';
import type { Place, ReferenceLens, SideModel, SyncDefinition } from './model.ts';
import type { Link } from './state.ts';
import { sameValue, type FieldType, type ReferenceType, type Value, type Values } from './value.ts';

/** A field at a side of some sync that names things of this one. */
export interface Referrer {
  readonly sync: string;
  readonly side: string;
  readonly field: string;
  /** The side of this sync that it names things at; empty where it names them as their golden records are named. */
  readonly at: string;
  /** The field of this sync by whose value it names them; absent where it does by record ids. */
  readonly by?: string;
}

/** The other name of what an id names; undefined while it has none. */
export type Translate = (lens: ReferenceLens, id: string) => string | undefined;

/** A record may be made without it. */
export function isLate(type: FieldType): type is ReferenceType {
  return type.kind === 'reference' && type.late === true;
}

/** The ids in a reference's value: one, any number of them, or none. */
export function idsIn(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** What is compared of what a record calls a thing: an id letter by letter, a name as names are matched. */
export function callOf({ by }: Pick<Place, 'by'>, called: string): string {
  return by === undefined ? called : matchText(called);
}

/** Whether two values call the same things. */
export function sameCall(
  { refersTo }: ReferenceLens,
  left: Value | undefined,
  right: Value | undefined,
): boolean {
  const calls = (value: Value | undefined): readonly string[] =>
    idsIn(value)
      .map((called) => callOf(refersTo, called))
      .toSorted();
  return sameValue(calls(left), calls(right));
}

/** Values of a record in which every reference that is known names an identity. */
export interface Read {
  readonly values: Values;
  /** What the side calls things that are not known, by field; absent where there are none. */
  readonly unread?: Values;
  /** What the record itself says, by reference; absent where the side has none. */
  readonly called?: Values;
}

/** From what the side calls things to identities. A reference to several things is read whole or not at all. */
export function readReferences(side: SideModel, values: Values, identityOf: Translate): Read {
  const { given, missing } = translated(side, values, identityOf);
  const called = Object.fromEntries(
    side.references.flatMap(({ field: { name } }) => {
      const value = values[name] ?? null;
      return idsIn(value).length === 0 ? [] : [[name, value] as const];
    }),
  );
  return Object.keys(missing).length === 0
    ? { values: given, called }
    : { values: given, unread: missing, called };
}

/**
 * The same beside what is known of the record: what it calls as before means what it meant before. Its thing may be called
 * otherwise by now, or be gone: then this record is behind, and nobody has edited it.
 */
export function asCalledBefore(
  side: SideModel,
  read: Read,
  known: Pick<Link, 'called' | 'accounted'> | undefined,
): Read {
  if (known?.called === undefined) return read;
  const values: Record<string, Value> = { ...read.values };
  const unread: Record<string, Value> = { ...read.unread };
  for (const lens of side.references) {
    const { name } = lens.field;
    const [called, accounted] = [known.called[name], known.accounted[name]];
    if (called === undefined || accounted === undefined || !sameCall(lens, called, read.called?.[name]))
      continue;
    values[name] = accounted;
    delete unread[name];
  }
  const { unread: _, ...rest } = read;
  return Object.keys(unread).length === 0 ? { ...rest, values } : { ...rest, values, unread };
}

/** A body as the side calls things, and what of it names something that is not there. */
export interface Written {
  readonly body: Values;
  /** By field the identities that have no record, or no name, there. */
  readonly missing: Values;
}

/** From identities to what the side calls them. */
export function writeReferences(side: SideModel, body: Values, callNow: Translate): Written {
  const { given, missing } = translated(side, body, callNow);
  return { body: given, missing };
}

function translated(
  side: SideModel,
  values: Values,
  translate: Translate,
): { readonly given: Values; readonly missing: Values } {
  const present = side.references.filter((lens) => idsIn(values[lens.field.name]).length > 0);
  if (present.length === 0) return { given: values, missing: {} };
  const given: Record<string, Value> = { ...values };
  const missing: Record<string, Value> = {};
  for (const lens of present) {
    const { name } = lens.field;
    const value = values[name] ?? null;
    const ids = idsIn(value);
    const strange = ids.filter((id) => translate(lens, id) === undefined);
    if (strange.length === 0)
      given[name] = likewise(
        value,
        ids.flatMap((id) => translate(lens, id) ?? []),
      );
    else {
      delete given[name];
      missing[name] = likewise(value, strange);
    }
  }
  return { given, missing };
}

/** One or several as the value has them; several in the order that makes equal sets equal. */
export function likewise(value: Value, ids: readonly string[]): Value {
  return typeof value === 'string' ? (ids[0] ?? null) : [...new Set(ids)].toSorted();
}

/** Every field, at every side of any of the syncs, that names things of the one called `name`. */
export function referrersOf(name: string, definitions: readonly SyncDefinition[]): readonly Referrer[] {
  return definitions.flatMap(({ name: sync, fields, sides }) => {
    const referring = fields.flatMap(({ name: field, type }) =>
      type.kind === 'reference' && type.to === name ? [field] : [],
    );
    return sides.flatMap((side) =>
      side.fields.flatMap(({ field, refersTo: at, refersBy }): readonly Referrer[] => {
        if (at === undefined || !referring.includes(field)) return [];
        const referrer = { sync, side: side.name, field, at };
        return [refersBy === undefined ? referrer : { ...referrer, by: refersBy.field }];
      }),
    );
  });
}

/** The syncs with those that others refer to before these, as far as circles allow; otherwise in the given order. */
export function referredFirst<T extends { readonly definition: SyncDefinition }>(
  syncs: readonly T[],
): readonly T[] {
  const ordered = new Set<T>();
  const begun = new Set<T>();
  const visit = (sync: T): void => {
    if (begun.has(sync)) return;
    begun.add(sync);
    for (const { type } of sync.definition.fields) {
      const to =
        type.kind === 'reference' ? syncs.find(({ definition }) => definition.name === type.to) : undefined;
      if (to !== undefined) visit(to);
    }
    ordered.add(sync);
  };
  for (const sync of syncs) visit(sync);
  return [...ordered];
}

/**
 * References between things. The golden value of one is the identity it names, so that it means the same at every side; a
 * side's own value is the id of the record that stands for that identity there. What has no translation is left out and named.
 */
import type { ReferenceLens, SideModel, SyncDefinition } from './model.ts';
import type { FieldType, ReferenceType, Value, Values } from './value.ts';

/** A field at a side of some sync that names things of this one. */
export interface Referrer {
  readonly sync: string;
  readonly side: string;
  readonly field: string;
  /** The side of this sync that it names records of. */
  readonly at: string;
}

/** The other name of what an id names; undefined while it has none. */
export type Translate = (lens: ReferenceLens, id: string) => string | undefined;

/** A record may be made without it. */
export function isLate(type: FieldType): type is ReferenceType {
  return type.kind === 'reference' && type.late === true;
}

/** The ids in a reference's value: one, any number of them, or none. */
export function idsIn(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** Values of a record in which every reference that is known names an identity. */
export interface Read {
  readonly values: Values;
  /** The side's own ids that are not known, by field; absent where there are none. */
  readonly unread?: Values;
}

/** From the side's own ids to identities. A reference to several things is read whole or not at all. */
export function readReferences(side: SideModel, values: Values, identityOf: Translate): Read {
  const { given, missing } = translated(side, values, identityOf);
  return Object.keys(missing).length === 0 ? { values: given } : { values: given, unread: missing };
}

/** A body in the side's own ids, and what of it names something that has no record there. */
export interface Written {
  readonly body: Values;
  /** By field the identities without a record. */
  readonly missing: Values;
}

/** From identities to the side's own ids. */
export function writeReferences(side: SideModel, body: Values, recordOf: Translate): Written {
  const { given, missing } = translated(side, body, recordOf);
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
function likewise(value: Value, ids: readonly string[]): Value {
  return typeof value === 'string' ? (ids[0] ?? null) : [...new Set(ids)].toSorted();
}

/** Every field, at every side of any of the syncs, that names things of the one called `name`. */
export function referrersOf(name: string, definitions: readonly SyncDefinition[]): readonly Referrer[] {
  return definitions.flatMap(({ name: sync, fields, sides }) => {
    const referring = fields.flatMap(({ name: field, type }) =>
      type.kind === 'reference' && type.to === name ? [field] : [],
    );
    return sides.flatMap((side) =>
      side.fields.flatMap(({ field, refersTo: at }) =>
        at !== undefined && referring.includes(field) ? [{ sync, side: side.name, field, at }] : [],
      ),
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

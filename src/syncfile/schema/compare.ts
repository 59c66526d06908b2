/** Two descriptions of one collection, the approved one and the present one: what is different between them. */
import type { FieldDescription } from '../../connector/contract.ts';
import type { FieldType } from '../../engine/value.ts';
import { canonicalJson, type Json } from '../../lib/json.ts';

/** One difference. `before` and `now` are the field as it was and as it is. */
export type SchemaChange =
  | { readonly kind: 'added'; readonly now: FieldDescription }
  | { readonly kind: 'removed'; readonly before: FieldDescription; readonly perhaps: readonly Rename[] }
  /** The system itself says that it is the same field. */
  | { readonly kind: 'renamed'; readonly before: FieldDescription; readonly now: FieldDescription }
  | ({
      readonly kind:
        | 'type'
        | 'options'
        | 'narrower'
        | 'wider'
        | 'required'
        | 'optional'
        | 'readOnly'
        | 'writable'
        | 'unique'
        | 'notUnique';
    } & Both);

interface Both {
  readonly before: FieldDescription;
  readonly now: FieldDescription;
}

/** A field that may be a removed one under another name, and what speaks for it in words. */
export interface Rename {
  readonly to: string;
  readonly because: string;
}

/** How many records hold the same value in a removed field and in a new one, by the one name and the other. */
export type SameValues = ReadonlyMap<
  string,
  ReadonlyMap<string, { readonly same: number; readonly of: number }>
>;

const RECORDS_MIN = 5;
const SAME_SHARE_MIN = 0.9;
const NOTHING_COMPARED: SameValues = new Map();

/** In the order of the fields: those that were there first, then the new ones. */
export function compareSchemas(
  before: readonly FieldDescription[],
  now: readonly FieldDescription[],
  sameValues: SameValues = NOTHING_COMPARED,
): readonly SchemaChange[] {
  const presentOf = new Map(now.map((field) => [field.name, field]));
  const oldOf = new Map(before.map((field) => [field.name, field]));
  const added = now.filter(({ name }) => !oldOf.has(name));
  const renamed = new Set<string>();
  const changes: SchemaChange[] = [];
  for (const [position, old] of before.entries()) {
    const present = presentOf.get(old.name);
    if (present !== undefined) {
      changes.push(...fieldChanges(old, present));
      continue;
    }
    const same = added.find(({ id }) => id !== undefined && id === old.id);
    if (same === undefined) {
      const perhaps = renamesOf(old, position, added, now, sameValues.get(old.name));
      changes.push({ kind: 'removed', before: old, perhaps });
    } else {
      renamed.add(same.name);
      changes.push({ kind: 'renamed', before: old, now: same }, ...fieldChanges(old, same));
    }
  }
  for (const field of added) if (!renamed.has(field.name)) changes.push({ kind: 'added', now: field });
  return changes;
}

function renamesOf(
  old: FieldDescription,
  position: number,
  added: readonly FieldDescription[],
  now: readonly FieldDescription[],
  counts: ReadonlyMap<string, { readonly same: number; readonly of: number }> | undefined,
): readonly Rename[] {
  return added.flatMap((field): readonly Rename[] => {
    const count = counts?.get(field.name);
    if (count !== undefined && count.of >= RECORDS_MIN) {
      // Values speak louder than places: where they were compared and differ, it is another field.
      if (count.same < count.of * SAME_SHARE_MIN) return [];
      return [
        {
          to: field.name,
          because: `${String(count.same)} of ${String(count.of)} records hold the same value there`,
        },
      ];
    }
    const isThere = now.indexOf(field) === position && field.type.kind === old.type.kind;
    return isThere ? [{ to: field.name, because: 'it stands in the same place and has the same type' }] : [];
  });
}

function fieldChanges(before: FieldDescription, now: FieldDescription): readonly SchemaChange[] {
  const both = { before, now };
  const changes: SchemaChange[] = [];
  const [old, present] = [before.type, now.type];
  if (old.kind !== present.kind) changes.push({ kind: 'type', ...both });
  else {
    if (text(optionsOf(old)) !== text(optionsOf(present))) changes.push({ kind: 'options', ...both });
    const [was, is] = [roomOf(old), roomOf(present)];
    if (was !== is) changes.push({ kind: is < was ? 'narrower' : 'wider', ...both });
  }
  if (before.required !== now.required)
    changes.push({ kind: now.required ? 'required' : 'optional', ...both });
  if (before.readOnly !== now.readOnly)
    changes.push({ kind: now.readOnly ? 'readOnly' : 'writable', ...both });
  if (before.unique !== now.unique) changes.push({ kind: now.unique ? 'unique' : 'notUnique', ...both });
  return changes;
}

/** The words that a field may hold; null where it holds any. */
export function optionsOf(type: FieldType): readonly string[] | null {
  return type.kind === 'choice' || type.kind === 'set' ? (type.options ?? null) : null;
}

/** How much a field holds: characters of a text, decimals of a number. Endless where it says nothing. */
export function roomOf(type: FieldType): number {
  if (type.kind === 'text') return type.lengthMax ?? Infinity;
  return type.kind === 'decimal' ? (type.scaleMax ?? Infinity) : Infinity;
}

function text(options: readonly string[] | null): string {
  return JSON.stringify(options?.toSorted() ?? null);
}

/** Equal for descriptions that differ in nothing that could matter: titles and order are left out. */
export function schemaText(fields: readonly FieldDescription[]): string {
  const plain = fields
    .map(({ title: _title, ...field }) => field)
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return canonicalJson(plain as unknown as Json);
}

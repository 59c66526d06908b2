/** How much of what is known of a record another one holds, where no key tells whether the two are one. */
import type { FieldModel, SideModel } from './model.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** Alike in at least half of what is known: that one field is the same says little in the long run. */
export function sharesMost({ lenses }: SideModel, known: Values, found: Values): boolean {
  const filled = lenses.filter(({ field }) => !isEmpty(known[field.name]));
  const same = filled.filter(({ field }) => isAlike(field, known[field.name], found[field.name]));
  return same.length > 0 && 2 * same.length >= filled.length;
}

/** Alike in one field that has a value. */
export function sharesValue({ lenses }: SideModel, known: Values, found: Values): boolean {
  return lenses.some(
    ({ field }) => !isEmpty(known[field.name]) && isAlike(field, known[field.name], found[field.name]),
  );
}

/** Nothing that is known is different, as far as it can be read back. */
export function holdsAll({ lenses }: SideModel, known: Values, found: Values): boolean {
  return lenses.every(
    ({ field, isBlind }) =>
      isBlind || known[field.name] === undefined || field.same(known[field.name], found[field.name]),
  );
}

/** A set that somebody, or an automation, has added to is still the one that was known. */
function isAlike({ same }: FieldModel, known: Value | undefined, found: Value | undefined): boolean {
  if (!Array.isArray(known) || !Array.isArray(found) || known.length === 0) return same(known, found);
  return known.every((element) => found.includes(element));
}

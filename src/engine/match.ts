/** The search for the identity of a record that is not linked yet: exact keys, in the order the sync lists them. */
import type { SyncModel } from './model.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** What matching compares: wider than equality, for case, outer and doubled blanks never tell two things apart. */
export function matchText(value: Value | undefined): string {
  return isEmpty(value) ? '' : String(value).trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

/** Text that is equal exactly for records that match by the rule. Rules never share keys. */
export function matchKeys(model: SyncModel, values: Values): readonly string[] {
  const keys: string[] = [];
  for (const [index, rule] of model.match.entries()) {
    const parts: string[] = [];
    for (const name of rule) {
      const part = matchText(values[name]);
      // Two records without a value have nothing in common.
      if (part === '') break;
      parts.push(part);
    }
    if (parts.length === rule.length) keys.push(`${String(index)}:${JSON.stringify(parts)}`);
  }
  return keys;
}

/** Where the keys of a record lead. */
export type Match =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly identityId: string }
  | { readonly kind: 'several'; readonly identityIds: readonly string[] };

/** All keys of a record must lead to one identity; keys that lead to different ones are a question for a person. */
export function matchOf(keys: readonly string[], identityByKey: ReadonlyMap<string, string>): Match {
  const found = new Set<string>();
  for (const key of keys) {
    const identityId = identityByKey.get(key);
    if (identityId !== undefined) found.add(identityId);
  }
  const [first, ...more] = found;
  if (first === undefined) return { kind: 'none' };
  return more.length === 0
    ? { kind: 'one', identityId: first }
    : { kind: 'several', identityIds: [...found] };
}

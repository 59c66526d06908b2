/** The search for the identity of a record that is not linked yet: exact keys, in the order the sync lists them. */
import type { SyncModel } from './model.ts';
import type { Bundle } from './state.ts';
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

/** Those of the keys that go by what the record refers to: which they are may be known only after the record was linked. */
export function lateKeys(model: SyncModel, values: Values): readonly string[] {
  if (model.keyReferences.length === 0) return [];
  return matchKeys(model, values).filter((key) => {
    const rule = model.match[Number.parseInt(key, 10)] ?? [];
    return rule.some((name) => model.keyReferences.includes(name));
  });
}

/**
 * Whose the record is cannot be told before what it refers to is known: a rule goes by that, and the record has all else that it
 * asks for. Until then it stands for itself, alone, and nothing is made of it anywhere.
 */
export function awaitsKey(model: SyncModel, { identity: { golden }, links }: Bundle): boolean {
  if (model.keyReferences.length === 0) return false;
  const [only, ...others] = links;
  const unread = only?.unread;
  if (unread === undefined || others.length > 0) return false;
  const isOpen = (name: string): boolean => golden[name] === undefined && unread[name] !== undefined;
  return model.match.some(
    (rule) => rule.some(isOpen) && rule.every((name) => isOpen(name) || matchText(golden[name]) !== ''),
  );
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

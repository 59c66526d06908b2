/** Who may write a field, and who wins when two sides wrote it differently. Total and deterministic: always a named rule. */
import type { FieldPolicy } from './model.ts';
import { PERSON, type Rule } from './state.ts';
import { isEmpty, sameValue, type Value, type Values } from './value.ts';

/** A value someone put at a side, and when that must have been (store clock). */
export interface Contender {
  readonly side: string;
  readonly value: Value;
  readonly fromMs: number | null;
  readonly untilMs: number;
}

export type Verdict =
  | { readonly kind: 'take'; readonly rule: Rule; readonly value: Value }
  | { readonly kind: 'keep'; readonly rule: Rule }
  | { readonly kind: 'hold' };

/** The side that owns the field now, or null. Conditions look at the golden values as they stand. */
export function ownerOf(policy: FieldPolicy, golden: Values): string | null {
  for (const owner of policy.owners) {
    if (owner.when === undefined || golden[owner.when.field] === owner.when.equals) return owner.side;
  }
  return null;
}

/** Rules on a conflict: its owner first, then what a missing past allows, then the policy's own order. */
export function ruleOn(
  policy: FieldPolicy,
  golden: Values,
  current: Contender,
  incoming: Contender,
  base: Value | undefined,
): Verdict {
  if (ownerOf(policy, golden) === incoming.side) return take('owner', incoming.value);
  // Without a common past an empty field says nothing: whoever has a value fills the other.
  if (base === undefined && isEmpty(incoming.value)) return { kind: 'keep', rule: 'fill' };
  if (base === undefined && isEmpty(current.value)) return take('fill', incoming.value);
  return decide(policy, current, incoming, base);
}

/**
 * Rules on a conflict of a field that no side owns: `current` is golden, `incoming` was made without knowing it. `base`
 * is the value both grew from, or undefined when there was none.
 */
export function decide(
  policy: FieldPolicy,
  current: Contender,
  incoming: Contender,
  base: Value | undefined,
): Verdict {
  for (const resolver of policy.resolve) {
    switch (resolver.kind) {
      case 'latest':
        // Nobody saw the values apart before: one may be years older than the look that first showed it.
        if (base === undefined) break;
        if (incoming.fromMs !== null && current.untilMs <= incoming.fromMs)
          return take('latest', incoming.value);
        if (current.fromMs !== null && incoming.untilMs <= current.fromMs)
          return { kind: 'keep', rule: 'latest' };
        break;
      case 'priority': {
        const rank = rankOf(resolver.sides, incoming.side) - rankOf(resolver.sides, current.side);
        if (rank < 0) return take('priority', incoming.value);
        if (rank > 0) return { kind: 'keep', rule: 'priority' };
        break;
      }
      case 'fill':
        if (isEmpty(current.value)) return take('fill', incoming.value);
        if (isEmpty(incoming.value)) return { kind: 'keep', rule: 'fill' };
        break;
      case 'set': {
        const merged = mergeSets(base, current.value, incoming.value);
        return sameValue(merged, current.value) ? { kind: 'keep', rule: 'set' } : take('set', merged);
      }
      case 'hold':
        return { kind: 'hold' };
    }
  }
  return { kind: 'hold' };
}

/** Whether the policy lets `side` win over `other` by rank alone. */
export function outranks(policy: FieldPolicy, side: string, other: string): boolean {
  for (const resolver of policy.resolve) {
    if (resolver.kind === 'hold' || resolver.kind === 'set') return false;
    if (resolver.kind !== 'priority') continue;
    const rank = rankOf(resolver.sides, side) - rankOf(resolver.sides, other);
    if (rank !== 0) return rank < 0;
  }
  return false;
}

/** A person's ruling ranks above every side; a side the list does not name ranks below all that it names. */
function rankOf(sides: readonly string[], side: string): number {
  if (side === PERSON) return -1;
  const index = sides.indexOf(side);
  return index < 0 ? sides.length : index;
}

function take(rule: Rule, value: Value): Verdict {
  return { kind: 'take', rule, value };
}

/** Three-way by element: what either side added is in, what either side removed is out. */
export function mergeSets(base: Value | undefined, current: Value, incoming: Value): Value {
  const before = new Set(elementsOf(base ?? null));
  const arriving = new Set(elementsOf(incoming));
  const merged = new Set(elementsOf(current));
  for (const element of arriving) if (!before.has(element)) merged.add(element);
  for (const element of before) if (!arriving.has(element)) merged.delete(element);
  return [...merged].toSorted();
}

function elementsOf(value: Value): readonly string[] {
  return typeof value === 'object' && value !== null ? value : [];
}

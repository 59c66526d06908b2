/**
 * What other policies would have made of conflicts that were ruled on, as far as what was recorded of them tells it. A ruling knows
 * both values and where each came from, but neither the moments nor what both grew from.
 */
import type { FieldPolicy, SyncDefinition } from './model.ts';
import { ownerOf } from './policy.ts';
import { PERSON, type Rule } from './state.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** A recorded ruling on a conflict. */
export interface Ruling {
  readonly field: string;
  readonly rule: Rule;
  readonly winner: { readonly side: string; readonly value: Value };
  readonly loser: { readonly side: string; readonly value: Value };
}

/**
 * `asIs`: as it was ruled. `otherWins`: the value that lost would stand. `asked`: a person would have been asked. `byItself`: nobody
 * would have been, `winner` says which side's value would stand. `untold`: it goes by what was not recorded.
 */
export type Reruled =
  | { readonly kind: 'asIs' | 'otherWins' | 'asked' | 'untold' }
  | { readonly kind: 'byItself'; readonly side: string };

/** The policies of a field that an edit changes. */
export interface ChangedPolicy {
  readonly before: FieldPolicy;
  readonly after: FieldPolicy;
}

/** By field. A field that is new, or no more there, has ruled on nothing, or would on nothing. */
export function changedPolicies(
  before: SyncDefinition,
  after: SyncDefinition,
): ReadonlyMap<string, ChangedPolicy> {
  const old = new Map(before.fields.map(({ name, policy }) => [name, policy]));
  return new Map(
    after.fields.flatMap(({ name, policy }) => {
      const was = old.get(name);
      const isSame = was === undefined || JSON.stringify(was) === JSON.stringify(policy);
      return isSame ? [] : [[name, { before: was, after: policy }] as const];
    }),
  );
}

/** Rulings that no policy of a field makes: they stay whatever its policy is. */
const NOT_BY_POLICY: ReadonlySet<Rule> = new Set([
  'first',
  'edit',
  'editWins',
  'deleteWins',
  'dictionary',
  'merged',
  'person',
]);

/** What the policy of after would have made of a ruling by the one of before. */
export function reruled({ before, after }: ChangedPolicy, ruling: Ruling): Reruled {
  const { rule, winner, loser } = ruling;
  if (NOT_BY_POLICY.has(rule) || winner.side === PERSON) return { kind: 'asIs' };
  const wins = winnerBy(before, after, ruling);
  if (wins === 'untold') return { kind: 'untold' };
  if (wins === 'asked') return { kind: rule === 'hold' ? 'asIs' : 'asked' };
  const { side } = wins === 'winner' ? winner : loser;
  if (rule === 'hold') return { kind: 'byItself', side };
  return { kind: wins === 'winner' ? 'asIs' : 'otherWins' };
}

type Wins = 'winner' | 'loser' | 'asked' | 'untold';

function winnerBy(before: FieldPolicy, after: FieldPolicy, ruling: Ruling): Wins {
  const { rule, winner, loser } = ruling;
  // What the field that a condition looks at held then was not recorded with the ruling.
  if ([before, after].some(({ owners }) => owners.some(({ when }) => when !== undefined))) return 'untold';
  const owner = ownerOf(after, {});
  if (owner === winner.side) return 'winner';
  if (owner === loser.side) return 'loser';
  // Neither may write the field: what stood before the two of them is what would stand.
  if (owner !== null) return rule === 'notOwner' ? 'winner' : 'untold';
  const wins = byResolvers(before, after, ruling);
  // Whether whoever was refused had met a conflict was not recorded. Without one the edit would stand.
  return rule === 'notOwner' && wins !== 'loser' ? 'untold' : wins;
}

function byResolvers(before: FieldPolicy, after: FieldPolicy, { rule, winner, loser }: Ruling): Wins {
  // An empty value gives way where there is no common past, whatever the policy is.
  if (rule === 'fill') return 'winner';
  for (const resolver of after.resolve) {
    switch (resolver.kind) {
      case 'latest': {
        if (rule === 'latest') return 'winner';
        // Where it was asked first before, and something else ruled, it could not tell.
        if (!couldNotTell(before, rule)) return 'untold';
        break;
      }
      case 'priority': {
        const [one, other] = [rankOf(resolver.sides, winner.side), rankOf(resolver.sides, loser.side)];
        if (one !== other) return one < other ? 'winner' : 'loser';
        break;
      }
      case 'fill':
        if (isEmpty(winner.value) !== isEmpty(loser.value)) return isEmpty(loser.value) ? 'winner' : 'loser';
        break;
      case 'set':
        return rule === 'set' ? 'winner' : 'untold';
      case 'hold':
        return 'asked';
    }
  }
  return 'asked';
}

/** The policy of then tried the later edit before what ruled in the end. */
function couldNotTell({ owners, resolve }: FieldPolicy, rule: Rule): boolean {
  if (owners.length > 0) return false;
  const latest = resolve.findIndex(({ kind }) => kind === 'latest');
  const ruled = resolve.findIndex(({ kind }) => kind === rule);
  return latest >= 0 && (ruled < 0 || latest < ruled);
}

function rankOf(sides: readonly string[], side: string): number {
  const index = sides.indexOf(side);
  return index < 0 ? sides.length : index;
}

/**
 * An edit that met no conflict, of a side that would not have been let write the field: the owner; null where it would have been.
 * Undefined where an owner's condition goes by a golden value of then that is not known. `golden`: what is known of them.
 */
export function refusedBy(
  policies: ReadonlyMap<string, ChangedPolicy>,
  field: string,
  side: string,
  golden: Values,
): string | null | undefined {
  const { after } = policies.get(field) ?? {};
  if (after === undefined || side === PERSON) return null;
  // The first owner whose condition holds: the conditions before it must be known to fail.
  const place = after.owners.findIndex(
    ({ when }) => when === undefined || golden[when.field] === when.equals,
  );
  const asked = place < 0 ? after.owners : after.owners.slice(0, place);
  if (asked.some(({ when }) => when !== undefined && golden[when.field] === undefined)) return undefined;
  const owner = after.owners[place]?.side ?? null;
  return owner === side ? null : owner;
}

/** Why something is held, as a sentence, and what a person can choose. */
import type { HoldReason } from '../../engine/state.ts';
import { linkAt } from '../../engine/state.ts';
import type { Value, Values } from '../../engine/value.ts';
import type { StoredBundle } from '../../store/contract.ts';
import type { HoldRow } from '../../store/holds.ts';

const SENTENCES: Readonly<Record<HoldReason, (side: string, field: string) => string>> = {
  conflict: (side, field) =>
    `${field} was given different values at ${side} and elsewhere, neither having seen the other.`,
  editAgainstDelete: (side) => `The record was deleted at one side and edited at another (seen at ${side}).`,
  deletion: (side) => `The record was deleted at ${side}; deletes wait for a person here.`,
  returned: (side) => `A record that was deleted is there again at ${side}.`,
  merged: (side) =>
    `The record was merged into another one at ${side}, and what else stands for it cannot simply follow.`,
  oscillation: (side, field) =>
    `${field} goes back and forth between two values; something at ${side} keeps changing it.`,
  ambiguousMatch: (side) => `What was entered at ${side} makes it match more than one thing.`,
  duplicateRecord: (side) => `${side} has a second record of the same thing, or may have one.`,
  createOutcomeUnknown: (side) =>
    `A create at ${side} got no answer, and nothing there tells whether it happened.`,
  violation: (side, field) => `${field}, as entered at ${side}, breaks a rule of the data dictionary.`,
  massDelete: (side) => `Too many deletes at once at ${side}.`,
  massChange: (side) => `Too many changes at once at ${side}.`,
};

export function holdSentence({ reason, side, field, identityId, seen }: HoldRow): string {
  const sentence = SENTENCES[reason](side, field ?? 'the record');
  // Of a record that is nobody's yet, why it is not has been written down with the hold.
  const { message = '' } = identityId === null ? (seen as { readonly message?: string }) : {};
  return message === '' ? sentence : `${sentence.slice(0, -1)}: ${message}.`;
}

export interface HoldOption {
  readonly kind: 'take' | 'keep' | 'value' | 'delete' | 'revive' | 'belongs';
  readonly side: string | null;
  readonly value: Value;
  /** Of `belongs`: the record, at the side, of what it may belong to; null otherwise. */
  readonly recordId: string | null;
}

const ABOUT_DELETES: ReadonlySet<HoldReason> = new Set([
  'deletion',
  'editAgainstDelete',
  'merged',
  'returned',
]);

/**
 * What the keys of a record lead to, of which it may be the record at its side: each by a record of it, with what people would know
 * it by as the value.
 */
export function whoseOptions(
  { side }: HoldRow,
  things: readonly StoredBundle[],
  titleOfThing: (golden: Values) => string,
): readonly HoldOption[] {
  return things.flatMap((thing): readonly HoldOption[] => {
    const { tombstone, golden } = thing.identity;
    const link = thing.links.find(({ status }) => status === 'live');
    const isTaken = (linkAt(thing, side)?.status ?? 'gone') !== 'gone';
    if (tombstone !== null || isTaken || link === undefined) return [];
    return [{ kind: 'belongs', side: link.side, recordId: link.recordId, value: titleOfThing(golden) }];
  });
}

/** Every choice that `resolveHold` would take for this hold of a thing, with the value that would stand. */
export function holdOptions(hold: HoldRow, bundle: StoredBundle | undefined): readonly HoldOption[] {
  if (bundle === undefined) return [];
  const { field, reason } = hold;
  const whole = { side: null, value: null, recordId: null };
  if (field === null) {
    const revive: HoldOption = { ...whole, kind: 'revive' };
    const isDeletable = ABOUT_DELETES.has(reason) || bundle.identity.tombstone !== null;
    return isDeletable ? [{ ...whole, kind: 'delete' }, revive] : [revive];
  }
  const takes = bundle.links.flatMap((link): readonly HoldOption[] => {
    const value = linkAt(bundle, link.side)?.accounted[field];
    return value === undefined ? [] : [{ ...whole, kind: 'take', side: link.side, value }];
  });
  const keep: HoldOption = { ...whole, kind: 'keep', value: bundle.identity.golden[field] ?? null };
  return [...takes, keep, { ...whole, kind: 'value' }];
}

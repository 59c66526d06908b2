/** Carries out what a person decided about a hold: the decision, the closing of the hold and the new plan in one transaction. */
import { confirmDelete, dropQuestion, refuseDelete, ruleField } from '../engine/person.ts';
import type { Bundle, HoldReason, Outcome } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import type { Value, Values } from '../engine/value.ts';
import type { SyncTx } from '../store/contract.ts';
import type { HoldRow } from '../store/holds.ts';
import { Batch, changeBody } from './batch.ts';
import { linkForPerson } from './belongs.ts';
import { lookAgain } from './look-again.ts';
import { joinForPerson, JoinClash } from './merged-away.ts';
import type { SyncRuntime } from './runtime.ts';

export type HoldChoice =
  /** The value that this side holds shall stand. */
  | { readonly kind: 'take'; readonly side: string }
  /** The golden value shall stand. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'delete' }
  | { readonly kind: 'revive' }
  /** Of a record that is linked to nothing: it belongs to what this one stands for. */
  | { readonly kind: 'belongs'; readonly side: string; readonly recordId: string };

/** A choice that does not fit the hold, in a sentence for the person who made it. */
export class ChoiceRefused extends Error {
  override readonly name = 'ChoiceRefused';
}

/** Applies the choice, which closes every hold that it answers. */
export async function resolveHold(
  runtime: SyncRuntime,
  hold: HoldRow,
  choice: HoldChoice,
  by: string,
): Promise<void> {
  const { identityId } = hold;
  const wakened = await runtime.transaction(async (tx) => {
    if (identityId === null) return sayWhose(runtime, tx, hold, choice, by);
    const joined = await joinMerged(runtime, tx, { ...hold, identityId }, choice, by);
    if (joined !== null) return joined;
    const bundle = (await tx.lockBundles([identityId])).get(identityId);
    if (bundle === undefined) throw new ChoiceRefused('the identity of this hold no longer exists');
    const batch = new Batch(runtime, tx, { by, resolution: choice.kind });
    batch.load(bundle);
    const outcome = outcomeOf(runtime, bundle, hold, choice, tx.nowMs);
    const body = changeBody(outcome, { choice: choice.kind, by });
    batch.apply(outcome, { identityId, side: hold.side, recordId: hold.recordId, kind: 'decided', body });
    const sides = await batch.store();
    const isOpen = batch
      .get(identityId)
      ?.holds.some(({ field, reason }) => field === hold.field && reason === hold.reason);
    if (isOpen === true)
      throw new ChoiceRefused(
        'another record has the match keys of this one by now: merge the two in a system, or change one of them, and decide then',
      );
    if (hold.field === null) await lookAgain(tx, [outcome.bundle]);
    return sides;
  });
  for (const side of wakened) runtime.wakes.wake(`deliver ${side}`);
}

async function sayWhose(
  runtime: SyncRuntime,
  tx: SyncTx,
  { side, recordId }: HoldRow,
  choice: HoldChoice,
  by: string,
): Promise<ReadonlySet<string>> {
  if (choice.kind !== 'belongs' || recordId === null)
    throw new ChoiceRefused(
      'the record of this hold is linked to nothing: say whose it is (belongs), or correct its keys in the system',
    );
  const linked = await linkForPerson(runtime, tx, { side, recordId }, choice, by);
  if (typeof linked === 'string') throw new ChoiceRefused(linked);
  return linked;
}

/** A record that was merged into another goes the same way; null where that is no such hold, or no other to follow. */
async function joinMerged(
  runtime: SyncRuntime,
  tx: SyncTx,
  { identityId, reason, side, seen }: HoldRow & { readonly identityId: string },
  choice: HoldChoice,
  by: string,
): Promise<ReadonlySet<string> | null> {
  if (reason !== 'merged' || choice.kind !== 'delete') return null;
  const { mergedInto } = (seen as Readonly<Record<string, Values>>)[side] ?? {};
  const into = typeof mergedInto === 'string' ? mergedInto : '';
  const joined = await joinForPerson(runtime, tx, identityId, { side, into }, by).catch(refusedByClash);
  if (typeof joined === 'string') throw new ChoiceRefused(joined);
  return joined;
}

/** What a person is told who would make a third one of two things. */
export function refusedByClash(error: unknown): never {
  if (error instanceof JoinClash)
    throw new ChoiceRefused(`${error.message}: merge them there, or change one`);
  throw error;
}

const ABOUT_DELETES: ReadonlySet<HoldReason> = new Set([
  'deletion',
  'editAgainstDelete',
  'merged',
  'returned',
]);

function outcomeOf(
  runtime: SyncRuntime,
  bundle: Bundle,
  hold: HoldRow,
  choice: HoldChoice,
  nowMs: number,
): Outcome {
  if (hold.field !== null)
    return ruleField(bundle, hold.field, valueOf(runtime, bundle, hold.field, choice), nowMs);
  if (choice.kind === 'delete' && ABOUT_DELETES.has(hold.reason))
    return confirmDelete(bundle, seenOf(hold), nowMs);
  if (choice.kind === 'delete' && bundle.identity.tombstone !== null)
    return dropQuestion(bundle, hold.reason);
  if (choice.kind === 'revive' || choice.kind === 'keep') return refuseDelete(bundle, hold.reason);
  const choices = ABOUT_DELETES.has(hold.reason)
    ? 'delete or revive'
    : 'revive once the systems are in order';
  throw new ChoiceRefused(`this hold is about the record as a whole: choose ${choices}`);
}

/** The hold of an identity keeps per side what was seen there. */
function seenOf({ seen }: HoldRow): Readonly<Record<string, Values>> {
  return seen as unknown as Readonly<Record<string, Values>>;
}

function valueOf(runtime: SyncRuntime, bundle: Bundle, field: string, choice: HoldChoice): Value {
  switch (choice.kind) {
    case 'keep':
      return bundle.identity.golden[field] ?? null;
    case 'value':
      return choice.value;
    case 'take': {
      const value = linkAt(bundle, choice.side)?.accounted[field];
      if (value !== undefined) return value;
      const sides = runtime.model.sides.map((side) => side.name).join(', ');
      throw new ChoiceRefused(`side ${choice.side} holds no ${field} of this record; the sides are ${sides}`);
    }
    case 'delete':
    case 'revive':
    case 'belongs':
      throw new ChoiceRefused(`this hold is about the field ${field}: choose a side, keep, or a value`);
  }
}

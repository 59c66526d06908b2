/**
 * The three-way merge of one observation into its identity, field by field and by value. "Changed" means: differs from
 * what is accounted for at that side. The rows of the decision table are the branches of `mergeField`, in order.
 */
import { must } from '../lib/assert.ts';
import { MergeDraft } from './merge-draft.ts';
import { isRefused } from './merge-rules.ts';
import type { FieldLens, SyncModel } from './model.ts';
import { outranks, ownerOf, ruleOn, type Contender } from './policy.ts';
import type { Bundle, Edit, Identity, Link, Observation, Outcome } from './state.ts';
import { linkAt } from './state.ts';
import type { Value } from './value.ts';

/**
 * Accounts for everything the observation shows. Expects a live link at the observation's side (see `newLink`); the
 * caller has already refused observations older than `link.asOfMs`.
 */
export function mergeObservation(model: SyncModel, bundle: Bundle, seen: Observation): Outcome {
  const side = must(model.sideOf.get(seen.side), 'an observation names a side of its sync');
  const link = must(linkAt(bundle, seen.side), 'an observed record is linked');
  const draft = new MergeDraft(bundle, link, seen, model.rules);
  for (const lens of side.lenses) {
    const value = seen.values[lens.field.name];
    if (value !== undefined) mergeField(draft, lens, value);
  }
  return draft.outcome();
}

/** A record that is linked for the first time: nothing is accounted for yet, so nothing it holds can be "unchanged". */
export function newLink(side: string, recordId: string): Link {
  return {
    side,
    recordId,
    status: 'live',
    version: null,
    asOfMs: 0,
    lookedAtMs: null,
    accounted: {},
    agreed: {},
    sent: [],
  };
}

/** An identity about which nothing is known yet. */
export function newIdentity(id: string): Identity {
  return { id, seq: 0, golden: {}, edits: {}, tombstone: null };
}

function mergeField(draft: MergeDraft, lens: FieldLens, value: Value): void {
  const { field } = lens;
  const { name } = field;
  const base = draft.link.accounted[name];
  if (base !== undefined && field.same(value, base)) return;
  const golden = draft.golden[name];
  const edit = draft.edits[name];
  const landedSeq = draft.landedSeq(lens, value);
  if (landedSeq !== null) {
    // Golden may have moved and come back since: what counts is that the record holds it now.
    draft.account(name, value, edit !== undefined && field.same(value, golden) ? edit.seq : landedSeq);
    return;
  }
  if (draft.identity.tombstone !== null) {
    draft.hold({ field: null, reason: 'editAgainstDelete', seen: { [name]: value }, side: draft.seen.side });
    draft.leaveOpen();
    return;
  }
  const mayTake = lens.direction !== 'out' && (golden === undefined || mayWrite(draft, lens));
  if (mayTake && !field.same(value, golden) && isRefused(draft, lens, value)) return;
  if (golden === undefined || edit === undefined) {
    // What a side only receives is never learned from it: the value waits there to be replaced.
    if (lens.direction === 'out') draft.account(name, value, null);
    else draft.take(field, value, 'first', value);
  } else if (field.same(value, golden)) {
    draft.account(name, value, edit.seq);
    if (mayWrite(draft, lens))
      draft.endorse(name, edit, base, outranks(field.policy, draft.seen.side, edit.side));
  } else if (!mayWrite(draft, lens)) {
    if (draft.isResisting(name)) holdSwing(draft, lens, value, golden, edit);
    else {
      draft.decide(name, 'notOwner', { side: edit.side, value: golden }, draft.claim(value));
      draft.correct(name, value);
    }
  } else if (base !== undefined && edit.seq <= (draft.link.agreed[name] ?? 0)) {
    if (draft.swings(field, value)) holdSwing(draft, lens, value, golden, edit);
    else draft.take(field, value, 'edit', value);
  } else {
    mergeConflict(draft, lens, value, golden, edit, base);
  }
}

/** Two automations undo each other's work, or one of them ours: a person must say which of them is right. */
function holdSwing(draft: MergeDraft, { field }: FieldLens, value: Value, golden: Value, edit: Edit): void {
  const { name } = field;
  draft.decide(name, 'hold', { side: edit.side, value: golden }, draft.claim(value));
  draft.hold({ field: name, reason: 'oscillation', seen: { [name]: value }, side: draft.seen.side });
  draft.account(name, value, null);
}

/** Both sides moved, or nobody knows a common past. */
function mergeConflict(
  draft: MergeDraft,
  lens: FieldLens,
  value: Value,
  golden: Value,
  edit: Edit,
  base: Value | undefined,
): void {
  const { field } = lens;
  const { name } = field;
  const current: Contender = { side: edit.side, value: golden, fromMs: edit.fromMs, untilMs: edit.untilMs };
  const incoming = draft.contender(name, value, base);
  const verdict = ruleOn(field.policy, draft.identity.golden, current, incoming, base);
  const [theirs, ours] = [draft.claim(value), { side: edit.side, value: golden }];
  switch (verdict.kind) {
    case 'take':
      draft.decide(name, verdict.rule, { side: theirs.side, value: verdict.value }, ours);
      draft.take(field, value, verdict.rule, verdict.value);
      break;
    case 'keep':
      draft.decide(name, verdict.rule, ours, theirs);
      draft.account(name, value, null);
      break;
    case 'hold':
      draft.decide(name, 'hold', ours, theirs);
      draft.hold({ field: name, reason: 'conflict', seen: { [name]: value }, side: theirs.side });
      draft.account(name, value, null);
      break;
  }
}

/** What an owner has not spoken about yet is open to all; otherwise the first to be read would be the owner meanwhile. */
function mayWrite(draft: MergeDraft, { field, direction }: FieldLens): boolean {
  if (direction === 'out') return false;
  const owner = ownerOf(field.policy, draft.identity.golden);
  return owner === null || owner === draft.seen.side || !draft.hasSpoken(owner, field.name);
}

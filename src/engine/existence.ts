/** Merges what is known about a record being there at all. A delete needs evidence and a common past; absence proves nothing. */
import { withHolds, withoutUnread } from './merge-draft.ts';
import { newLink } from './merge.ts';
import type { SyncModel } from './model.ts';
import type {
  Bundle,
  Decision,
  DeleteEvidence,
  Link,
  NewHold,
  Observation,
  OpenHold,
  Outcome,
  Rule,
} from './state.ts';
import { linkAt, unansweredAt } from './state.ts';
import type { Values } from './value.ts';

/** The record was deleted at `side`, by evidence. Decides whether that is a delete of the identity. */
export function mergeDelete(
  model: SyncModel,
  bundle: Bundle,
  side: string,
  evidence: DeleteEvidence,
  nowMs: number,
): Outcome {
  const link = linkAt(bundle, side);
  if (link === undefined) return unchanged(bundle);
  if (link.status === 'gone') return unchanged(goneAgain(bundle, link, nowMs));
  if (link.status === 'returned') return unchanged(leftAgain(bundle, link, nowMs));
  const { tombstone } = bundle.identity;
  // A delete of ours that a person refused too late is nobody's wish: the plan creates the record again.
  const isOurs =
    unansweredAt(bundle, side)?.kind === 'delete' || link.sent.some((sent) => sent.deletes === true);
  if (tombstone === null && isOurs) return unchanged(withoutLink(bundle, side));
  const gone = withLink(bundle, { ...withoutUnread(link), status: 'gone', asOfMs: nowMs });
  if (bundle.holds.some(isMergedAway)) return unchanged(mergedAwayToo(gone, link, evidence, nowMs));
  const hasPast = Object.keys(link.accounted).length > 0;
  const counts = model.deletes.mode !== 'ignore' && model.deletes.from.includes(side);
  if (!hasPast || !counts || tombstone !== null) return unchanged(gone);
  if (model.deletes.mode === 'hold') return held(gone, { field: null, reason: 'deletion', seen: {}, side });
  const edited = editedElsewhere(model, bundle, link);
  if (edited.length > 0 && model.deletes.againstEdit === 'hold') {
    return held(gone, { field: null, reason: 'editAgainstDelete', seen: {}, side });
  }
  if (edited.length > 0 && model.deletes.againstEdit === 'editWins') {
    // Without a link here the plan creates the record again.
    return { ...unchanged(withoutLink(bundle, side)), decisions: rulings(bundle, edited, side, 'editWins') };
  }
  const buried = { ...gone.identity, tombstone: { side, recordId: link.recordId, atMs: nowMs, evidence } };
  return {
    ...unchanged({ ...gone, identity: buried }),
    decisions: rulings(bundle, edited, side, 'deleteWins'),
  };
}

/**
 * The record was deleted at `side`, and another one of the thing is there to take its place: the place is free, and nothing is
 * concluded of the delete. The bundle itself where there is nothing to leave, or a person is asked about it already.
 */
export function leavePlace(bundle: Bundle, side: string, nowMs: number): Bundle {
  const link = linkAt(bundle, side);
  const isThere = link?.status === 'live' || link?.status === 'hidden';
  if (!isThere || bundle.identity.tombstone !== null || bundle.holds.some(isMergedAway)) return bundle;
  return withLink(bundle, { ...withoutUnread(link), status: 'gone', asOfMs: nowMs });
}

/** The hold of an identity of which a record was merged into another one's. */
export function isMergedAway({ field, reason }: OpenHold): boolean {
  return field === null && reason === 'merged';
}

/** What becomes of its records is being asked; without any of them there is nothing left to ask. */
function mergedAwayToo(
  gone: Bundle,
  { side, recordId }: Link,
  evidence: DeleteEvidence,
  atMs: number,
): Bundle {
  if (gone.links.some(({ status }) => status !== 'gone')) return gone;
  const identity = { ...gone.identity, tombstone: { side, recordId, atMs, evidence } };
  return { ...gone, identity, holds: gone.holds.filter((hold) => !isMergedAway(hold)) };
}

/** It was there again as one that could not be read, and told nothing. */
function goneAgain(bundle: Bundle, link: Link, nowMs: number): Bundle {
  return link.isUnreadable === true ? withLink(bundle, { ...withoutUnread(link), asOfMs: nowMs }) : bundle;
}

/** A record that had come back is gone once more: there is nothing left to decide about it. */
function leftAgain(bundle: Bundle, link: Link, nowMs: number): Bundle {
  const gone = withLink(bundle, { ...link, status: 'gone', asOfMs: nowMs });
  const isAnother = gone.links.some(({ status }) => status === 'returned');
  return isAnother ? gone : { ...gone, holds: gone.holds.filter(({ reason }) => reason !== 'returned') };
}

/** Per edited field who won: the side that edited it, or the one that deleted the record. */
export function rulings(
  bundle: Bundle,
  fields: readonly string[],
  side: string,
  rule: Rule,
): readonly Decision[] {
  const { golden, edits } = bundle.identity;
  return fields.map((field) => {
    const edit = { side: edits[field]?.side ?? side, value: golden[field] ?? null };
    const deletion = { side, value: null };
    const [winner, loser] = rule === 'editWins' ? [edit, deletion] : [deletion, edit];
    return { field, rule, winner, loser };
  });
}

/** The record can no longer be seen at `side`: writes to it stop, and nothing else is concluded. */
export function mergeHidden(bundle: Bundle, side: string, nowMs: number): Outcome {
  const link = linkAt(bundle, side);
  if (link?.status !== 'live') return unchanged(bundle);
  return unchanged(withLink(bundle, { ...link, status: 'hidden', asOfMs: nowMs }));
}

/** The record is there, and what it holds cannot be read: nothing is sent to it, and nothing else is concluded. */
export function mergeUnreadable(bundle: Bundle, side: string, nowMs: number): Bundle {
  const link = linkAt(bundle, side);
  if (link === undefined) return bundle;
  return withLink(bundle, { ...link, version: null, isUnreadable: true, asOfMs: nowMs });
}

/**
 * The record is seen at `side` again after it was hidden or gone. True to the tombstone, a deleted identity does not
 * come back by itself: a person decides. Otherwise the link lives again and its values merge as any others.
 */
export function mergeReturn(bundle: Bundle, seen: Observation): Outcome {
  const { side, version, readBeganMs, readEndedMs, values } = seen;
  const known = linkAt(bundle, side);
  if (known === undefined || known.status === 'live') return unchanged(bundle);
  // It may be another record under the same id: what it says nothing about is not what the one before held.
  const link = known.status === 'gone' ? { ...known, ...saidOf(known, values) } : known;
  if (link.status !== 'hidden' && bundle.identity.tombstone !== null) {
    // Should a person say that it is to be deleted, nothing about it stands in the way of that: it has been read.
    const read = withoutUnread(link);
    // A read that began before this one ended may show it gone still; of what had come back before, and is told by no version, every
    // read would ask for another one.
    const asOfMs = link.status === 'returned' && version === null ? readBeganMs : readEndedMs;
    const returned = withLink(bundle, { ...read, status: 'returned', version, asOfMs, lookedAtMs: null });
    return held(returned, { field: null, reason: 'returned', seen: values, side });
  }
  // What was edited there meanwhile was edited at any time since the record was last really looked at.
  return unchanged(withLink(bundle, { ...link, status: 'live', lookedAtMs: null }));
}

/** What is known of a record. */
type Held = Pick<Link, 'accounted' | 'agreed'>;

function saidOf({ accounted, agreed }: Held, values: Values): Held {
  const said = <T>(of: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(of).filter(([name]) => values[name] !== undefined));
  return { accounted: said(accounted), agreed: said(agreed) };
}

/** Fields whose edit at another side was golden before this record, now deleted, had received it. */
export function editedElsewhere(model: SyncModel, bundle: Bundle, link: Link): readonly string[] {
  const { golden, edits } = bundle.identity;
  const lenses = model.sideOf.get(link.side)?.lenses ?? [];
  const edited = lenses.filter(({ field, direction }) => {
    const edit = edits[field.name];
    // What the record is never sent, or held already, was nothing that it still had to receive.
    if (direction === 'in' || edit === undefined || edit.side === link.side) return false;
    const isBehind = edit.seq > (link.agreed[field.name] ?? 0);
    return isBehind && !field.same(golden[field.name], link.accounted[field.name]);
  });
  return edited.map(({ field }) => field.name);
}

/** The bundle with this link as the one of its side. */
export function withLink(bundle: Bundle, link: Link): Bundle {
  const others = bundle.links.filter((other) => other.side !== link.side);
  return { ...bundle, links: [...others, link] };
}

/**
 * The bundle with a record that was found at the side. `sent`: what of it is no news, because it came from us. Nothing older than
 * `asOfMs` may tell what it holds.
 */
export function linkFound(
  bundle: Bundle,
  side: string,
  recordId: string,
  sent: Link['sent'] = [],
  asOfMs = 0,
): Bundle {
  return withoutAnswered(withLink(bundle, { ...newLink(side, recordId), sent, asOfMs }), side);
}

/** The bundle with a record that was forgotten when it was deleted, and has come back: of what it says, what it held then is known. */
export function linkReturned(
  bundle: Bundle,
  { side, recordId, values }: Observation,
  sent: Link['sent'],
  past: Held,
): Bundle {
  const linked = linkFound(bundle, side, recordId, sent);
  return withLink(linked, { ...newLink(side, recordId), sent, ...saidOf(past, values) });
}

/**
 * The bundle without the questions that a record just linked at the side answers: what lost creates may have made, once there is a
 * record wherever one was lost, and what is to become of a second one there, now that the first has left its place.
 */
export function withoutAnswered(bundle: Bundle, side: string): Bundle {
  const hasRecord = (at: string): boolean => (linkAt(bundle, at)?.status ?? 'gone') !== 'gone';
  const holds = bundle.holds.filter(({ reason, sides = [] }) => {
    if (reason === 'duplicateRecord') return sides.some((at) => at !== side);
    return reason !== 'createOutcomeUnknown' || !sides.every(hasRecord);
  });
  return holds.length === bundle.holds.length ? bundle : { ...bundle, holds };
}

/** The deleted record's id has gone to another record; that one was deleted here is remembered under a name of its own. */
export function moveAside(bundle: Bundle, side: string): Bundle {
  const link = linkAt(bundle, side);
  if (link?.status !== 'gone') return bundle;
  return withLink(bundle, { ...link, recordId: `${link.recordId} (deleted, ${bundle.identity.id})` });
}

/** The bundle as if the side had never held a record. */
export function withoutLink(bundle: Bundle, side: string): Bundle {
  return { ...bundle, links: bundle.links.filter((link) => link.side !== side) };
}

/** A state without a story: no golden value changed, nothing was decided, nothing is held. */
export function unchanged(bundle: Bundle): Outcome {
  return { bundle, changes: [], decisions: [], holds: [] };
}

/** The bundle as given, stopped on purpose by one more hold. */
export function held(bundle: Bundle, hold: NewHold): Outcome {
  return {
    bundle: { ...bundle, holds: withHolds(bundle.holds, [hold]) },
    changes: [],
    decisions: [],
    holds: [hold],
  };
}

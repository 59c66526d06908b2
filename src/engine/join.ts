/** Two things that are one become one, and can be told apart again. A person decides both. */
import { linkFound, withLink } from './existence.ts';
import { mergeObservation } from './merge.ts';
import type { SyncModel } from './model.ts';
import {
  isClash,
  linkAt,
  PERSON,
  type Bundle,
  type Edit,
  type Identity,
  type Link,
  type Outcome,
} from './state.ts';
import { sameValue, type Value, type Values } from './value.ts';

/** What must be remembered to tell the two apart again: both as they were, and what they came to together. */
export interface JoinMemory {
  readonly kept: Identity;
  readonly gone: Identity;
  readonly merged: Values;
  /** The records that were the other one's. */
  readonly moved: readonly { readonly side: string; readonly recordId: string }[];
}

export interface Joined {
  readonly kept: Outcome;
  /** Without records, and remembered as deleted, so that nothing is made of it anywhere. */
  readonly gone: Bundle;
  readonly memory: JoinMemory;
}

/** Why the two cannot become one now, in a sentence with what to do; null when they can. */
export function joinRefusal(kept: Bundle, gone: Bundle): string | null {
  if (kept.identity.id === gone.identity.id) return 'the two are one already';
  for (const { side } of gone.links) {
    if (kept.links.some((link) => link.side === side))
      return `both have a record at ${side}: merge the two records there, and they become one here by themselves`;
  }
  for (const { identity, links, writes, holds } of [kept, gone]) {
    // Two that have one key are two of whom a person is asked: this is the answer.
    if (!holds.every(isClash))
      return 'something about one of the two waits for a person: decide that first, with: trueup holds';
    if (identity.tombstone !== null)
      return 'one of the two was deleted: decide about that first, with: trueup holds';
    if (links.some(({ status }) => status !== 'live'))
      return 'a record of one of the two is gone or hidden: decide about that first, with: trueup holds';
    if (
      writes.some(({ state }) => state === 'sent' || state === 'unknown') ||
      links.some(({ sent }) => sent.length > 0)
    )
      return 'a write for one of the two has not been answered yet: try again in a few minutes';
  }
  return null;
}

/** The records of `gone` become those of `kept`; where the two differ, the policies of the fields decide, or a person. */
export function joinBundles(model: SyncModel, kept: Bundle, gone: Bundle, nowMs: number): Joined {
  const asked = { ...kept, holds: kept.holds.filter((hold) => !isClash(hold)) };
  let outcome: Outcome = { bundle: asked, changes: [], decisions: [], holds: [] };
  for (const link of gone.links) {
    const next = takeIn(model, outcome, link);
    outcome = { ...next, bundle: movedAt(next.bundle, link.side, nowMs) };
  }
  const [first] = gone.links;
  const place = { side: first?.side ?? PERSON, recordId: first?.recordId ?? '' };
  const tombstone = { ...place, atMs: nowMs, evidence: 'lookup' as const };
  return {
    kept: outcome,
    gone: { ...gone, identity: { ...gone.identity, tombstone }, links: [], holds: [] },
    memory: {
      kept: kept.identity,
      gone: gone.identity,
      merged: outcome.bundle.identity.golden,
      moved: gone.links.map(({ side, recordId }) => ({ side, recordId })),
    },
  };
}

/** The outcome with the record as one of its own: what it is accounted to hold is merged as if it were seen now for the first time. */
export function takeIn(model: SyncModel, before: Outcome, link: Link): Outcome {
  const { side, recordId, accounted, asOfMs, called } = link;
  const seen = {
    side,
    recordId,
    version: null,
    values: accounted,
    readBeganMs: asOfMs,
    readEndedMs: asOfMs,
    ...(called === undefined ? {} : { called }),
  };
  const next = mergeObservation(model, linkFound(before.bundle, side, recordId), seen);
  return {
    bundle: next.bundle,
    changes: [...before.changes, ...next.changes],
    decisions: [...before.decisions, ...next.decisions],
    holds: [...before.holds, ...next.holds],
  };
}

/** Certainly not before the record was let go of by the other: the store takes no older word for it. */
export function movedMs(nowMs: number): number {
  return nowMs + 1;
}

function movedAt(bundle: Bundle, side: string, nowMs: number): Bundle {
  const link = linkAt(bundle, side);
  return link === undefined ? bundle : withLink(bundle, { ...link, asOfMs: movedMs(nowMs) });
}

export interface Parted {
  readonly kept: Bundle;
  readonly gone: Bundle;
}

/** Why the two cannot be told apart now; null when they can. */
export function partRefusal({ links, writes }: Bundle, { moved }: JoinMemory): string | null {
  if (writes.some(({ state }) => state === 'sent' || state === 'unknown'))
    return 'a write for it has not been answered yet: try again in a few minutes';
  const isThere = moved.some(({ side, recordId }) =>
    links.some((link) => link.side === side && link.recordId === recordId),
  );
  return isThere ? null : 'none of the records that were the other one’s belongs to it any more';
}

/**
 * Both as they were before, each with its own records again. What was edited since stays with the one whose record was
 * edited; what the join had written over is owed to the records again.
 */
export function partBundles(
  model: SyncModel,
  kept: Bundle,
  gone: Bundle,
  memory: JoinMemory,
  nowMs: number,
): Parted {
  const isMoved = (link: Link): boolean =>
    memory.moved.some(({ side, recordId }) => side === link.side && recordId === link.recordId);
  const theirs = kept.links.filter(isMoved).map((link) => ({ ...unread(link), asOfMs: movedMs(nowMs) }));
  const ours = kept.links.filter((link) => !isMoved(link)).map(unread);
  const seq = Math.max(kept.identity.seq, gone.identity.seq) + 1;
  const sides = new Set(theirs.map(({ side }) => side));
  const edited = editedSince(model, kept.identity, memory.merged);
  const parts = { ours: { ...memory.kept.golden }, theirs: { ...memory.gone.golden } };
  for (const [field, value] of Object.entries(edited)) {
    const isTheirs = sides.has(kept.identity.edits[field]?.side ?? '');
    (isTheirs ? parts.theirs : parts.ours)[field] = value;
  }
  const identities = {
    kept: restored(kept.identity.id, seq, parts.ours, nowMs),
    gone: restored(memory.gone.id, seq, parts.theirs, nowMs),
  };
  return {
    kept: {
      ...kept,
      identity: identities.kept,
      links: ours,
      holds: kept.holds.filter(({ field }) => field === null),
    },
    // Of two that became one in a system it may have kept what the other one had too.
    gone: {
      ...gone,
      identity: identities.gone,
      links: [...gone.links.filter(({ status }) => status !== 'gone'), ...theirs],
      holds: [],
    },
  };
}

/** It is read again, and what it holds that is not golden is put right. */
function unread(link: Link): Link {
  return { ...link, version: null, agreed: {} };
}

function editedSince(model: SyncModel, { golden }: Identity, merged: Values): Values {
  const edited: Record<string, Value> = {};
  for (const [field, value] of Object.entries(golden)) {
    const same = model.fields.get(field)?.same ?? sameValue;
    if (!same(value, merged[field])) edited[field] = value;
  }
  return edited;
}

function restored(id: string, seq: number, golden: Values, nowMs: number): Identity {
  const edit: Edit = { seq, side: PERSON, fromMs: nowMs, untilMs: nowMs, rule: 'person' };
  const edits = Object.fromEntries(Object.keys(golden).map((field) => [field, edit]));
  return { id, seq, golden, edits, tombstone: null };
}

/**
 * Two records that the people of a system merged there. What is known of the one that went becomes part of the other, as far as
 * nobody would have to choose between two records of another side: that is asked of a person, and nothing is deleted meanwhile.
 */
import { held, isMergedAway, unchanged, withLink } from './existence.ts';
import { movedMs, type JoinMemory } from './join.ts';
import { mergeObservation } from './merge.ts';
import type { SyncModel } from './model.ts';
import { ownerOf } from './policy.ts';
import { isClash, linkAt, type Bundle, type Decision, type Link, type Outcome } from './state.ts';
import type { Value } from './value.ts';

/** What a side told: its record is no more, and lives on in another one there. */
export interface MergedAway {
  readonly side: string;
  readonly recordId: string;
  readonly into: string;
}

/** What follows from it. */
export type SeenJoin =
  /** An answer is under way that tells more of one of the two. */
  | { readonly kind: 'later' }
  /** A person is asked; nothing has moved. */
  | { readonly kind: 'ask'; readonly gone: Outcome }
  | {
      readonly kind: 'joined';
      readonly kept: Outcome;
      /** Over, or held with the records of which the other one has its own. */
      readonly gone: Outcome;
      /** By which the two are told apart again; null where nothing has moved. */
      readonly memory: JoinMemory | null;
    };

/** By itself; or by a person, who has the records that are left over deleted; or not before a person has been asked. */
export type JoinedBy = 'itself' | 'person' | 'nobody';

/**
 * `gone` has the record that went, `kept` the one that it lives on in; null where that is no thing of this sync. Both are
 * locked, and `gone` is no deleted thing.
 */
export function joinSeen(
  model: SyncModel,
  kept: Bundle | null,
  gone: Bundle,
  away: MergedAway,
  nowMs: number,
  by: JoinedBy = 'itself',
): SeenJoin {
  const obstacle = obstacleTo(model, kept, gone, away, by);
  if (obstacle === 'later') return { kind: 'later' };
  if (obstacle === 'ask' || kept === null) return { kind: 'ask', gone: asked(gone, away, nowMs) };
  const others = gone.links.filter(({ side, status }) => side !== away.side && status !== 'gone');
  const [moving, left] = [
    others.filter(({ side }) => !stands(kept, side)),
    others.filter(({ side }) => stands(kept, side)),
  ];
  const outcome = withoutAsked(taken(model, kept, moving, linkAt(gone, away.side), away.side, nowMs));
  const rest = { ...gone, links: gone.links.filter((link) => !moving.includes(link)) };
  return {
    kind: 'joined',
    kept: outcome,
    gone: left.length === 0 || by === 'person' ? over(rest, left, away, nowMs) : asked(rest, away, nowMs),
    memory:
      moving.length === 0
        ? null
        : {
            kept: kept.identity,
            gone: gone.identity,
            merged: outcome.bundle.identity.golden,
            moved: moving.map(({ side, recordId }) => ({ side, recordId })),
          },
  };
}

function obstacleTo(
  { deletes }: SyncModel,
  kept: Bundle | null,
  gone: Bundle,
  { side, into }: MergedAway,
  by: JoinedBy,
): 'later' | 'ask' | null {
  if (kept === null || kept.identity.id === gone.identity.id || kept.identity.tombstone !== null)
    return 'ask';
  const standing = linkAt(kept, side);
  if (standing?.status !== 'live' || standing.recordId !== into) return 'ask';
  if (by === 'nobody' || (by === 'itself' && deletes.merged === 'hold')) return 'ask';
  const both = [kept, gone];
  // Something about one of the two as a whole is for a person to say first.
  if (
    both.some(({ holds }) =>
      holds.some((hold) => hold.field === null && !isClash(hold) && !isMergedAway(hold)),
    )
  )
    return 'ask';
  const isUnderWay = both.some(({ writes }) =>
    writes.some(({ state }) => state === 'sent' || state === 'unknown'),
  );
  return isUnderWay ? 'later' : null;
}

function stands(bundle: Bundle, side: string): boolean {
  return (linkAt(bundle, side)?.status ?? 'gone') !== 'gone';
}

/** Its record is gone, and everything else stays where it is until a person has said what becomes of it. */
function asked(gone: Bundle, { side, into }: MergedAway, nowMs: number): Outcome {
  const link = linkAt(gone, side);
  const left =
    link === undefined || link.status === 'gone'
      ? gone
      : withLink(gone, { ...link, status: 'gone', asOfMs: nowMs });
  return held(left, { field: null, reason: 'merged', seen: { mergedInto: into }, side });
}

/** It may have been asked what becomes of the records of the one that is kept: with a record where one had gone, that is answered. */
function withoutAsked(outcome: Outcome): Outcome {
  const { bundle } = outcome;
  const isOpen = (side: string): boolean => linkAt(bundle, side)?.status === 'gone';
  const holds = bundle.holds.filter((hold) => !isMergedAway(hold) || hold.sides?.some(isOpen) !== false);
  return holds.length === bundle.holds.length ? outcome : { ...outcome, bundle: { ...bundle, holds } };
}

/** Remembered as deleted, with the record that went: nothing is made of it anywhere, and what is left of it is deleted. */
function over(gone: Bundle, left: readonly Link[], { side, recordId }: MergedAway, nowMs: number): Outcome {
  const tombstone = { side, recordId, atMs: nowMs, evidence: 'lookup' as const };
  const went = linkAt(gone, side);
  const links = [
    ...(went === undefined ? [] : [{ ...went, status: 'gone' as const, asOfMs: nowMs }]),
    ...left,
  ];
  return unchanged({ ...gone, identity: { ...gone.identity, tombstone }, links, holds: [] });
}

/**
 * The other bundle with these records. Where they held what the record that went held too, whoever merged has seen it, and chose
 * what the other one holds; anything else is merged by the policies, as of a record that was found.
 */
function taken(
  model: SyncModel,
  kept: Bundle,
  moving: readonly Link[],
  went: Link | undefined,
  side: string,
  nowMs: number,
): Outcome {
  const chosen = new Map<string, Decision>();
  let outcome = unchanged(kept);
  for (const link of moving) {
    const [accounted, told]: [Record<string, Value>, Record<string, Value>] = [{}, {}];
    const agreed: Record<string, number> = {};
    for (const [name, value] of Object.entries(link.accounted)) {
      const decision = rulingOn(model, kept, name, link, went, side);
      if (decision === 'open') told[name] = value;
      else accounted[name] = value;
      if (decision === 'same') agreed[name] = kept.identity.edits[name]?.seq ?? 0;
      if (typeof decision === 'object' && !chosen.has(name)) chosen.set(name, decision);
    }
    const next = moved(model, outcome.bundle, { ...link, accounted, agreed }, told, nowMs);
    outcome = {
      bundle: next.bundle,
      changes: [...outcome.changes, ...next.changes],
      decisions: [...outcome.decisions, ...next.decisions],
      holds: [...outcome.holds, ...next.holds],
    };
  }
  return { ...outcome, decisions: [...chosen.values(), ...outcome.decisions] };
}

/** `same` where both say the same; `open` where whoever merged has not seen the value, or may not rule on it. */
function rulingOn(
  { fields, sideOf }: SyncModel,
  { identity: { golden, edits } }: Bundle,
  name: string,
  link: Link,
  went: Link | undefined,
  side: string,
): Decision | 'open' | 'same' {
  const [field, value, before] = [fields.get(name), link.accounted[name], went?.accounted[name]];
  const [standing, edit] = [golden[name], edits[name]];
  const direction = sideOf.get(side)?.lensOf.get(name)?.direction ?? 'out';
  if (field === undefined || value === undefined || standing === undefined || edit === undefined)
    return 'open';
  if (direction === 'out' || before === undefined || !field.same(value, before)) return 'open';
  const owner = ownerOf(field.policy, golden);
  if (owner !== null && owner !== side) return 'open';
  if (field.same(value, standing)) return 'same';
  const winner = { side: edit.side, value: standing };
  return { field: name, rule: 'merged', winner, loser: { side: link.side, value } };
}

function moved(
  model: SyncModel,
  bundle: Bundle,
  link: Link,
  told: Link['accounted'],
  nowMs: number,
): Outcome {
  const { side, recordId, asOfMs } = link;
  // It was sent on behalf of the other one, whose numbers say nothing here.
  const sent = link.sent.map((body) => ({ ...body, seq: 0 }));
  const linked = withLink(bundle, { ...link, version: null, lookedAtMs: null, sent });
  const seen = { side, recordId, version: null, values: told, readBeganMs: asOfMs, readEndedMs: asOfMs };
  const next = link.status === 'live' ? mergeObservation(model, linked, seen) : unchanged(linked);
  const now = linkAt(next.bundle, side);
  if (now === undefined) return next;
  return { ...next, bundle: withLink(next.bundle, { ...now, version: null, asOfMs: movedMs(nowMs) }) };
}

/** What a person's decision does to an identity. Each closes the holds it answers; the plan follows from the new state. */
import { unchanged } from './existence.ts';
import {
  MADE_BY_US,
  PERSON,
  type Bundle,
  type Decision,
  type Edit,
  type HoldReason,
  type Link,
  type Outcome,
} from './state.ts';
import type { Value, Values } from './value.ts';

/** The value that shall stand for a field. The overruled golden value is kept in the decision. */
export function ruleField(bundle: Bundle, field: string, value: Value, nowMs: number): Outcome {
  const { identity } = bundle;
  const seq = identity.seq + 1;
  const edit: Edit = { seq, side: PERSON, fromMs: nowMs, untilMs: nowMs, rule: 'person' };
  const before = identity.golden[field];
  const decision: Decision = {
    field,
    rule: 'person',
    winner: { side: PERSON, value },
    loser: { side: identity.edits[field]?.side ?? PERSON, value: before ?? null },
  };
  const ruled = {
    ...identity,
    seq,
    golden: { ...identity.golden, [field]: value },
    edits: { ...identity.edits, [field]: edit },
  };
  const holds = bundle.holds.filter((hold) => hold.field !== field);
  const changes = [{ field, before, after: value, rule: 'person' as const }];
  return { bundle: { ...bundle, identity: ruled, holds }, changes, decisions: [decision], holds: [] };
}

/**
 * The delete that was seen at a side is the identity's, and stays so where a record came back or was edited. `seen` is
 * what the hold showed the person, per side: that much is accounted for, and only news of later opens a hold again.
 */
export function confirmDelete(
  bundle: Bundle,
  seen: Readonly<Record<string, Values>>,
  nowMs: number,
): Outcome {
  const gone = bundle.links.find((link) => link.status === 'gone');
  const { identity } = bundle;
  const seenGone = gone === undefined ? null : { side: gone.side, recordId: gone.recordId, atMs: nowMs };
  const tombstone = identity.tombstone ?? seenGone;
  return unchanged({
    ...bundle,
    // What a create of ours has made besides, or may have made, is not gone with that: once it is found it goes the same way.
    holds: bundle.holds.filter(({ field, reason }) => field !== null || MADE_BY_US.includes(reason)),
    identity: { ...identity, tombstone: tombstone && { ...tombstone, evidence: 'person' } },
    links: bundle.links.map((link) => accounting(link, seen[link.side] ?? {})),
  });
}

/** The identity stays deleted, and what was asked about it besides is of no matter any more. */
export function dropQuestion(bundle: Bundle, answered: HoldReason): Outcome {
  const holds = bundle.holds.filter(({ field, reason }) => field !== null || reason !== answered);
  return unchanged({ ...bundle, holds });
}

function accounting(link: Link, seen: Values): Link {
  if (link.status === 'gone') return link;
  const status = link.status === 'returned' ? 'live' : link.status;
  // The record does not hold the golden value there: should the identity live after all, it is owed one.
  const agreed = { ...link.agreed, ...Object.fromEntries(Object.keys(seen).map((field) => [field, 0])) };
  return { ...link, status, accounted: { ...link.accounted, ...seen }, agreed };
}

/**
 * The identity shall live: where its record is gone it is created again, and what was edited while it counted as deleted
 * is merged. `answered`: what the person was asked. The caller has the records that are there looked at again.
 */
export function refuseDelete(bundle: Bundle, answered: HoldReason): Outcome {
  const links = bundle.links.filter((link) => link.status !== 'gone').map(unseen);
  // Whether a create of ours has made a record, or a second one, is no matter of living or not: that is asked by itself.
  const holds = bundle.holds.filter(
    ({ field, reason }) => field !== null || (MADE_BY_US.includes(reason) && reason !== answered),
  );
  return unchanged({
    ...bundle,
    holds,
    identity: { ...bundle.identity, tombstone: null },
    links,
  });
}

/** A link without a version is news at the next look, whatever it shows. */
function unseen(link: Link): Link {
  const status = link.status === 'returned' ? 'live' : link.status;
  return { ...link, status, version: null };
}

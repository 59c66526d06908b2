/** What a person's decision does to an identity. Each closes the holds it answers; the plan follows from the new state. */
import { unchanged } from './existence.ts';
import type { Bundle, Decision, Edit, Outcome } from './state.ts';
import type { Value } from './value.ts';

/** The name that stands for the deciding person where a side would stand. */
export const PERSON = 'person';

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

/** The delete that was seen at a side is the identity's. */
export function confirmDelete(bundle: Bundle, nowMs: number): Outcome {
  const gone = bundle.links.find((link) => link.status === 'gone');
  if (gone === undefined) return unchanged(withoutIdentityHolds(bundle));
  const tombstone = { side: gone.side, recordId: gone.recordId, atMs: nowMs, evidence: 'lookup' as const };
  const { identity } = bundle;
  return unchanged({
    ...withoutIdentityHolds(bundle),
    identity: { ...identity, tombstone: identity.tombstone ?? tombstone },
  });
}

/** The identity shall live: where its record is gone it is created again. */
export function refuseDelete(bundle: Bundle): Outcome {
  const links = bundle.links.filter((link) => link.status !== 'gone');
  return unchanged({
    ...withoutIdentityHolds(bundle),
    identity: { ...bundle.identity, tombstone: null },
    links,
  });
}

function withoutIdentityHolds(bundle: Bundle): Bundle {
  return { ...bundle, holds: bundle.holds.filter((hold) => hold.field !== null) };
}

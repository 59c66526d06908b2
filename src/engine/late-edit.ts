/** Edits that are seen only after their thing was deleted elsewhere: which of the two was seen first must not decide between them. */
import { editedElsewhere, rulings } from './existence.ts';
import { mergeObservation } from './merge.ts';
import type { SyncModel } from './model.ts';
import { refuseDelete } from './person.ts';
import { linkAt, type Bundle, type Observation, type Outcome } from './state.ts';

/** Merges what is seen of a linked record, the thing of which may have been deleted elsewhere. */
export function mergeSeen(model: SyncModel, bundle: Bundle, seen: Observation): Outcome {
  return revivedBy(model, bundle, seen) ?? mergeObservation(model, bundle, seen);
}

/**
 * Where edits win over deletes: the thing lives if what is seen becomes golden, and the deleted record had not received it. Null where
 * it does not, or a person has said that the thing is deleted.
 */
function revivedBy(model: SyncModel, bundle: Bundle, seen: Observation): Outcome | null {
  const { tombstone } = bundle.identity;
  if (tombstone === null || tombstone.evidence === 'person') return null;
  const deleted = linkAt(bundle, tombstone.side);
  const isThere = linkAt(bundle, seen.side)?.status === 'live';
  if (deleted === undefined || !isThere || model.deletes.againstEdit !== 'editWins') return null;
  const outcome = mergeObservation(model, beforeDelete(bundle), seen);
  const isNew = (name: string): boolean => outcome.changes.some(({ field }) => field === name);
  const edited = editedElsewhere(model, outcome.bundle, deleted).filter(isNew);
  if (edited.length === 0) return null;
  const isGone = (side: string): boolean => linkAt(bundle, side)?.status === 'gone';
  const links = outcome.bundle.links.filter(({ side }) => !isGone(side));
  const ruled = rulings(outcome.bundle, edited, tombstone.side, 'editWins');
  return {
    ...outcome,
    bundle: refuseDelete({ ...outcome.bundle, links }, 'editAgainstDelete').bundle,
    decisions: [...outcome.decisions, ...ruled],
  };
}

/** What was deleted had a say until then: an owner whose record is gone is not one that has never spoken. */
function beforeDelete({ identity, links, ...rest }: Bundle): Bundle {
  return {
    ...rest,
    identity: { ...identity, tombstone: null },
    links: links.map((link) => (link.status === 'gone' ? { ...link, status: 'live' } : link)),
  };
}

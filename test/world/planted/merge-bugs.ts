/** Wrong decisions: what an edit means, who wins, what is kept of the loser, and what a delete is. */
import type { PlantedBug } from './bug.ts';

const MERGE = 'src/engine/merge.ts';
const DRAFT = 'src/engine/merge-draft.ts';
const EXISTENCE = 'src/engine/existence.ts';
const POLICY = 'src/engine/policy.ts';

export const MERGE_BUGS: readonly PlantedBug[] = [
  {
    name: 'no-decision-for-the-overruled',
    sentence: 'The value that comes in wins a conflict, and the one it replaces is written down nowhere.',
    file: MERGE,
    find: 'draft.decide(name, verdict.rule, { side: theirs.side, value: verdict.value }, ours);',
    replace: '',
  },
  {
    name: 'no-decision-for-the-refused',
    sentence: 'The value that comes in loses a conflict and is written down nowhere.',
    file: MERGE,
    find: 'draft.decide(name, verdict.rule, ours, theirs);',
    replace: '',
  },
  {
    name: 'agreed-moves-on-decision',
    sentence:
      'A side that lost a conflict counts at once as holding the winner, before anything was written.',
    file: MERGE,
    find: 'draft.decide(name, verdict.rule, ours, theirs);\n      draft.account(name, value, null);',
    replace: 'draft.decide(name, verdict.rule, ours, theirs);\n      draft.account(name, value, edit.seq);',
  },
  {
    name: 'every-change-is-an-edit',
    sentence:
      'What differs from its base is taken as an edit of the newest golden value, though the side never held that.',
    file: MERGE,
    find: 'base !== undefined && edit.seq <= (draft.link.agreed[name] ?? 0)',
    replace: 'base !== undefined',
  },
  {
    name: 'echo-is-news',
    sentence: 'Our own value that comes back while its write is open is taken for an edit of somebody.',
    file: DRAFT,
    find: 'if (write !== undefined && holds(write.body, field, value)) return write.seq;',
    replace: '',
  },
  {
    name: 'late-landing-is-news',
    about: 'lostAnswers',
    sentence:
      'A body whose outcome was never learned, and that lands after all, is taken for an edit of somebody.',
    file: DRAFT,
    find: 'return sent?.seq ?? null;',
    replace: 'return null;',
  },
  {
    name: 'not-owner-forgotten',
    sentence: 'A value of a side that may not write the field is overwritten without a decision.',
    file: MERGE,
    find: "draft.decide(name, 'notOwner', { side: edit.side, value: golden }, draft.claim(value));",
    replace: '',
  },
  {
    name: 'not-owner-left-alone',
    sentence: 'A side that may not write the field keeps the value it was given by somebody there.',
    file: MERGE,
    find: 'draft.correct(name, value);',
    replace: 'draft.account(name, value, null);',
  },
  {
    name: 'endless-corrections',
    sentence: 'A side that undoes every correction is corrected for ever.',
    file: DRAFT,
    find: 'return this.#correction(field).turns > SWING_TURNS_MAX;',
    replace: 'return false;',
  },
  {
    name: 'endless-swings',
    about: 'swings',
    sentence: 'Two automations that undo each other go on for ever.',
    file: DRAFT,
    find: 'return this.#turns(field, value) >= SWING_TURNS_MAX;',
    replace: 'return false;',
  },
  {
    name: 'edit-of-the-deleted-forgotten',
    sentence: 'An edit of a record whose thing was deleted elsewhere is dropped without asking anybody.',
    file: MERGE,
    find: "draft.hold({ field: null, reason: 'editAgainstDelete', seen: { [name]: value }, side: draft.seen.side });",
    replace: 'draft.account(name, value, null);',
  },
  {
    name: 'time-runs-back',
    about: 'crossingLooks',
    sentence: 'A look sets back the instant before which nothing counts.',
    file: DRAFT,
    find: 'asOfMs: Math.max(this.link.asOfMs, this.#shownUntilMs()),',
    replace: 'asOfMs: this.seen.readBeganMs,',
  },
  {
    name: 'sets-are-replaced',
    sentence: 'Of two sets that were both added to, only one side counts.',
    file: POLICY,
    find: 'const merged = new Set(elementsOf(current));',
    replace: 'const merged = new Set(elementsOf(base ?? null));',
  },
  {
    name: 'owner-has-no-say',
    sentence: 'A conflict about a field with an owner is decided by rank.',
    file: POLICY,
    find: "if (ownerOf(policy, golden) === incoming.side) return take('owner', incoming.value);",
    replace: '',
  },
  {
    name: 'late-reader-wins',
    sentence: 'The edit that is read last counts as the later one.',
    file: POLICY,
    find: 'if (incoming.fromMs !== null && current.untilMs <= incoming.fromMs)',
    replace: 'if (incoming.fromMs !== null)',
  },
  {
    name: 'delete-beats-edit',
    sentence:
      'A delete takes along an edit that the deleted record had not received, whatever the policy says.',
    file: EXISTENCE,
    find: 'const edited = editedElsewhere(model, bundle, link);',
    replace: 'const edited: string[] = [];',
  },
  {
    name: 'returned-lives-on-its-own',
    about: 'comesBack',
    sentence: 'A record that comes back after its thing was deleted is deleted again without asking anybody.',
    file: EXISTENCE,
    find: "if (link.status !== 'hidden' && bundle.identity.tombstone !== null) {",
    replace: 'if (bundle.identity.seq < 0) {',
  },
  {
    name: 'hidden-is-gone',
    sentence: 'A record that can no longer be seen counts as deleted.',
    file: 'src/worker/look.ts',
    find: "else if (evidence === undefined) looked.sightings.push({ kind: 'hidden', recordId });",
    replace:
      "else if (evidence === undefined) looked.sightings.push({ kind: 'deleted', recordId, evidence: 'lookup' });",
  },
  {
    name: 'delete-ignores-who-may-say-so',
    sentence: 'A delete counts although the sync ignores deletes.',
    file: EXISTENCE,
    find: "const counts = model.deletes.mode !== 'ignore' && model.deletes.from.includes(side);",
    replace: 'const counts = model.deletes.from.includes(side);',
  },
];

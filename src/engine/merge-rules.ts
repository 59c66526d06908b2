/** What merging does with a value that the data dictionary does not allow. */
import type { MergeDraft } from './merge-draft.ts';
import type { FieldLens } from './model.ts';
import type { Value } from './value.ts';

/** True when the value is accounted for and goes nowhere: a person decides, or the side is put right. */
export function isRefused(draft: MergeDraft, { field, direction }: FieldLens, value: Value): boolean {
  const { name } = field;
  const violation = draft.violation(name);
  if (violation === null || violation.onViolation === 'flag') return false;
  const [golden, edit] = [draft.golden[name], draft.edits[name]];
  const canCorrect = violation.onViolation === 'correct' && direction === 'both' && !draft.isResisting(name);
  if (canCorrect && golden !== undefined && edit !== undefined) {
    draft.decide(name, 'dictionary', { side: edit.side, value: golden }, draft.claim(value));
    draft.correct(name, value);
  } else {
    draft.hold({ field: name, reason: 'violation', seen: { [name]: value }, side: draft.seen.side });
    draft.account(name, value, null);
  }
  return true;
}

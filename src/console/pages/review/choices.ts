/** What a person may decide about a hold, in words, with the body that says it to the API. */
import type { Json } from '../../../lib/json.ts';
import type { Choice, Hold } from '../../data/contract.ts';
import type { HoldDecision } from './questions.ts';

/** `value` is undefined where the choice is not about one. */
export interface Option {
  /** Tells the options of one question apart. */
  readonly key: string;
  readonly label: string;
  readonly consequence: string;
  readonly value: Json | undefined;
}

/** An option of a hold, with the choice that it is. */
export interface HoldOption extends Option {
  readonly choice: Choice;
}

const ABOUT_VALUES: ReadonlySet<Choice['kind']> = new Set(['take', 'keep', 'belongs']);

/** In the order in which the API offers them. */
export function optionsOf(hold: Hold): readonly HoldOption[] {
  return hold.choices.map((choice) => ({
    choice,
    key: `${choice.kind} ${choice.side ?? ''} ${choice.recordId ?? ''}`,
    ...wordsOf(choice, hold),
    value:
      ABOUT_VALUES.has(choice.kind) && (hold.field !== null || choice.kind === 'belongs')
        ? choice.value
        : undefined,
  }));
}

function wordsOf(
  { kind, side, recordId }: Choice,
  { field, reason }: Hold,
): Pick<Option, 'label' | 'consequence'> {
  const what = field ?? 'record';
  switch (kind) {
    case 'take':
      return {
        label: `Take what ${side ?? 'it'} holds`,
        consequence: `It becomes the ${what} at every side.`,
      };
    case 'keep':
      return field === null
        ? { label: 'Keep the record', consequence: 'It stays, and is made again where it is missing.' }
        : { label: 'Keep what stood', consequence: `The sides that differ get the golden ${what} back.` };
    case 'value':
      return { label: 'Another value', consequence: `You type it; it becomes the ${what} at every side.` };
    case 'belongs':
      return {
        label: `It is that of ${side ?? ''} ${recordId ?? ''}`,
        consequence:
          'It is linked to it, and what the two hold is merged. A key that it shares with another thing is asked about if it comes to stand.',
      };
    case 'delete':
      if (reason === 'merged')
        return {
          label: 'Follow the merge',
          consequence:
            'Its other records go to the one it was merged into, and are deleted where that has one already.',
        };
      return { label: 'Delete it', consequence: 'It is deleted at every other side too.' };
    case 'revive':
      if (reason === 'merged')
        return {
          label: 'Keep both',
          consequence: 'It lives on by itself, and is made again where it was merged.',
        };
      return { label: 'Keep the record', consequence: 'It stays, and is made again where it was deleted.' };
  }
}

/** The decision as the API takes it. */
export function decisionOf({ kind, side, recordId }: Choice, typed: string): HoldDecision {
  if (kind === 'take') return { kind, side: side ?? '' };
  if (kind === 'belongs') return { kind, side: side ?? '', recordId: recordId ?? '' };
  if (kind === 'value') return { kind, value: typed };
  return { kind };
}

/** Why two things may be one, in a sentence. */
import type { SuggestionRow } from '../../store/matches.ts';

/** `why` is the score with what it was made of: `93 of 100: same phone; nearly the same name`. */
export function matchSentence({ kind, why }: Pick<SuggestionRow, 'kind' | 'why'>, entity: string): string {
  return kind === 'inner'
    ? `The same side may have this ${entity} twice. Likeness ${why}.`
    : `These two may be the same ${entity}, which no key tells. Likeness ${why}.`;
}

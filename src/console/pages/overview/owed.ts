import type { Side } from '../../data/contract.ts';
import { count } from '../../parts/numbers.ts';

const WORDS: readonly (readonly [state: keyof Side['owed'], word: string])[] = [
  ['planned', 'in the plan'],
  ['queued', 'queued'],
  ['sent', 'sent'],
  ['unknown', 'of unknown outcome'],
  ['held', 'held'],
  ['dead', 'dead'],
];

/** `3 queued, 1 dead`, or `nothing`. */
export function owedSentence(owed: Side['owed']): string {
  const parts = WORDS.filter(([state]) => owed[state] > 0).map(
    ([state, word]) => `${count(owed[state])} ${word}`,
  );
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** Pairs that are decided together: marked one by one, or all of the same likeness and above. */
import { useState } from 'react';

import type { Question } from './questions.ts';

export type MatchQuestion = Extract<Question, { readonly kind: 'match' }>;

export interface Marks {
  /** In the order of the queue; what is no longer open is no longer marked. */
  readonly marked: readonly MatchQuestion[];
  readonly toggle: (question: MatchQuestion) => void;
  /** Marks also every open pair that is at least as likely as the least likely one that is marked. */
  readonly markAsLikely: () => void;
  /** How many more that would be. */
  readonly asLikely: number;
  readonly clear: () => void;
}

export function useMarks(open: readonly Question[]): Marks {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const pairs = open.filter((question) => question.kind === 'match');
  const marked = pairs.filter(({ id }) => ids.has(id));
  const least = Math.min(...marked.map(({ match }) => match.likeness));
  // Only pairs of one kind can be decided in one way.
  const kinds = new Set(marked.map(({ match }) => match.kind));
  const likely = pairs.filter(({ match }) => match.likeness >= least && kinds.has(match.kind));
  return {
    marked,
    asLikely: likely.length - marked.length,
    toggle: ({ id }) =>
      setIds(
        (before) => new Set(before.has(id) ? [...before].filter((other) => other !== id) : [...before, id]),
      ),
    markAsLikely: () => setIds(new Set(likely.map(({ id }) => id))),
    clear: () => setIds(new Set()),
  };
}

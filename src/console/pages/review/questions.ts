/** What waits in the queue of the review, whatever it is about. */
import type { Hold, Match } from '../../data/contract.ts';
import { segment } from '../../data/request.ts';
import { REASONS } from '../../parts/rules.ts';

interface Asked {
  readonly id: string;
  readonly title: string;
  /** Why it is here, in a few words. */
  readonly about: string;
  readonly since: string;
}

export type Question =
  | (Asked & { readonly kind: 'hold'; readonly hold: Hold })
  | (Asked & { readonly kind: 'match'; readonly match: Match });

/** Holds before matches: what is held stands still, what may be one does not. */
export function questionsOf(holds: readonly Hold[], matches: readonly Match[]): readonly Question[] {
  return [
    ...holds.map((hold): Question => {
      const { id, title, reason, field, openedAt: since } = hold;
      const about = `${REASONS[reason] ?? reason}${field === null ? '' : ` of ${field}`}`;
      return { kind: 'hold', id, title, about, since, hold };
    }),
    ...matches.map((match): Question => {
      const { id, left, right, likeness, foundAt: since } = match;
      const title = [...new Set([left.title, right.title])].join(' / ');
      return { kind: 'match', id, title, about: `Perhaps one, ${String(likeness)} of 100`, since, match };
    }),
  ];
}

/** Where its decision is sent. */
export function decisionPath({ kind, id }: Question): string {
  return `/${kind === 'hold' ? 'holds' : 'matches'}/${segment(id)}/decision`;
}

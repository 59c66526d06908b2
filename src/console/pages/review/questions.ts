/** What waits in the queue of the review, whatever it is about. */
import type { Hold, Match } from '../../data/contract.ts';
import type { BodyOf } from '../../data/endpoints.ts';
import { send } from '../../data/request.ts';
import { REASONS } from '../../parts/rules.ts';

export type HoldDecision = BodyOf<'POST', '/holds/:id/decision'>;
export type MatchDecision = BodyOf<'POST', '/matches/:id/decision'>;
/** What a person says of one question, or of several pairs. */
export type Decision = HoldDecision | MatchDecision;

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

/** What is sent of a decision. */
export interface Message {
  readonly questions: readonly Question[];
  readonly deliver: () => Promise<unknown>;
}

/** As many pairs as the API takes together: all of them are decided, or none. */
const TOGETHER_MAX = 500;

/** One thing is said of one question, or of several pairs. */
export function messagesOf(questions: readonly Question[], decision: Decision): readonly Message[] {
  const [only] = questions;
  if (!isOfMatch(decision))
    return only === undefined
      ? []
      : [
          {
            questions: [only],
            deliver: () => send('POST', '/holds/:id/decision', { param: { id: only.id }, json: decision }),
          },
        ];
  if (only !== undefined && questions.length === 1)
    return [
      {
        questions,
        deliver: () => send('POST', '/matches/:id/decision', { param: { id: only.id }, json: decision }),
      },
    ];
  const messages: Message[] = [];
  for (let start = 0; start < questions.length; start += TOGETHER_MAX) {
    const some = questions.slice(start, start + TOGETHER_MAX);
    const decisions = some.map(({ id }) => ({ id, kind: decision.kind }));
    messages.push({
      questions: some,
      deliver: () => send('POST', '/matches/decisions', { json: { decisions } }),
    });
  }
  return messages;
}

function isOfMatch(decision: Decision): decision is MatchDecision {
  return decision.kind === 'confirm' || decision.kind === 'reject';
}

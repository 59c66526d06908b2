/** What a person may say of two things that may be one. */
import type { Match } from '../../data/contract.ts';
import type { Option } from './choices.ts';
import type { MatchDecision } from './questions.ts';

const OPTIONS: Readonly<Record<Match['choices'][number], Omit<Option, 'key'>>> = {
  confirm: {
    label: 'They are one',
    consequence:
      'Their records become one; where values differ, the rules of the sync decide, or ask you. It can be taken back below.',
    value: undefined,
  },
  reject: {
    label: 'They are two',
    consequence: 'They stay apart, and are not suggested again.',
    value: undefined,
  },
};

/** What an option says to the API; null for none that is offered. */
export function matchDecision(key: string): MatchDecision | null {
  return key === 'confirm' || key === 'reject' ? { kind: key } : null;
}

/** In the order in which the API offers them. */
export function matchOptions({ choices }: Match): readonly Option[] {
  return choices.map((key) => ({ key, ...OPTIONS[key] }));
}

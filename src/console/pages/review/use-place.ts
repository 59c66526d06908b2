/** Where somebody stands in the queue: the address says it, so that a question can be linked to. */
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';

import { inBackground } from '../../parts/in-background.ts';
import type { Question } from './questions.ts';

interface Asked {
  readonly hold?: string | undefined;
  readonly match?: string | undefined;
}

export interface Place {
  /** Of the question that is shown. */
  readonly at: number;
  /** Of the question that will be shown: keys come faster than a page is drawn, and each goes on from the one before it. */
  readonly ahead: () => number;
  /** Nothing happens without a question. */
  readonly go: (question: Question | undefined) => void;
}

export function usePlace(open: readonly Question[]): Place {
  const navigate = useNavigate({ from: '/review' });
  const router = useRouter();
  const placeOf = ({ hold, match }: Asked): number =>
    Math.max(
      0,
      open.findIndex(({ id }) => id === (hold ?? match)),
    );
  return {
    at: placeOf(useSearch({ from: '/shell/review' })),
    ahead: () => placeOf(router.latestLocation.search),
    go: (question) => {
      if (question === undefined) return;
      const { kind, id } = question;
      inBackground(
        navigate({
          search: ({ sync }) => ({ ...(sync === undefined ? {} : { sync }), [kind]: id }),
          replace: true,
        }),
      );
    },
  };
}

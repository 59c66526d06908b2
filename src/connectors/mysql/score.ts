/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = {
  'a table that numbers its records': {
    held: 54,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
    },
    notTried: [],
  },
  'a table whose key has two columns': {
    held: 54,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
    },
    notTried: [],
  },
};

/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['a table that numbers its records', 'a table whose key has two columns'],
    held: 54,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
      'the card says that only a lookup shows deletes': ['feed-delete'],
    },
    notTried: [],
  },
];

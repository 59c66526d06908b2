/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['parties', 'contact mechanisms'],
    held: 54,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
      'the card says that only a lookup shows deletes': ['feed-delete'],
    },
    notTried: [],
  },
];

/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['polling'],
    held: 55,
    notApplicable: {
      'the card says that only a lookup shows deletes': ['feed-delete'],
    },
    notTried: [],
  },
  {
    setUps: ['logical replication'],
    held: 56,
    notApplicable: {},
    notTried: [],
  },
];

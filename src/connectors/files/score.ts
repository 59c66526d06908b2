/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['plain CSV', 'CSV as Excel saves it', 'quoted TSV', 'Excel'],
    held: 47,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
      'the card says that only a lookup shows deletes': ['feed-delete'],
      'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null':
        ['null-and-empty'],
      'a file on this machine always answers': [
        'trouble-lost-create',
        'trouble-lost-update',
        'trouble-lost-request',
        'trouble-outage-write',
        'trouble-outage-read',
        'trouble-ended-session',
      ],
    },
    notTried: [],
  },
  {
    setUps: ['JSON Lines'],
    held: 47,
    notApplicable: {
      'a JSON Lines file without records has no columns yet': ['describe'],
      'the system cannot digest its records': ['digests'],
      'the card says that only a lookup shows deletes': ['feed-delete'],
      'a file on this machine always answers': [
        'trouble-lost-create',
        'trouble-lost-update',
        'trouble-lost-request',
        'trouble-outage-write',
        'trouble-outage-read',
        'trouble-ended-session',
      ],
    },
    notTried: [],
  },
];

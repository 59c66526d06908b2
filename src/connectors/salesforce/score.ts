/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['polling', 'change events beside polling', 'reading by query jobs'],
    held: 49,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
      'the card says that writes cannot be made conditional': [
        'stale-update',
        'stale-delete',
        'fresh-version',
      ],
      'Salesforce writes line breaks as LF': ['text-crlf'],
      'Salesforce cuts blanks at the ends of a text': ['text-spaces'],
      'Salesforce keeps no empty text': ['null-and-empty'],
    },
    notTried: [],
  },
];

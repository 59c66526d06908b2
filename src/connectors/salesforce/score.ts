/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = {
  polling: {
    held: 49,
    notApplicable: {
      'stale-update': 'the card says that writes cannot be made conditional',
      'stale-delete': 'the card says that writes cannot be made conditional',
      'fresh-version': 'the card says that writes cannot be made conditional',
      'text-crlf': 'Salesforce writes line breaks as LF',
      'text-spaces': 'Salesforce cuts blanks at the ends of a text',
      'null-and-empty': 'Salesforce keeps no empty text',
    },
    notTried: [],
  },
  'change events beside polling': {
    held: 49,
    notApplicable: {
      'stale-update': 'the card says that writes cannot be made conditional',
      'stale-delete': 'the card says that writes cannot be made conditional',
      'fresh-version': 'the card says that writes cannot be made conditional',
      'text-crlf': 'Salesforce writes line breaks as LF',
      'text-spaces': 'Salesforce cuts blanks at the ends of a text',
      'null-and-empty': 'Salesforce keeps no empty text',
    },
    notTried: [],
  },
};

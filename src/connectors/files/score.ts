/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = {
  'plain CSV': {
    held: 47,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
      'null-and-empty':
        'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null',
      'trouble-lost-create': 'a file on this machine always answers',
      'trouble-lost-update': 'a file on this machine always answers',
      'trouble-lost-request': 'a file on this machine always answers',
      'trouble-outage-write': 'a file on this machine always answers',
      'trouble-outage-read': 'a file on this machine always answers',
      'trouble-ended-session': 'a file on this machine always answers',
    },
    notTried: [],
  },
  'CSV as Excel saves it': {
    held: 47,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
      'null-and-empty':
        'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null',
      'trouble-lost-create': 'a file on this machine always answers',
      'trouble-lost-update': 'a file on this machine always answers',
      'trouble-lost-request': 'a file on this machine always answers',
      'trouble-outage-write': 'a file on this machine always answers',
      'trouble-outage-read': 'a file on this machine always answers',
      'trouble-ended-session': 'a file on this machine always answers',
    },
    notTried: [],
  },
  'quoted TSV': {
    held: 47,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
      'null-and-empty':
        'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null',
      'trouble-lost-create': 'a file on this machine always answers',
      'trouble-lost-update': 'a file on this machine always answers',
      'trouble-lost-request': 'a file on this machine always answers',
      'trouble-outage-write': 'a file on this machine always answers',
      'trouble-outage-read': 'a file on this machine always answers',
      'trouble-ended-session': 'a file on this machine always answers',
    },
    notTried: [],
  },
  'JSON Lines': {
    held: 47,
    notApplicable: {
      describe: 'a JSON Lines file without records has no columns yet',
      'feed-delete': 'the card says that only a lookup shows deletes',
      'trouble-lost-create': 'a file on this machine always answers',
      'trouble-lost-update': 'a file on this machine always answers',
      'trouble-lost-request': 'a file on this machine always answers',
      'trouble-outage-write': 'a file on this machine always answers',
      'trouble-outage-read': 'a file on this machine always answers',
      'trouble-ended-session': 'a file on this machine always answers',
    },
    notTried: [],
  },
  Excel: {
    held: 47,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
      'null-and-empty':
        'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null',
      'trouble-lost-create': 'a file on this machine always answers',
      'trouble-lost-update': 'a file on this machine always answers',
      'trouble-lost-request': 'a file on this machine always answers',
      'trouble-outage-write': 'a file on this machine always answers',
      'trouble-outage-read': 'a file on this machine always answers',
      'trouble-ended-session': 'a file on this machine always answers',
    },
    notTried: [],
  },
};

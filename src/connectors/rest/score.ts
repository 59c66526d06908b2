/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = [
  {
    setUps: ['cursors, changes since a moment', 'links, ETags, delta addresses'],
    held: 55,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
    },
    notTried: [],
  },
  {
    setUps: ['offsets and batches'],
    held: 39,
    notApplicable: {
      'the card says that the system has no versions': ['version-stable', 'version-changes'],
      'the system cannot digest its records': ['digests'],
      'the card says that the system has no change feed': [
        'feed-present',
        'feed-edit',
        'feed-offline',
        'feed-every-edit',
        'feed-ties',
        'feed-repeat',
        'feed-delete',
        'feed-foreign-cursor',
        'feed-follow',
        'feed-alive',
        'feed-abort',
      ],
      'the card says that writes cannot be made conditional': [
        'stale-update',
        'stale-delete',
        'fresh-version',
      ],
    },
    notTried: [],
  },
  {
    setUps: ['numbered pages, OAuth 2'],
    held: 54,
    notApplicable: {
      'the system cannot digest its records': ['digests'],
      'the card says that only a lookup shows deletes': ['feed-delete'],
    },
    notTried: [],
  },
];

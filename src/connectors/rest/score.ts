/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */
import type { Score } from '../../connector/score.ts';

export const SCORE: Score = {
  'cursors, changes since a moment': {
    held: 55,
    notApplicable: {},
    notTried: [],
  },
  'links, ETags, delta addresses': {
    held: 55,
    notApplicable: {},
    notTried: [],
  },
  'offsets and batches': {
    held: 39,
    notApplicable: {
      'version-stable': 'the card says that the system has no versions',
      'version-changes': 'the card says that the system has no versions',
      'feed-present': 'the card says that the system has no change feed',
      'feed-edit': 'the card says that the system has no change feed',
      'feed-offline': 'the card says that the system has no change feed',
      'feed-every-edit': 'the card says that the system has no change feed',
      'feed-ties': 'the card says that the system has no change feed',
      'feed-repeat': 'the card says that the system has no change feed',
      'feed-delete': 'the card says that the system has no change feed',
      'feed-foreign-cursor': 'the card says that the system has no change feed',
      'feed-follow': 'the card says that the system has no change feed',
      'feed-alive': 'the card says that the system has no change feed',
      'feed-abort': 'the card says that the system has no change feed',
      'stale-update': 'the card says that writes cannot be made conditional',
      'stale-delete': 'the card says that writes cannot be made conditional',
      'fresh-version': 'the card says that writes cannot be made conditional',
    },
    notTried: [],
  },
  'numbered pages, OAuth 2': {
    held: 54,
    notApplicable: {
      'feed-delete': 'the card says that only a lookup shows deletes',
    },
    notTried: [],
  },
};

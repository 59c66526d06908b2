/** Looks that cross: an older one counts for more than it can show, or a newer one settles what it could not see. */
import type { PlantedBug } from './bug.ts';

const DRAFT = 'src/engine/merge-draft.ts';
const ACKNOWLEDGE = 'src/engine/acknowledge.ts';
const APPLY = 'src/worker/apply.ts';
const ANSWER = 'src/worker/answer.ts';

export const ORDER_BUGS: readonly PlantedBug[] = [
  {
    name: 'forgotten-by-an-early-look',
    about: 'comeBetween',
    sentence: 'What was sent is forgotten by a look that began while it could still land.',
    file: DRAFT,
    find: 'sent: this.link.sent.filter((sent) => sent.expiresAtMs > this.seen.readBeganMs),',
    replace: 'sent: [],',
  },
  {
    name: 'early-look-settles-the-hint',
    about: 'lag',
    sentence: 'A look closes a hint although it was too early to show what the hint tells of.',
    file: 'src/worker/look.ts',
    find: 'beganMs + side.card.readLagMs,\n    );',
    replace: 'Infinity,\n    );',
  },
  {
    name: 'pages-do-not-wait-for-looks',
    about: 'comesBack',
    sentence: 'A page is applied beside a look at its records that is just being stored.',
    file: APPLY,
    find: 'await tx.lookOnceMore(page.side, recordIds);',
    replace: '',
  },
  {
    name: 'gone-before-it-was-known',
    about: 'laggingDeletes',
    sentence: 'That a record which nobody knew is gone is not remembered, and an older page brings it in.',
    file: 'src/worker/sort.ts',
    find: 'else sorted.unlinked.push(goneUnknown(sighting.recordId, nowMs));',
    replace: '',
  },
  {
    name: 'followed-across-a-gap',
    about: 'latest',
    sentence: 'A feed that lost its position vouches for the time before it got a new one.',
    file: DRAFT,
    find: 'const isShown = followed !== undefined && followed.sinceMs <= lookedAtMs;',
    replace: 'const isShown = followed !== undefined;',
  },
  {
    name: 'deleted-although-seen-since',
    about: 'changedMinds',
    sentence: 'The answer to a delete counts although the record was seen again after it was sent.',
    file: ACKNOWLEDGE,
    find: "if (link.status !== 'gone' && hasMoved(link, write))",
    replace: 'if (bundle.identity.seq < 0)',
    guards: [
      {
        file: ANSWER,
        find: "hints.push({ recordId: result.recordId, kind: isOpen ? 'deleted' : 'changed' });",
        replace: 'if (isOpen) hints.push();',
      },
    ],
  },
  {
    name: 'lost-create-replaces-its-rival',
    about: 'takenCreates',
    sentence:
      'What is accounted for of a record that took the place of a lost create is forgotten when that is settled.',
    file: 'src/worker/settle.ts',
    find: 'if (linkAt(bundle, side)?.recordId === ruling.recordId)',
    replace: 'if (bundle.identity.seq < 0)',
  },
];

/** Wrong order: what an older look could not show, what two looks show only together, and what must wait for a look. */
import type { PlantedBug } from './bug.ts';

export const ORDER_BUGS: readonly PlantedBug[] = [
  {
    name: 'clash-is-looked-at-alone',
    about: 'keys',
    sentence: 'Two things that have got each other’s keys are each held, and never looked at together.',
    file: 'src/worker/clashes.ts',
    find: 'return [...hints, ...(await tx.claimRecords(side, others, HINT_LEASE_MS))];',
    replace: 'return hints;',
  },
  {
    name: 'clash-of-another-key-is-known',
    about: 'takenCreates',
    sentence: 'What is held for the key of a thing, and gets that of another one, is not looked at again.',
    file: 'src/worker/clashes.ts',
    find: 'sameValue(keysOf.get(recordId) ?? null, keys)',
    replace: 'keysOf.has(recordId)',
  },
  {
    name: 'writes-what-it-cannot-read',
    sentence: 'A record that cannot be read is written to all the same, until its write is a dead letter.',
    file: 'src/engine/plan.ts',
    find: 'if (link?.isUnreadable === true) return null;',
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
    name: 'lost-create-replaces-its-rival',
    about: 'takenCreates',
    sentence:
      'What is accounted for of a record that took the place of a lost create is forgotten when that is settled.',
    file: 'src/worker/settle.ts',
    find: 'if (linkAt(bundle, side)?.recordId === ruling.recordId)',
    replace: 'if (bundle.identity.seq < 0)',
  },
  {
    name: 'sent-and-overtaken-by-a-look',
    about: 'crossingLooks',
    sentence: 'What was sent is forgotten when a look was quicker than the answer.',
    file: 'src/engine/acknowledge.ts',
    find: 'return { ...link, asOfMs, sent: [...link.sent, body] };',
    replace: 'return { ...link, asOfMs };',
  },
];

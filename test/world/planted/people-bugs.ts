/** Wrong handling of what a person decided. */
import type { PlantedBug } from './bug.ts';

const PERSON = 'src/engine/person.ts';

export const PEOPLE_BUGS: readonly PlantedBug[] = [
  {
    name: 'overruled-by-a-person',
    sentence: 'The value that a person overrules is written down nowhere.',
    file: PERSON,
    find: 'decisions: [decision], holds: [] };',
    replace: 'decisions: [], holds: [] };',
  },
  {
    name: 'hold-stays-open',
    about: 'asking',
    sentence: 'A hold stays open after a person has decided about its field.',
    file: PERSON,
    find: 'const holds = bundle.holds.filter((hold) => hold.field !== field);',
    replace: 'const holds = bundle.holds;',
  },
  {
    name: 'confirmed-delete-asks-again',
    about: 'deletesHeld',
    sentence: 'What a person was shown before confirming a delete opens the same hold again.',
    file: PERSON,
    find: 'links: bundle.links.map((link) => accounting(link, seen[link.side] ?? {})),',
    replace: 'links: bundle.links.map((link) => accounting(link, {})),',
  },
  {
    name: 'revived-without-its-edit',
    about: 'deletesHeld',
    sentence: 'The edit that a refused delete had stopped is not merged.',
    file: PERSON,
    find: 'return { ...link, status, version: null };',
    replace: 'return { ...link, status };',
  },
  {
    name: 'no-look-after-a-decision',
    about: 'deletesHeld',
    sentence: 'After a decision nobody looks whether the records hold more than the person was shown.',
    file: 'src/worker/holds.ts',
    find: 'if (hold.field === null) await lookAgain(tx, [outcome.bundle]);',
    replace: '',
  },
  {
    name: 'revived-and-owed-nothing',
    about: 'changedMinds',
    sentence:
      'A record whose delete was confirmed and then refused is not brought back to the golden values.',
    file: PERSON,
    find: 'return { ...link, status, accounted: { ...link.accounted, ...seen }, agreed };',
    replace: 'return { ...link, status, accounted: { ...link.accounted, ...seen } };',
  },
];

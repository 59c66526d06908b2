/** Wrong references: a part is given another thing than was meant, one that is not there, or none for ever; or loses its thing. */
import type { PlantedBug } from './bug.ts';

const about = 'references';
const ENGINE = 'src/engine/references.ts';
const WAITS = 'src/worker/waits.ts';

export const REFERENCE_BUGS: readonly PlantedBug[] = [
  {
    name: 'another-thing-is-sent',
    about,
    sentence: 'What a reference is to be written as is looked up under whatever was found first.',
    file: 'src/worker/references.ts',
    find: 'return (lens, id) => found.get(placeKey(lens))?.get(id);',
    replace: 'return (lens) => [...(found.get(placeKey(lens)) ?? new Map<string, string>()).values()][0];',
  },
  {
    name: 'an-id-is-copied',
    about,
    sentence: 'A reference is sent as it is kept, not as the side calls what it names.',
    file: ENGINE,
    find: 'const { given, missing } = translated(side, body, callNow);\n  return { body: given, missing };',
    replace: 'const { missing } = translated(side, body, callNow);\n  return { body, missing };',
  },
  {
    name: 'what-is-not-known-is-nothing',
    about,
    sentence: 'A reference to what has not been read yet is forgotten, and nothing waits for it.',
    file: ENGINE,
    find: '    : { values: given, unread: missing, called };',
    replace: '    : { values: given, called };',
  },
  {
    name: 'nobody-waits-to-be-read',
    about,
    sentence: 'A record that names what has not been read yet is not read again when it has.',
    file: WAITS,
    find: '  await tx.endWaits(ends);\n  await tx.noteWaits(waits);',
    replace: '  await tx.endWaits(ends);',
  },
  {
    name: 'parked-writes-stay-parked',
    about,
    sentence: 'A write that waited for what it names stays out of the queue when that is there.',
    file: 'src/worker/settle-waits.ts',
    find: 'await tx.releaseWrites(writes);',
    replace: '',
    guards: [{ file: WAITS, find: '  await tx.releaseWrites(writes);', replace: '' }],
  },
  {
    name: 'things-go-before-their-parts',
    about,
    sentence: 'A thing is deleted where others still refer to it.',
    file: WAITS,
    find: 'for (const id of (await tx.referredTo(referrer, identityIds)).keys()) referred.add(id);',
    replace: 'await tx.referredTo(referrer, identityIds);',
  },
  {
    name: 'nobody-is-pointed-anew',
    about,
    sentence: 'Who names a record that was deleted and made again goes on naming the one that is gone.',
    file: 'src/engine/point.ts',
    find: '  return isSame ? bundle : { ...bundle, identity, links };',
    replace: '  return isSame || links.length > 0 ? bundle : { ...bundle, identity, links };',
  },
];

import { roomOf } from '../repository.ts';
import { MAY_IMPORT } from '../rooms.ts';
import type { Rule } from '../rule.ts';

/** A new folder under src/ is a decision about layers, so it starts in the table of them. */
export const rooms: Rule = {
  name: 'room',
  check: (repository) => {
    const found = new Set([...repository.texts.keys()].flatMap((path) => roomOf(path) ?? []));
    return [...found]
      .filter((room) => !MAY_IMPORT.has(room))
      .map((room) => ({
        path: `src/${room}`,
        line: 1,
        message: 'is not a known room',
        fix: 'move its files into one of the rooms, or add it to scripts/tidy/rooms.ts, .oxlintrc.json and docs/decisions/0004',
      }));
  },
};

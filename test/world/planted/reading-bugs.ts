/** Wrong reading: positions, hints, looks, and what is concluded from a record that is not there. */
import type { PlantedBug } from './bug.ts';

const SORT = 'src/worker/sort.ts';
const LOOK = 'src/worker/look.ts';
const APPLY = 'src/worker/apply.ts';
const CAPTURE = 'src/worker/capture.ts';
const HOMES = 'src/worker/homes.ts';
const LAG = 'src/worker/lag.ts';
const BATCH = 'src/worker/batch.ts';

export const READING_BUGS: readonly PlantedBug[] = [
  {
    name: 'cursor-before-rows',
    about: 'kills',
    sentence: 'The checkpoint moves before what it covers is stored.',
    file: CAPTURE,
    find: 'const wakened = await appliedOrHinted(sightings,',
    replace:
      'await runtime.transaction((tx) => tx.moveStream(lease, move));\n  const wakened = await appliedOrHinted(sightings,',
  },
  {
    name: 'hints-of-a-page-forgotten',
    sentence: 'Of a page that only tells where to look, the position is stored and the hints are not.',
    file: CAPTURE,
    find: 'page.hints.map(({ id, kind }) => ({ recordId: id, kind })),',
    replace: 'page.hints.flatMap(() => []),',
  },
  {
    name: 'no-sweep-after-expiry',
    sentence:
      'When a position has expired the feed is followed from the present, and nobody reads what lies between.',
    file: CAPTURE,
    find: "await tx.wakeStream(side.model.name, 'sweep', side.card.readLagMs);",
    replace: ';',
  },
  {
    name: 'always-caught-up',
    about: 'latest',
    sentence: 'Every page of a feed counts as having shown all there is.',
    file: CAPTURE,
    find: 'const currentAsOfMs = page.caughtUp ? beganMs : null;',
    replace: 'const currentAsOfMs = beganMs;',
  },
  {
    name: 'stale-looks-count',
    sentence: 'What was read before something newer was accounted for counts as the present.',
    file: SORT,
    find: 'page.readBeganMs <= record.asOfMs',
    replace: 'page.readBeganMs < 0',
    guards: [
      { file: APPLY, find: 'if (page.readBeganMs <= link.asOfMs) {', replace: 'if (page.readBeganMs < 0) {' },
    ],
  },
  {
    name: 'look-dated-at-its-end',
    about: 'crossingLooks',
    sentence: 'A look is dated by when it ended, not by when it began.',
    file: LOOK,
    find: 'readBeganMs: beganMs,\n    followed: null,',
    replace: 'readBeganMs: tx.nowMs,\n    followed: null,',
  },
  {
    name: 'reads-show-the-present',
    about: 'lag',
    sentence: 'Reads of a system that lags are dated as if they showed the present.',
    file: LAG,
    find: 'return (await runtime.nowMs()) - side.card.readLagMs;',
    replace: 'return runtime.nowMs();',
  },
  {
    name: 'hints-do-not-wait',
    about: 'lag',
    sentence: 'A hint is followed before the reads of its system can show what it tells of.',
    file: LAG,
    find: 'const lagMs = side.card.readLagMs;',
    replace: 'const lagMs = 0;',
  },
  {
    name: 'gone-stays-gone',
    about: 'comesBack',
    sentence: 'A record that comes back as it was is taken for the deleted one that is known.',
    file: SORT,
    find: "new Set(['gone', 'hidden', 'parked'])",
    replace: "new Set(['hidden', 'parked'])",
  },
  {
    name: 'hidden-stays-hidden',
    about: 'shownAgain',
    sentence: 'A record that can be seen again, and has not changed, stays hidden.',
    file: SORT,
    find: "new Set(['gone', 'hidden', 'parked'])",
    replace: "new Set(['gone', 'parked'])",
  },
  {
    name: 'parked-stays-parked',
    sentence:
      'A record that waited for another to make room is taken for unchanged when it is looked at again.',
    file: SORT,
    find: "new Set(['gone', 'hidden', 'parked'])",
    replace: "new Set(['gone', 'hidden'])",
  },
  {
    name: 'deletes-told-are-forgotten',
    about: 'laggingDeletes',
    sentence: 'That the feed itself told of a delete is forgotten when the look has to be repeated.',
    file: SORT,
    find: "return toldGone.some((told) => told.recordId === recordId) ? 'deleted' : 'changed';",
    replace: "return 'changed';",
  },
  {
    name: 'absent-is-deleted',
    sentence: 'One look that finds nothing counts as proof of a delete.',
    file: LOOK,
    find: 'else doubtful.push(hint.recordId);',
    replace: "else confirmed.set(hint.recordId, 'lookup');",
  },
  {
    name: 'failed-looks-are-closed',
    sentence: 'A record that could not be looked up counts as looked up.',
    file: LOOK,
    find: "if (lookup.kind === 'failed') looked.failed.push({ hint, failure: lookup.failure });",
    replace: "if (lookup.kind === 'failed') looked.settled.push(hint);",
  },
  {
    name: 'missing-is-not-asked-about',
    sentence: 'A sweep does not ask about the records that it did not meet.',
    file: 'src/worker/sweep.ts',
    find: "found.map((recordId) => ({ recordId, kind: 'missing' })),",
    replace: 'found.flatMap(() => []),',
  },
  {
    name: 'match-is-not-sought',
    sentence: 'A new record is never matched with a thing that is known already.',
    file: HOMES,
    find: 'const match = matchOf(all, identityByKey);',
    replace: 'const match = matchOf([], identityByKey);',
  },
  {
    name: 'own-create-not-recognised',
    about: 'keyless',
    sentence:
      'A record that came from a create of ours, whose answer is still open, is taken for a new thing.',
    file: HOMES,
    find: 'const creates = side.model.creates ? await tx.openCreates(page.side, OPEN_CREATES_MAX) : [];',
    replace: 'const creates: OpenCreate[] = [];',
  },
  {
    name: 'two-things-one-key',
    sentence: 'An edit that gives a thing the key of another is taken as any other edit.',
    file: BATCH,
    find: 'this.#holdClash(work);',
    replace: '',
  },
  {
    name: 'keys-are-never-freed',
    sentence: 'A thing keeps the keys that it no longer has.',
    file: BATCH,
    find: 'if (!keys.includes(key)) this.#save.freedKeys.push({ key, identityId: now.identity.id });',
    replace: '',
  },
  {
    name: 'parked-for-ever',
    sentence: 'A record that waited for another to make room is not looked at again when it has.',
    file: BATCH,
    find: 'if (this.#makesRoom()) await this.#tx.hintWaiting();',
    replace: '',
  },
  {
    name: 'given-again-is-the-same',
    about: 'idsGivenAgain',
    sentence: 'An id that a system gives again is taken for the return of what was deleted.',
    file: 'src/worker/given-again.ts',
    find: 'if (keys.length > 0) return !sharesKey(model, deleted, keys);',
    replace: 'return false;',
  },
  {
    name: 'told-before-the-answer-is-over',
    about: 'deletesBetween',
    sentence:
      'A delete that the feed tells of before the answer to its create is recorded is taken as done with.',
    file: 'src/worker/look.ts',
    find: 'return new Set(gone.filter((hint) => hint.notedAtMs >= sinceMs && !linked.has(hint.recordId)));',
    replace: 'return new Set();',
  },
];

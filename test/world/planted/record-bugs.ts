/** What each of the rarer checks alone finds: questions nobody is asked, stories nobody is told, plans nobody approved. */
import type { PlantedBug } from './bug.ts';

const APPLY = 'src/worker/apply.ts';
const BATCH = 'src/worker/batch.ts';

export const RECORD_BUGS: readonly PlantedBug[] = [
  {
    name: 'parked-and-nobody-asked',
    about: 'keys',
    sentence: 'A second record of one thing waits, and nobody is asked about it.',
    file: APPLY,
    find: 'await tx.saveUnlinked(page.side, unlinked, holds);',
    replace: 'await tx.saveUnlinked(page.side, unlinked, []);',
  },
  {
    name: 'made-beside-a-stranger',
    about: 'strangers',
    sentence: 'What is made beside a record of its key that is linked to nothing does not wait for that one.',
    file: 'src/worker/deliver.ts',
    find: 'if (inTheWay !== undefined) return { waits: [inTheWay] };',
    replace: '',
  },
  {
    name: 'deleted-beside-a-second-record',
    about: 'keys',
    sentence:
      'Who deletes one of two records of a thing has the thing deleted, and the other one is a thing of its own.',
    file: APPLY,
    find: 'await vacate(runtime, tx, batch, page, sorted, homes);',
    replace: '',
  },
  {
    name: 'keys-of-strangers-forgotten',
    about: 'strangers',
    sentence: 'What can be read of a record that cannot be read as a whole is forgotten.',
    file: 'src/worker/sort.ts',
    find: "else sorted.unlinked.push({ recordId, status: 'unreadable', version, asOfMs, failure, values });",
    replace:
      "else sorted.unlinked.push({ recordId, status: 'unreadable', version, asOfMs, failure, values: {} });",
  },
  {
    name: 'waits-for-a-stranger-that-has-gone',
    about: 'strangers',
    sentence: 'What waits for a record of its key waits on when that one is out of the way.',
    file: 'src/worker/settle-waits.ts',
    find: 'found.get(identityId)?.parentRecord !== parentRecord',
    replace: 'identityId === parentRecord',
  },
  {
    name: 'replaced-record-stays',
    about: 'keys',
    sentence:
      'A record that has left its thing without another taking its place still counts as the one of the thing.',
    file: BATCH,
    find: 'this.forget(isMissed ? { ...place, past: pastOf(now, link) } : place);',
    replace: '',
  },
  {
    name: 'same-again-is-news',
    sentence: 'A value that was accounted for is judged anew each time that it is seen.',
    file: 'src/engine/merge.ts',
    find: 'if (base !== undefined && field.same(value, base)) return;',
    replace: '',
  },
  {
    name: 'takes-its-page-along',
    about: 'unreadable',
    sentence: 'A record that cannot be read takes all records of its page along.',
    file: APPLY,
    find: 'await tx.buryRecords(page.side, sorted.dead, lookedAtMs);',
    replace:
      'await tx.buryRecords(page.side, sorted.dead.flatMap(({ failure }) => page.sightings.map(({ recordId }) => ({ recordId, failure }))), lookedAtMs);',
  },
  {
    name: 'leaves-unapproved',
    about: 'revisions',
    sentence: 'What is planned while a revision is only observed leaves without the approval of its plan.',
    file: BATCH,
    find: "const state = this.#runtime.mode === 'live' ? 'queued' : 'planned';",
    replace: "const state = 'queued' as const;",
  },
  {
    name: 'changed-without-a-story',
    sentence: 'A golden value changes, and the journal says nothing of it.',
    file: APPLY,
    find: "batch.apply(outcome, tells ? { ...story, kind: isNew ? 'linked' : 'changed', body } : null);",
    replace: "batch.apply(outcome, tells && isNew ? { ...story, kind: 'linked', body } : null);",
  },
];

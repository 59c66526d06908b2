/** Wrong sending: what is sent, against what, how often, and what stops it. */
import type { PlantedBug } from './bug.ts';

const DELIVER = 'src/worker/deliver.ts';
const LOOK = 'src/worker/look-before.ts';
const PLAN = 'src/engine/plan.ts';
const BATCH = 'src/worker/batch.ts';

export const DELIVERY_BUGS: readonly PlantedBug[] = [
  {
    name: 'patch-frozen-at-first-try',
    sentence: 'A write that is tried again is sent as it was the first time, whatever has changed since.',
    file: DELIVER,
    find: 'const { body } = sent;\n  const rendering = rendered(side, sent.there, kind);',
    replace: 'const body = row.body ?? sent.body;\n  const rendering = rendered(side, body, kind);',
  },
  {
    name: 'sends-what-was-queued',
    sentence: 'What is sent is the kind of write that was queued, not the kind that is owed now.',
    file: DELIVER,
    find: 'const kind = kindNow(runtime.model, bundle, row);',
    replace: 'const kind: WriteRow["kind"] | null = row.kind;',
  },
  {
    name: 'no-condition',
    sentence: 'Writes are sent without the version that they were decided against.',
    file: DELIVER,
    find: 'recordId: link?.recordId ?? null,\n      ifVersion: link?.version ?? null,\n      fields:',
    replace: 'recordId: link?.recordId ?? null,\n      ifVersion: null,\n      fields:',
  },
  {
    name: 'no-look-before-the-write',
    about: 'lostAnswers',
    sentence: 'Where the system cannot refuse a stale write nobody looks before writing.',
    file: LOOK,
    find: 'if (existing.length === 0) return intents;',
    replace: 'if (existing.length >= 0) return intents;',
  },
  {
    name: 'look-finds-no-change',
    sentence: 'The look before a write to a system without versions does not compare the values.',
    file: LOOK,
    find: 'if (read === undefined) return false;',
    replace: 'if (read !== null) return true;',
  },
  {
    name: 'looked-version-unused',
    about: 'shortAnswers',
    sentence:
      'Where the version was not known, the one that the look before the write gave is not written against.',
    file: LOOK,
    find: 'else if (isSame && side.card.conditionalWrite) versions.set(intent, lookup.record.version);',
    replace: '',
  },
  {
    name: 'stale-write-not-reread',
    sentence: 'A write that was refused because the record has changed is tried again without reading it.',
    file: 'src/worker/answer.ts',
    find: "if (next.lookFirst && intent.recordId !== null)\n        hints.push({ recordId: intent.recordId, kind: 'missing' });",
    replace: '',
  },
  {
    name: 'open-write-replanned',
    sentence: 'A write that is on its way is planned anew before its answer has come.',
    file: PLAN,
    find: "if (open?.state === 'sent' || open?.state === 'unknown') return null;",
    replace: '',
    guards: [
      {
        // As the store of the simulation says it, which is kept equal to PostgreSQL's by a test.
        file: 'test/world/store/save.ts',
        find: "return state === 'planned' || state === 'queued' || state === 'held' || state === 'dead';",
        replace: 'return state.length > 0;',
      },
    ],
  },
  {
    name: 'holds-stop-nothing',
    sentence: 'A hold on a whole thing does not stop the writes of it.',
    file: PLAN,
    find: 'const stopped = bundle.holds.some((hold) => stopsAll(bundle, hold)) || awaitsKey(model, bundle);',
    replace: 'const stopped = false;',
  },
  {
    name: 'field-holds-stop-nothing',
    sentence: 'A hold on a field does not stop the writes of it.',
    file: PLAN,
    find: 'return !isHeld(bundle, name);',
    replace: 'return true;',
  },
  {
    name: 'dead-writes-reopen',
    sentence: 'A write that was refused for good is opened again by every plan.',
    file: PLAN,
    find: 'return isSameAgain(side, bundle, open, owed) ? null :',
    replace: 'return bundle.identity.seq < 0 ? null :',
    guards: [
      {
        file: 'src/worker/deliver.ts',
        find: 'if (isRefusal(row.failure) && isSameAgain(side.model, bundle, row, kind))',
        replace: 'if (row.failure !== null && bundle.identity.seq < 0)',
      },
    ],
  },
  {
    name: 'sent-although-equal',
    sentence: 'A side that holds the golden value already is sent it once more.',
    file: PLAN,
    find: 'if (lens.field.same(bundle.identity.golden[name], link.accounted[name])) return false;',
    replace: '',
  },
  {
    name: 'creates-what-lives-nowhere',
    sentence: 'A record is made of a thing that lives nowhere else.',
    file: PLAN,
    find: "if (!side.creates || !bundle.links.some(({ status }) => status === 'live')) return false;",
    replace: 'if (!side.creates) return false;',
  },
  {
    name: 'no-guard',
    about: 'floods',
    sentence: 'A flood of deletes leaves without anybody looking at it.',
    file: BATCH,
    find: 'await this.#guard();',
    replace: '',
  },
  {
    name: 'failed-batch-is-dropped',
    sentence: 'A write that the system refused for a while is buried.',
    file: 'src/worker/retry.ts',
    find: 'return outage(failure, random);\n    default:',
    replace: "return { kind: 'bury' };\n    default:",
  },
];

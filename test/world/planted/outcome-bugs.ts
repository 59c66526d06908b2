/** Wrong conclusions from an answer, and from an answer that never came. */
import type { PlantedBug } from './bug.ts';

const ACKNOWLEDGE = 'src/engine/acknowledge.ts';
const ANSWER = 'src/worker/answer.ts';
const SETTLE = 'src/worker/settle.ts';
const RESOLVE = 'src/worker/resolve.ts';

export const OUTCOME_BUGS: readonly PlantedBug[] = [
  {
    name: 'answer-not-accounted',
    sentence: 'What was written is not noted as known, so that it is owed for ever.',
    file: ACKNOWLEDGE,
    find: 'if (lens === undefined || sent === undefined) continue;',
    replace: 'if (lens !== undefined || sent === undefined) continue;',
  },
  {
    name: 'answer-beats-a-look',
    about: 'crossingLooks',
    sentence: 'An answer undoes what a look showed after the write had landed.',
    file: ACKNOWLEDGE,
    find: 'if (known !== undefined && wasSeenSince(known, write, receipt)) {',
    replace: 'if (known !== undefined && write.seq < 0) {',
  },
  {
    name: 'answer-hides-news',
    sentence: 'Everything that an answer shows beyond our body is taken as known.',
    file: ACKNOWLEDGE,
    find: 'if (receipt.returned === null) return unchanged(accounted);',
    replace: 'if (receipt.nowMs > 0) return unchanged(accounted);',
  },
  {
    name: 'second-record-unnoticed',
    sentence: 'A create that made a second record of one thing counts as any other.',
    file: ACKNOWLEDGE,
    find: 'if (known !== undefined && known.recordId !== receipt.recordId) {',
    replace: 'if (known !== undefined && write.seq < 0) {',
    guards: [
      // Otherwise the second record is parked when it is seen, and a person is asked about that.
      {
        file: 'src/worker/apply.ts',
        find: "if (link !== undefined && link.status !== 'gone') return null;",
        replace: '',
      },
    ],
  },
  {
    name: 'given-up-link-comes-back',
    about: 'deletesBetween',
    sentence: 'An update that lands after its link was given up makes the link anew.',
    file: ACKNOWLEDGE,
    find: "if (known === undefined && write.kind === 'update') return unchanged(without);",
    replace: '',
  },
  {
    name: 'half-landed-is-landed',
    about: 'lostUpdates',
    sentence: 'A lost update counts as landed when one of its values is there.',
    file: ACKNOWLEDGE,
    find: 'const holdsBody = lenses.every(',
    replace: 'const holdsBody = lenses.some(',
  },
  {
    name: 'not-landed-too-early',
    about: 'lateUpdates',
    sentence: 'A lost update counts as not landed while it may still be on its way.',
    file: ACKNOWLEDGE,
    find: 'return isQuiet && ifVersion !== null && seen.version === ifVersion',
    replace: 'return ifVersion !== null && seen.version === ifVersion',
  },
  {
    name: 'not-landed-without-evidence',
    about: 'comeBetween',
    sentence: 'A lost update counts as not landed although the record has another version.',
    file: ACKNOWLEDGE,
    find: 'return isQuiet && ifVersion !== null && seen.version === ifVersion',
    replace: 'return isQuiet',
  },
  {
    name: 'lost-bodies-forgotten',
    about: 'comeBetween',
    sentence: 'A body whose outcome was never learned is not remembered.',
    file: ACKNOWLEDGE,
    find: 'return { ...link, version: null, sent: [...link.sent, sent] };',
    replace: 'return { ...link, version: null };',
  },
  {
    name: 'delete-keeps-its-link',
    about: 'changedMinds',
    sentence: 'A delete that a person refused too late leaves its record as gone, and nobody makes it again.',
    file: ACKNOWLEDGE,
    find: 'if (bundle.identity.tombstone === null) return withoutLink(bundle, side);',
    replace: '',
  },
  {
    name: 'any-try-is-the-newest',
    about: 'standStill',
    sentence: 'An answer is recorded against whatever try of the write is open.',
    file: ANSWER,
    find: 'row.epoch === intent.epoch &&',
    replace: '',
    guards: [
      {
        // As the store of the simulation says it, which is kept equal to PostgreSQL's by a test.
        file: 'test/world/store/writes.ts',
        find: 'return isOut && end?.writeId === write.writeId && end.epoch === write.leaseEpoch;',
        replace: 'return isOut && endOf.has(writeKey(write));',
      },
    ],
  },
  {
    name: 'late-answer-ends-the-next-write',
    about: 'takenCreates',
    sentence: 'A late answer to a write that was given up ends the next write of the record.',
    // The store of the simulation, as above.
    file: 'test/world/store/writes.ts',
    find: 'end?.writeId === write.writeId && end.epoch',
    replace: 'end?.epoch',
  },
  {
    name: 'id-given-again-unnoticed',
    about: 'idsGivenAgain',
    sentence: 'The memory of a deleted record stands in the way of the record that has got its id.',
    file: 'src/worker/given-again.ts',
    find: 'for (const record of former) giveWay(batch, side, record);',
    replace: '',
  },
  {
    name: 'no-quarantine',
    sentence: 'A lost write counts as settled at once, as if nothing could be executed late.',
    file: ANSWER,
    find: 'return card.executionMaxMs + card.readLagMs;',
    replace: 'return 0;',
  },
  {
    name: 'unknown-sent-again',
    sentence: 'A write whose answer was lost is sent again at once.',
    file: 'src/worker/retry.ts',
    find: "return { kind: 'resolve' };",
    replace: 'return AT_ONCE;',
  },
  {
    name: 'not-found-is-not-made',
    sentence: 'A lost create counts as not made as soon as one look does not find its record.',
    file: SETTLE,
    find: "return isQuiet ? { kind: 'notLanded' } : later(NOT_LANDED, openForMs);",
    replace: "return { kind: 'notLanded' };",
  },
  {
    name: 'made-again-where-nothing-tells',
    sentence: 'A lost create is sent again to a system that can tell nothing about it.',
    file: SETTLE,
    find: "case 'impossible':\n    case 'several':\n      return asked('createOutcomeUnknown', openForMs);",
    replace:
      "case 'impossible':\n    case 'several':\n      return isQuiet ? { kind: 'notLanded' } : later(UNKNOWN_CREATE, openForMs);",
  },
  {
    name: 'lost-create-not-held',
    sentence: 'A create whose outcome cannot be told is closed, and the next plan makes the record again.',
    file: SETTLE,
    find: 'const outcome = held(withoutWrite(bundle, side), hold);',
    replace: 'const outcome = unchanged(withoutWrite(bundle, side));',
  },
  {
    name: 'hidden-keeps-it-open',
    about: 'hiding',
    sentence: 'The lost write to a record that is kept from us stays open for ever.',
    file: RESOLVE,
    find: "return { kind: 'hidden' };",
    replace: "return { kind: 'failed', failure: failureOfError(null) };",
  },
  {
    name: 'takes-the-record-of-another',
    about: 'takenCreates',
    sentence: 'A record that belongs to another thing is taken for what a lost create has made.',
    file: RESOLVE,
    find: "const finding: Finding = others.has(write.writeId) ? { kind: 'several' } : found;",
    replace: 'const finding: Finding = found;',
  },
  {
    name: 'resolves-any-try',
    about: 'slowFinds',
    sentence: 'What was found out about one try is recorded against a later one.',
    file: RESOLVE,
    find: "if (stored === undefined || row?.state !== 'unknown' || row.epoch !== write.epoch) continue;",
    replace: "if (stored === undefined || row?.state !== 'unknown') continue;",
    guards: [
      {
        file: RESOLVE,
        find: 'const openForMs = resolveAtMs - (beganMs + side.card.readLagMs);',
        replace: 'const openForMs = resolveAtMs - tx.nowMs;',
      },
    ],
  },
  {
    name: 'answer-to-a-reaped-write',
    about: 'standStill',
    sentence: 'An answer is taken as recorded although its write was given up in the very same moment.',
    file: 'src/worker/ends.ts',
    find: "if (isLost) throw new Collision('the write was given up while its answer was being recorded');",
    replace: '',
  },
  {
    name: 'what-is-not-told-is-known',
    about: 'unsaid',
    sentence:
      'A version counts as known although the answer to a create left out what the system had filled in.',
    file: ACKNOWLEDGE,
    find: '(link.version === receipt.version || isWhole(side, written, receipt));',
    replace: 'true;',
  },
  {
    name: 'what-was-known-counts-as-told',
    about: 'unsaid',
    sentence:
      'Of fields that the answer to an update leaves out, what was known before counts as what they hold now.',
    file: ACKNOWLEDGE,
    find: 'isWhole(side, written, receipt));',
    replace: 'isWhole(side, { ...link.accounted, ...written }, receipt));',
  },
];

/** The five things people say when it does not sync, each walked down to a cause with its evidence. Pure. */
import { counted } from '../lib/counted.ts';
import type { AlertRow } from '../store/alerts.ts';
import type { SyncRow } from '../store/control.ts';
import type { HeldSet } from '../store/held.ts';
import type { SideCounts } from '../store/status.ts';
import type { Vitals } from '../store/vitals.ts';
import { finding, ofCondition, ofProblem, samplesOf, type Finding, type Symptom } from './finding.ts';
import { connectionOf, type ProblemView } from './problem-view.ts';
import type { Condition } from './watch/condition.ts';

/** One sync, with everything that is known of how it stands. */
export interface Evidence {
  readonly sync: SyncRow;
  readonly counts: readonly SideCounts[];
  /** The largest; `problemsLeftOut` says whether there are more. */
  readonly problems: readonly ProblemView[];
  readonly problemsLeftOut: boolean;
  readonly vitals: Vitals;
  readonly conditions: readonly Condition[];
  /** What the last look of the watch had to say of connections, of this sync and of others. */
  readonly ofConnections: readonly AlertRow[];
  readonly heldSets: readonly HeldSet[];
  readonly plannedWrites: number;
  readonly nowMs: number;
}

export function diagnose(evidence: Evidence): readonly Finding[] {
  return [
    ...nothingSyncs(evidence),
    ...recordsMissing(evidence),
    ...duplicates(evidence),
    ...outOfDate(evidence),
    ...mismatches(evidence),
  ];
}

/** What no record is to blame for, whichever of them met it first. */
const OF_A_SIDE: ReadonlySet<string> = new Set(['auth', 'config']);
/** What mostly passes by itself, and is told because it has not. */
const WAITING: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'precondition', 'unknownOutcome']);

function nothingSyncs(evidence: Evidence): readonly Finding[] {
  const { problems, conditions } = evidence;
  const stalled = conditions.filter(({ code }) => code === 'watch.stalled');
  // What stops a whole side stops everything that comes from it or goes to it.
  const stopping = problems.filter(
    ({ kind, records, direction }) =>
      records === 0 || OF_A_SIDE.has(kind) || (WAITING.has(kind) && direction === 'both'),
  );
  return [
    ...ofMode(evidence),
    ...stalled.map((condition) => ofCondition('nothing', condition, evidence.sync)),
    ...stopping.map((problem) => ofProblem('nothing', problem, evidence.sync)),
  ];
}

function ofMode({ sync, plannedWrites }: Evidence): readonly Finding[] {
  switch (sync.mode) {
    case 'live':
      return [];
    case 'paused':
      return [
        finding({
          symptom: 'nothing',
          cause: 'The sync is paused.',
          evidence: [`${sync.name} is in the mode paused`],
          weight: 'stopped',
          fault: 'setUp',
          advice: 'Resume it when it may run again.',
          place: 'sync',
          next: 'trueup apply',
        }),
      ];
    case 'observe':
      return [
        finding({
          symptom: 'nothing',
          cause:
            sync.recoveringSinceMs === null
              ? 'The sync only observes: nobody has approved its plan yet.'
              : 'The store has gone back in time, and nobody has approved a plan since: the sync only observes.',
          evidence: [
            `revision ${String(sync.revision)} is observed, ${counted(plannedWrites, 'write is', 'writes are')} planned`,
          ],
          weight: 'stopped',
          fault: 'decision',
          advice: 'Look at the plan and approve it.',
          place: 'plan',
          next: 'trueup plan',
        }),
      ];
  }
}

function recordsMissing(evidence: Evidence): readonly Finding[] {
  const lost = evidence.problems.filter(
    ({ code, kind, records }) =>
      records > 0 && (kind === 'invalid' || kind === 'permanent' || code === 'hold.hidden'),
  );
  const deletes = evidence.heldSets.filter(({ kind }) => kind === 'delete');
  return [
    ...deletes.map((flood) => ofFlood('missing', flood, evidence)),
    ...lost.map((problem) => ofProblem('missing', problem, evidence.sync)),
    ...excludedRecords(evidence),
    ...closedSides(evidence),
  ];
}

function excludedRecords({ counts, sync }: Evidence): readonly Finding[] {
  return counts
    .filter(({ excluded }) => excluded > 0)
    .map(({ side, excluded, records }) =>
      finding({
        symptom: 'missing',
        cause: `A rule of the sync, or a person, leaves ${String(excluded)} of ${counted(records, 'record')} of ${side} out.`,
        evidence: filtersOf(sync, side),
        weight: 'asSetUp',
        fault: 'setUp',
        side,
        records: { count: excluded, samples: [] },
        advice: 'If one of them should take part, trace it: it says which rule it does not meet.',
        place: 'excludedRecords',
        connection: connectionOf(sync, side) ?? null,
        next: `trueup trace ${side} ID`,
      }),
    );
}

function closedSides({ sync }: Evidence): readonly Finding[] {
  return sync.definition.sides
    .filter(({ creates }) => !creates)
    .map(({ name: side, connection }) =>
      finding({
        symptom: 'missing',
        cause: `The sync makes no records at ${side}.`,
        evidence: [`\`creates\` is off for ${side}`],
        weight: 'asSetUp',
        fault: 'setUp',
        side,
        advice: 'If new records should arrive there, switch `creates` on.',
        place: 'syncFile',
        connection,
        next: 'trueup plan',
      }),
    );
}

function filtersOf({ definition }: SyncRow, side: string): readonly string[] {
  const found = definition.sides.find(({ name }) => name === side);
  const conditions = (found?.where ?? []).map(({ native }) => `a condition on ${native}`);
  return [...conditions, ...(found?.filter === undefined ? [] : [`the filter ${found.filter}`])];
}

const ABOUT_DUPLICATES: ReadonlySet<string> = new Set([
  'hold.duplicateRecord',
  'hold.merged',
  'hold.ambiguousMatch',
  'trueup.duplicate_record',
  'trueup.ambiguous_match',
  'hold.createOutcomeUnknown',
]);

/** Also what the systems themselves call a duplicate, by their own codes. */
function duplicates(evidence: Evidence): readonly Finding[] {
  return evidence.problems
    .filter(({ code }) => ABOUT_DUPLICATES.has(code) || /duplicate|unique/.test(code))
    .map((problem) => ofProblem('duplicates', problem, evidence.sync));
}

const ABOUT_TIME: ReadonlySet<string> = new Set([
  'watch.stale',
  'watch.silent',
  'watch.deaf_feed',
  'watch.wrong_clock',
  'watch.queue',
  'watch.failure_rate',
  'watch.announcements',
  'watch.silent_webhook',
  'watch.refused_webhook',
]);

function outOfDate(evidence: Evidence): readonly Finding[] {
  const late = evidence.conditions.filter(({ code }) => ABOUT_TIME.has(code));
  const waiting = evidence.problems.filter(({ kind }) => WAITING.has(kind));
  return [
    ...late.map((condition) => ofCondition('stale', condition, evidence.sync)),
    ...waiting.map((problem) => ofProblem('stale', problem, evidence.sync)),
    ...shortOfConnections(evidence),
  ];
}

/** What holds a connection up, or soon will, before anything fails of it. */
export const ABOUT_CONNECTIONS: ReadonlySet<string> = new Set(['watch.quota', 'watch.token_expiry']);

function shortOfConnections({ sync, ofConnections }: Evidence): readonly Finding[] {
  return ofConnections.flatMap(({ connection, code, title, detail, advice, sinceMs }) => {
    const sides = sync.definition.sides.filter((side) => side.connection === connection);
    if (connection === null || sides.length === 0) return [];
    return [
      finding({
        symptom: 'stale',
        cause: title,
        evidence: [detail],
        weight: 'partly',
        fault: 'access',
        side: sides.length === 1 ? (sides[0]?.name ?? null) : null,
        sinceMs,
        advice,
        place: 'connection',
        connection,
        next: code === 'watch.token_expiry' ? `trueup connect ${connection}` : 'trueup status',
      }),
    ];
  });
}

function mismatches(evidence: Evidence): readonly Finding[] {
  const { problems, conditions } = evidence;
  const drift = conditions.filter(({ code }) => code === 'watch.drift');
  const held = problems.filter(
    ({ kind, code }) =>
      kind === 'hold' && !ABOUT_DUPLICATES.has(code) && !OF_FLOODS.has(code) && code !== 'hold.hidden',
  );
  const refused = problems.filter(
    ({ kind, direction }) => (kind === 'invalid' || kind === 'permanent') && direction !== 'in',
  );
  return [
    ...drift.map((condition) => ofCondition('mismatch', condition, evidence.sync)),
    ...[...held, ...refused].map((problem) => ofProblem('mismatch', problem, evidence.sync)),
    ...evidence.heldSets.map((flood) => ofFlood('mismatch', flood, evidence)),
  ];
}

/** Told once, as the set that is let go. */
const OF_FLOODS: ReadonlySet<string> = new Set(['hold.massDelete', 'hold.massChange']);

function ofFlood(
  symptom: Symptom,
  { side, kind, writes, hash }: HeldSet,
  { sync, problems }: Evidence,
): Finding {
  const code = kind === 'delete' ? 'hold.massDelete' : 'hold.massChange';
  const problem = problems.find((one) => one.side === side && one.code === code);
  return finding({
    symptom,
    cause: `The guard has stopped ${counted(writes, kind)} at ${side}.`,
    evidence: ['more would change at once than the guard lets through'],
    weight: 'partly',
    fault: 'decision',
    side,
    sinceMs: problem?.openedMs ?? null,
    records: { count: writes, samples: samplesOf(problem) },
    advice: 'Look at them. If they are meant, let exactly these go.',
    place: 'review',
    connection: connectionOf(sync, side) ?? null,
    problemId: problem?.problemId ?? null,
    next: `trueup holds release ${side} ${kind} ${hash.slice(0, 12)}`,
  });
}

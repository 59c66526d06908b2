/** The five things people say when it does not sync, each walked down to a cause with its evidence. Pure. */
import { counted } from '../lib/counted.ts';
import type { SyncRow } from '../store/control.ts';
import type { HeldSet } from '../store/held.ts';
import type { SideCounts } from '../store/status.ts';
import type { ProblemView } from './problem-view.ts';
import type { Condition } from './watch/condition.ts';

export type Symptom = 'nothing' | 'missing' | 'duplicates' | 'stale' | 'mismatch';

export const SYMPTOMS: Readonly<Record<Symptom, string>> = {
  nothing: 'Nothing is syncing',
  missing: 'Records are missing',
  duplicates: 'There are duplicates',
  stale: 'What arrives is out of date',
  mismatch: 'The systems disagree',
};

/** One sync, with everything that is known of how it stands. */
export interface Evidence {
  readonly sync: SyncRow;
  readonly counts: readonly SideCounts[];
  readonly problems: readonly ProblemView[];
  readonly conditions: readonly Condition[];
  readonly heldSets: readonly HeldSet[];
  readonly plannedWrites: number;
  readonly nowMs: number;
}

/** A cause with what speaks for it. `sure` where the evidence leaves no other. */
export interface Finding {
  readonly symptom: Symptom;
  readonly cause: string;
  readonly evidence: readonly string[];
  readonly side: string | null;
  readonly sinceMs: number | null;
  readonly records: number | null;
  readonly advice: string;
  readonly next: string;
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

const OF_A_SIDE: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'auth', 'config']);

function nothingSyncs({ sync, problems, conditions, plannedWrites }: Evidence): readonly Finding[] {
  const findings: Finding[] = [];
  if (sync.mode === 'paused')
    findings.push(
      ofTheSync(
        'The sync is paused.',
        `${sync.name} is in the mode paused`,
        'Resume it when it may run again.',
        'trueup apply',
      ),
    );
  if (sync.mode === 'observe')
    findings.push(
      ofTheSync(
        'The sync only observes: nobody has approved its plan yet.',
        `revision ${String(sync.revision)} is observed, ${counted(plannedWrites, 'write is', 'writes are')} planned`,
        'Look at the plan and approve it.',
        'trueup plan',
      ),
    );
  for (const condition of conditions.filter(({ code }) => code === 'watch.stalled'))
    findings.push(ofCondition('nothing', condition));
  // What stops a whole side stops everything that comes from it or goes to it.
  const stopping = problems.filter(
    ({ kind, records, direction }) => OF_A_SIDE.has(kind) && (records === 0 || direction === 'both'),
  );
  return [...findings, ...stopping.map((problem) => ofProblem('nothing', problem))];
}

function ofTheSync(cause: string, evidence: string, advice: string, next: string): Finding {
  return {
    symptom: 'nothing',
    cause,
    evidence: [evidence],
    side: null,
    sinceMs: null,
    records: null,
    advice,
    next,
  };
}

function recordsMissing({ counts, problems, sync }: Evidence): readonly Finding[] {
  const lost = problems.filter(
    ({ code, kind, records }) =>
      records > 0 &&
      (kind === 'invalid' || kind === 'permanent' || code === 'hold.hidden' || code === 'hold.massDelete'),
  );
  const excluded = counts.flatMap(({ side, excluded: records, records: all }): readonly Finding[] =>
    records === 0
      ? []
      : [
          {
            symptom: 'missing',
            cause: `A rule of the sync, or a person, leaves ${String(records)} of ${counted(all, 'record')} of ${side} out.`,
            evidence: filtersOf(sync, side),
            side,
            sinceMs: null,
            records,
            advice: 'If one of them should take part, trace it: it says which rule it does not meet.',
            next: `trueup trace ${side} ID`,
          },
        ],
  );
  const receiving = sync.definition.sides.filter(({ creates }) => !creates).map(({ name }) => name);
  const closed: readonly Finding[] = receiving.map((side) => ({
    symptom: 'missing',
    cause: `The sync makes no records at ${side}.`,
    evidence: [`\`creates\` is off for ${side}`],
    side,
    sinceMs: null,
    records: null,
    advice: 'If new records should arrive there, switch `creates` on.',
    next: 'trueup plan',
  }));
  return [...lost.map((problem) => ofProblem('missing', problem)), ...excluded, ...closed];
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
function duplicates({ problems }: Evidence): readonly Finding[] {
  return problems
    .filter(({ code }) => ABOUT_DUPLICATES.has(code) || /duplicate|unique/.test(code))
    .map((problem) => ofProblem('duplicates', problem));
}

const ABOUT_TIME: ReadonlySet<string> = new Set([
  'watch.stale',
  'watch.silent',
  'watch.deaf_feed',
  'watch.wrong_clock',
  'watch.queue',
  'watch.quota',
  'watch.announcements',
]);

function outOfDate({ conditions, problems }: Evidence): readonly Finding[] {
  const waiting = problems.filter(({ kind }) => kind === 'transient' || kind === 'rateLimited');
  return [
    ...conditions
      .filter(({ code }) => ABOUT_TIME.has(code))
      .map((condition) => ofCondition('stale', condition)),
    ...waiting.map((problem) => ofProblem('stale', problem)),
  ];
}

function mismatches({ problems, heldSets }: Evidence): readonly Finding[] {
  const held = problems.filter(
    ({ kind, code }) => kind === 'hold' && !ABOUT_DUPLICATES.has(code) && code !== 'hold.hidden',
  );
  const refused = problems.filter(
    ({ kind, direction }) => (kind === 'invalid' || kind === 'permanent') && direction !== 'in',
  );
  const floods = heldSets.map(({ side, kind, writes, hash }): Finding => ({
    symptom: 'mismatch',
    cause: `The guard has stopped ${String(writes)} ${kind}s at ${side}.`,
    evidence: ['more would change at once than the guard lets through'],
    side,
    sinceMs: null,
    records: writes,
    advice: 'Look at them. If they are meant, let exactly these go.',
    next: `trueup holds release ${side} ${kind} ${hash.slice(0, 12)}`,
  }));
  return [...[...held, ...refused].map((problem) => ofProblem('mismatch', problem)), ...floods];
}

function ofProblem(symptom: Symptom, problem: ProblemView): Finding {
  const { explanation, code, message, samples, side, openedMs, records, advice, problemId, reach } = problem;
  const others =
    reach === 'side'
      ? []
      : [reach === 'systems' ? 'several systems fail at once' : 'every sync of the connection has it'];
  return {
    symptom,
    cause: explanation ?? code,
    evidence: [
      `${code}: ${message}`,
      ...others,
      ...(samples.length === 0 ? [] : [`for example ${samples.join(', ')}`]),
    ],
    side,
    sinceMs: openedMs,
    records: records === 0 ? null : records,
    advice: advice ?? '',
    next: `trueup problems show ${problemId}`,
  };
}

function ofCondition(
  symptom: Symptom,
  { title, detail, side, sinceMs, records, advice }: Condition,
): Finding {
  return {
    symptom,
    cause: title,
    evidence: [detail],
    side,
    sinceMs,
    records: records?.count ?? null,
    advice,
    next: 'trueup alerts',
  };
}

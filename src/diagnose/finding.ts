/** What a diagnosis says: a cause with what speaks for it, how heavy it is, whose fault, and where it is mended. */
import type { AboutRecords } from '../store/alerts.ts';
import type { SyncRow } from '../store/control.ts';
import { connectionOf, type ProblemView } from './problem-view.ts';
import type { Condition } from './watch/condition.ts';

export type Symptom = 'nothing' | 'missing' | 'duplicates' | 'stale' | 'mismatch';

export const SYMPTOMS: Readonly<Record<Symptom, string>> = {
  nothing: 'Nothing is syncing',
  missing: 'Records are missing',
  duplicates: 'There are duplicates',
  stale: 'What arrives is out of date',
  mismatch: 'The systems disagree',
};

/** `stopped`: nothing goes at all, at a side or everywhere. `partly`: some does not. `asSetUp`: somebody meant it so. */
export type Weight = 'stopped' | 'partly' | 'asSetUp';

export type Fault = 'system' | 'access' | 'setUp' | 'values' | 'decision' | 'workers' | 'trueup' | 'unclear';

/** Whose fault it is, in words. */
export const FAULTS: Readonly<Record<Fault, string>> = {
  system: 'the other system',
  access: 'the account or its rights in the other system',
  setUp: 'how the sync is set up',
  values: 'the values of the records',
  decision: 'nobody: it waits for a person to decide',
  workers: 'Trueup’s workers, which do not run',
  trueup: 'Trueup itself',
  unclear: 'not clear from what is known',
};

/** Where it is mended. */
export type Place =
  | 'problem'
  | 'connection'
  | 'review'
  | 'plan'
  | 'sync'
  | 'syncFile'
  | 'excludedRecords'
  | 'reconciliation'
  | 'activity';

/** A cause with what speaks for it. */
export interface Finding {
  readonly symptom: Symptom;
  readonly cause: string;
  readonly evidence: readonly string[];
  readonly weight: Weight;
  readonly fault: Fault;
  readonly side: string | null;
  readonly sinceMs: number | null;
  /** Null where it is about no single records. */
  readonly records: AboutRecords | null;
  readonly advice: string;
  readonly place: Place;
  /** The connection of the side. */
  readonly connection: string | null;
  readonly problemId: string | null;
  /** The command that goes on from here. */
  readonly next: string;
}

/** What is not said is not known, or not of one side. */
export function finding(
  said: Pick<Finding, 'symptom' | 'cause' | 'weight' | 'fault' | 'advice' | 'place' | 'next'> &
    Partial<Finding>,
): Finding {
  return {
    evidence: [],
    side: null,
    sinceMs: null,
    records: null,
    connection: null,
    problemId: null,
    ...said,
  };
}

const OF_WHOLE_SIDES: ReadonlySet<string> = new Set(['auth', 'config']);

export function ofProblem(symptom: Symptom, problem: ProblemView, sync: SyncRow): Finding {
  const { explanation, code, message, side, openedMs, records, advice, problemId, reach } = problem;
  const others =
    reach === 'side'
      ? []
      : [reach === 'systems' ? 'several systems fail at once' : 'every sync of the connection has it'];
  return finding({
    symptom,
    cause: explanation ?? code,
    evidence: [`${code}: ${message}`, ...others],
    weight: records === 0 || OF_WHOLE_SIDES.has(problem.kind) ? 'stopped' : 'partly',
    fault: faultOf(problem),
    side,
    sinceMs: openedMs,
    records: records === 0 ? null : { count: records, samples: samplesOf(problem) },
    advice: advice ?? '',
    place: placeOf(problem),
    connection: connectionOf(sync, side) ?? null,
    problemId,
    next: `trueup problems show ${problemId}`,
  });
}

/** By their ids at the side, or by that of the identity where there is no record yet. */
export function samplesOf(problem: ProblemView | undefined): AboutRecords['samples'] {
  return (problem?.samples ?? []).map((recordId) => ({ recordId, identityId: null }));
}

const FAULTS_OF_KINDS: Readonly<Record<string, Fault>> = {
  transient: 'system',
  rateLimited: 'system',
  auth: 'access',
  config: 'setUp',
  invalid: 'values',
  permanent: 'values',
  hold: 'decision',
};

function faultOf({ kind, code, isOurBug }: ProblemView): Fault {
  if (isOurBug) return 'trueup';
  if (code === 'hold.hidden') return 'access';
  return FAULTS_OF_KINDS[kind] ?? 'unclear';
}

const OF_CONNECTIONS: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'auth']);

function placeOf({ kind, code, isOurBug }: ProblemView): Place {
  if (isOurBug) return 'problem';
  if (OF_CONNECTIONS.has(kind) || code === 'hold.hidden' || code.startsWith('connection.'))
    return 'connection';
  return kind === 'hold' || code === 'trueup.side_emptied' ? 'review' : 'problem';
}

/** Signs that nothing at all goes on. */
const STOPPING_SIGNS: ReadonlySet<string> = new Set(['watch.stalled', 'watch.stale']);

const FAULTS_OF_SIGNS: Readonly<Record<string, Fault>> = {
  'watch.stalled': 'workers',
  'watch.recovering': 'decision',
  'watch.silent': 'system',
  'watch.deaf_feed': 'system',
  'watch.wrong_clock': 'system',
  'watch.announcements': 'system',
  'watch.silent_webhook': 'system',
  'watch.refused_webhook': 'setUp',
};

export function ofCondition(
  symptom: Symptom,
  { code, title, detail, side, sinceMs, records, advice }: Condition,
  sync: SyncRow,
): Finding {
  const connection = side === null ? null : (connectionOf(sync, side) ?? null);
  return finding({
    symptom,
    cause: title,
    evidence: [detail],
    weight: STOPPING_SIGNS.has(code) ? 'stopped' : 'partly',
    fault: FAULTS_OF_SIGNS[code] ?? 'unclear',
    side,
    sinceMs,
    records: records ?? null,
    advice,
    place: code === 'watch.drift' ? 'reconciliation' : connection === null ? 'activity' : 'connection',
    connection,
    next: code === 'watch.drift' ? `trueup reconcile ${sync.name}` : 'trueup alerts',
  });
}

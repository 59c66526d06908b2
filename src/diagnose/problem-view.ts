/** A problem as people see it: whither it goes, how far it reaches, and since when, in words. */
import { RETRY } from '../connector/known-failures.ts';
import type { SyncRow } from '../store/control.ts';
import type { HourCount, Problem } from '../store/problems.ts';
import { isOurBug, knownFailure } from './catalogue.ts';

export type Trend = 'new' | 'growing' | 'steady' | 'shrinking' | 'over';

/** `side`: one sync's side. `connection`: every sync that uses the connection. `systems`: several systems at once. */
export type Reach = 'side' | 'connection' | 'systems';

export interface ProblemView extends Problem {
  readonly sync: string;
  readonly trend: Trend;
  readonly reach: Reach;
  /** How long it has been open, or was until it was resolved. */
  readonly openForMs: number;
  /** Why such a failure happens, and whether trying again helps; null for a code that nobody has described. */
  readonly explanation: string | null;
  readonly retry: string | null;
  /** Trueup itself is at fault, or fails to explain. */
  readonly isOurBug: boolean;
}

const NEW_FOR_MS = 60 * 60 * 1_000;
/** What changes by less is steady. */
const STEADY_SHARE = 0.1;
/** What stops a whole side, whatever its records. */
const OF_A_SYSTEM: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'auth']);

/** `all`: every open problem of the workspace, for telling whether others have the same. */
export function viewProblems(
  problems: readonly Problem[],
  hours: readonly HourCount[],
  all: readonly Problem[],
  syncs: readonly SyncRow[],
  nowMs: number,
): readonly ProblemView[] {
  const byKey = new Map(syncs.map((sync) => [sync.syncKey, sync]));
  return problems.map((problem) => ({
    ...problem,
    ...explained(problem),
    sync: byKey.get(problem.syncKey)?.name ?? '',
    trend: trendOf(
      problem,
      hours.filter(({ problemId }) => problemId === problem.problemId),
      nowMs,
    ),
    reach: reachOf(problem, all, byKey),
    openForMs: Math.max(0, (problem.resolvedMs ?? nowMs) - problem.openedMs),
  }));
}

function explained({
  code,
  advice,
}: Problem): Pick<ProblemView, 'advice' | 'explanation' | 'retry' | 'isOurBug'> {
  const known = knownFailure(code);
  return {
    advice: advice ?? known?.advice ?? 'Report this with the code: Trueup does not know what it means.',
    explanation: known?.cause ?? null,
    retry: known === null ? null : RETRY[known.kind],
    isOurBug: isOurBug(code),
  };
}

/** Against the hour before the running one; what had no records then has only now begun to grow. */
function trendOf(problem: Problem, hours: readonly HourCount[], nowMs: number): Trend {
  if (problem.state === 'resolved') return 'over';
  if (nowMs - problem.openedMs < NEW_FOR_MS) return 'new';
  const before = hours.at(-2)?.records ?? problem.records;
  const change = problem.records - before;
  if (Math.abs(change) <= before * STEADY_SHARE) return 'steady';
  return change > 0 ? 'growing' : 'shrinking';
}

function reachOf(problem: Problem, all: readonly Problem[], syncs: ReadonlyMap<string, SyncRow>): Reach {
  if (!OF_A_SYSTEM.has(problem.kind)) return 'side';
  const placeOf = ({ syncKey, side }: Problem): string => connectionOf(syncs.get(syncKey), side) ?? '';
  const down = all.filter(({ state, kind }) => state === 'open' && OF_A_SYSTEM.has(kind));
  if (problem.kind === 'transient' && new Set(down.map(placeOf)).size > 1) return 'systems';
  const users = [...syncs.values()].filter(({ definition }) =>
    definition.sides.some((side) => side.connection === placeOf(problem)),
  );
  const failing = new Set(
    down.filter((other) => placeOf(other) === placeOf(problem)).map(({ syncKey }) => syncKey),
  );
  return users.length > 1 && users.every(({ syncKey }) => failing.has(syncKey)) ? 'connection' : 'side';
}

export function connectionOf(sync: SyncRow | undefined, side: string): string | undefined {
  return sync?.definition.sides.find(({ name }) => name === side)?.connection;
}

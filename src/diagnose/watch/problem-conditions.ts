import { counted } from '../../lib/counted.ts';
import type { AboutRecords } from '../../store/alerts.ts';
import type { ProblemView } from '../problem-view.ts';
import type { Condition, Severity } from './condition.ts';

/** What mostly passes by itself is told when it has lasted this long, in milliseconds. */
export const OUTAGE_GRACE_MS = 120_000;
const MAY_PASS: ReadonlySet<string> = new Set(['transient', 'rateLimited', 'precondition', 'unknownOutcome']);

/** Open problems as conditions; a short hiccup is none yet. */
export function problemConditions(
  problems: readonly ProblemView[],
  graceMs: number = OUTAGE_GRACE_MS,
): readonly Condition[] {
  return problems
    .filter(({ state, kind, openForMs }) => state === 'open' && (!MAY_PASS.has(kind) || openForMs >= graceMs))
    .map((problem) => ({
      key: `problem ${problem.syncKey} ${problem.problemId}`,
      code: problem.code,
      severity: severityOf(problem),
      sync: problem.sync,
      side: problem.side,
      title: titleOf(problem),
      detail: problem.message,
      advice: problem.advice ?? '',
      sinceMs: problem.openedMs,
      ...(problem.records === 0 ? {} : { records: recordsOf(problem) }),
    }));
}

function recordsOf({ records, samples }: ProblemView): AboutRecords {
  return { count: records, samples: samples.map((recordId) => ({ recordId, identityId: null })) };
}

/** Whatever stops a whole side is critical; what stops some records is a warning. */
function severityOf({ records, kind }: ProblemView): Severity {
  return records === 0 || kind === 'auth' || kind === 'config' ? 'critical' : 'warning';
}

function titleOf({ explanation, code, direction, side, records, field }: ProblemView): string {
  const place = `${direction === 'in' ? 'from' : direction === 'out' ? 'to' : 'with'} ${side}`;
  const what =
    records === 0
      ? `Nothing goes ${place}`
      : `${counted(records, 'record does', 'records do')} not go ${place}`;
  const about = field === null ? '' : ` (field ${field})`;
  return `${what}${about}: ${explanation ?? code}`;
}

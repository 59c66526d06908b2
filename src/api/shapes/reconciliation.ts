import { z } from '@hono/zod-openapi';

import { classText, rowsOf, verdictOf, type Report } from '../../diagnose/reconcile/report.ts';
import type { PastReconciliation } from '../../store/reconciliations.ts';
import { at, Instant, list } from './common.ts';

/** What is listed at once; the files hold all that was kept. */
const ROWS_MAX = 500;

const DifferenceClass = z.object({
  kind: z.enum(['missing', 'extra', 'duplicate', 'differs']),
  says: z.string(),
  /** Null for drift. */
  explanation: z.string().nullable(),
  why: z.string(),
  count: z.int(),
});

const ReconciledSide = z.object({
  side: z.string(),
  seen: z.int(),
  same: z.int(),
  drift: z.int(),
  classes: list(DifferenceClass),
});

const DifferenceRow = z.object({
  side: z.string(),
  recordId: z.string(),
  identityId: z.string(),
  isDrift: z.boolean(),
  difference: z.string(),
  why: z.string(),
  field: z.string(),
  holds: z.string(),
  golden: z.string(),
});

const TrendPoint = z.object({ side: z.string(), startedAt: Instant, seen: z.int(), drift: z.int() });

/** What the newest reconciliations of a sync's sides came to, and how many differences the earlier ones found. */
export const Reconciliation = z
  .object({
    /** Null before the first. */
    report: z
      .object({
        startedAt: Instant,
        endedAt: Instant,
        verdict: z.string(),
        drift: z.int(),
        sides: list(ReconciledSide),
        rows: list(DifferenceRow),
        rowsLeftOut: z.int(),
      })
      .nullable(),
    trend: list(TrendPoint),
  })
  .openapi('Reconciliation');

export function reconciliationShape(
  report: Report | null,
  past: readonly PastReconciliation[],
): z.infer<typeof Reconciliation> {
  const trend = past.map(({ startedMs, ...rest }) => ({ ...rest, startedAt: at(startedMs) }));
  if (report === null) return { report: null, trend };
  const { sides, findings, startedAtMs, endedAtMs } = report;
  const rows = findings.flatMap((finding) =>
    rowsOf(finding).map((row) => ({ ...row, isDrift: finding.difference.explanation === null })),
  );
  return {
    report: {
      startedAt: at(startedAtMs),
      endedAt: at(endedAtMs),
      verdict: verdictOf(report),
      drift: sides.reduce((sum, { drift }) => sum + drift, 0),
      sides: sides.map(({ side, seen, same, drift, classes }) => ({
        side,
        seen,
        same,
        drift,
        classes: classes.map((one) => {
          const [says, why] = classText(one);
          return { ...one, says, why };
        }),
      })),
      rows: rows.slice(0, ROWS_MAX),
      rowsLeftOut: Math.max(0, rows.length - ROWS_MAX) + report.driftLeftOut,
    },
    trend,
  };
}

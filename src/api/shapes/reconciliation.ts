import { z } from '@hono/zod-openapi';

import { classText, rowsOf, sampleText, verdictOf, type Report } from '../../diagnose/reconcile/report.ts';
import type { Standing } from '../../diagnose/reconcile/standing.ts';
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

/** What was drawn of a side whose whole was too dear, and how much of the rest can differ. */
const Sample = z.object({
  of: z.int(),
  drawn: z.int(),
  drift: z.int(),
  /** From 0 to 1: with this confidence fewer than `shareBelow` of all differ, which is at most `othersAtMost` of the others. */
  confidence: z.number(),
  shareBelow: z.number(),
  othersAtMost: z.int(),
  /** What they were drawn by. */
  seed: z.string(),
  says: z.string(),
});

const ReconciledSide = z.object({
  side: z.string(),
  seen: z.int(),
  same: z.int(),
  drift: z.int(),
  classes: list(DifferenceClass),
  /** Null where all records were compared. */
  sample: Sample.nullable(),
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

const TrendPoint = z.object({
  side: z.string(),
  startedAt: Instant,
  seen: z.int(),
  drift: z.int(),
  /** Of how many records those that were seen were drawn; null where they were all. */
  drawnOf: z.int().nullable(),
});

const UnderWay = z.object({
  side: z.string(),
  /** Since when it is being compared; null while it rests. */
  since: Instant.nullable(),
  /** When a reading that is spread over days goes on. */
  restsUntil: Instant.nullable(),
  seen: z.int().nullable(),
});

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
    /** When it runs by itself; null where only somebody begins it. */
    schedule: z.object({ says: z.string(), nextAt: Instant }).nullable(),
    underWay: list(UnderWay),
  })
  .openapi('Reconciliation');

export function reconciliationShape(
  report: Report | null,
  past: readonly PastReconciliation[],
  { schedule, underWay }: Standing,
): z.infer<typeof Reconciliation> {
  return {
    report: report === null ? null : reportShape(report),
    trend: past.map(({ startedMs, ...rest }) => ({ ...rest, startedAt: at(startedMs) })),
    schedule: schedule === null ? null : { says: schedule.says, nextAt: at(schedule.nextMs) },
    underWay: underWay.map(({ side, comparedSinceMs, restsUntilMs, seen }) => ({
      side,
      since: comparedSinceMs === null ? null : at(comparedSinceMs),
      restsUntil: restsUntilMs === null ? null : at(restsUntilMs),
      seen,
    })),
  };
}

function reportShape(report: Report): NonNullable<z.infer<typeof Reconciliation>['report']> {
  const { sides, findings, startedAtMs, endedAtMs } = report;
  const rows = findings.flatMap((finding) =>
    rowsOf(finding).map((row) => ({ ...row, isDrift: finding.difference.explanation === null })),
  );
  return {
    startedAt: at(startedAtMs),
    endedAt: at(endedAtMs),
    verdict: verdictOf(report),
    drift: sides.reduce((sum, { drift }) => sum + drift, 0),
    sides: sides.map(({ side, seen, same, drift, classes, sample }) => ({
      side,
      seen,
      same,
      drift,
      sample: sample === null ? null : { ...sample, says: sampleText(sample) },
      classes: classes.map((one) => {
        const [says, why] = classText(one);
        return { ...one, says, why };
      }),
    })),
    rows: rows.slice(0, ROWS_MAX),
    rowsLeftOut: Math.max(0, rows.length - ROWS_MAX) + report.driftLeftOut,
  };
}

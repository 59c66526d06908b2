/** Looks at records that are drawn by lot, and says what that means for all. */
import { ConnectorFailure } from '../../connector/failure.ts';
import type { Random } from '../../lib/random.ts';
import { drawRecords, keptReports, type Drawn, type Lot } from '../../store/reconciliations.ts';
import { failureOfError } from '../../worker/failures.ts';
import { PAGE_RECORDS_MAX } from '../../worker/limits.ts';
import type { SideBudget } from './budget.ts';
import { CONFIDENCE, othersAtMost, shareBelow } from './confidence.ts';
import type { Reconciled } from './look.ts';
import { seedOf } from './seed.ts';
import type { ReconciledSide, SampleFigure } from './tally.ts';

/** What the reader of a side does for a sample. */
export interface Looker {
  /** So many are looked at by one request. */
  readonly batchMax: number;
  /** Looks at the records and counts them. */
  look(ids: readonly string[]): Promise<void>;
  /** Differences that nothing explains, so far, each looked at twice. */
  drift(): Promise<number>;
}

/**
 * What drifted last time is looked at in any case and is no part of the lot: otherwise a sample that misses it would seem to say
 * that it is mended.
 */
export async function lookAtSample(
  sync: Reconciled,
  side: string,
  budget: SideBudget,
  random: Random,
  looker: Looker,
): Promise<SampleFigure> {
  const { syncKey, transaction } = sync;
  const seed = seedOf(random);
  const known = await transaction((tx) => lastDrift(tx, syncKey, side));
  const countMax = Math.max(1, Math.min(budget.sampleRecords, budget.recordsMax - known.length));
  const lot = await transaction((tx) => drawRecords(tx, syncKey, side, { seed, countMax, without: known }));
  await looker.look(known);
  const before = await looker.drift();
  const looked = await lookUntilSpent(lot.drawn, budget, looker);
  if (looked.length === 0 && lot.drawn.length > 0) throw tooSmall(side);
  return figureOf(lot, looked, (await looker.drift()) - before, seed);
}

/** Those that the budget had room for. What has nothing to say because the system lets nobody look at all is that failure. */
async function lookUntilSpent(
  drawn: readonly Drawn[],
  budget: SideBudget,
  looker: Looker,
): Promise<readonly Drawn[]> {
  const atOnce = Math.max(1, Math.min(PAGE_RECORDS_MAX, looker.batchMax));
  const looked: Drawn[] = [];
  while (looked.length < drawn.length && budget.spent() < 1) {
    const some = drawn.slice(looked.length, looked.length + atOnce);
    try {
      await looker.look(some.map(({ recordId }) => recordId));
    } catch (error) {
      if (looked.length > 0 && failureOfError(error).kind === 'rateLimited') break;
      throw error;
    }
    looked.push(...some);
  }
  return looked;
}

/** To have looked at nothing says nothing, and is not to be told as if no drift were found. */
function tooSmall(side: string): ConnectorFailure {
  return new ConnectorFailure({
    kind: 'rateLimited',
    code: 'trueup.reconcile_budget',
    message: `what reconciliation may take of the limits of ${side} was used up before a record was looked at`,
    advice: 'It is tried again the next day. Give `reconcile` of the sync a greater `budget`.',
  });
}

export function figureOf(
  { sizes }: Lot,
  looked: readonly Drawn[],
  drift: number,
  seed: string,
): SampleFigure {
  const of = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  // As many as if every part had given only the share of that which gave the least: the others make the figure better than it says.
  const leastShare = Math.min(
    1,
    ...[...sizes].map(([part, size]) => looked.filter(({ stratum }) => stratum === part).length / size),
  );
  const share =
    looked.length === of ? drift / Math.max(1, of) : shareBelow(drift, Math.floor(leastShare * of));
  return {
    of,
    drawn: looked.length,
    drift,
    confidence: CONFIDENCE,
    shareBelow: share,
    othersAtMost: othersAtMost(share, of, looked.length, drift),
    seed,
  };
}

type Tx = Parameters<Parameters<Reconciled['transaction']>[0]>[0];

async function lastDrift(tx: Tx, syncKey: string, side: string): Promise<readonly string[]> {
  const kept = (await keptReports(tx, syncKey)).find((report) => report.side === side);
  if (kept === undefined) return [];
  const { findings } = kept.report as unknown as ReconciledSide;
  return findings.flatMap(({ recordId, difference }) =>
    recordId === null || difference.explanation !== null ? [] : [recordId],
  );
}

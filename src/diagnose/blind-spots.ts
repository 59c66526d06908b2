/** What a diagnosis could not see: that nothing is found there says nothing. Pure. */
import { counted } from '../lib/counted.ts';
import type { Evidence } from './symptoms.ts';

export interface BlindSpot {
  /** Null where it is about the whole sync. */
  readonly side: string | null;
  /** A sentence without its full stop. */
  readonly says: string;
}

export function blindSpots(evidence: Evidence): readonly BlindSpot[] {
  const { sync, problems, problemsLeftOut } = evidence;
  const cut: BlindSpot = {
    side: null,
    says: `only the ${counted(problems.length, 'largest problem')} were gone through, and there are more`,
  };
  return [
    ...(problemsLeftOut ? [cut] : []),
    ...unjudgedSigns(evidence),
    ...sync.definition.sides.flatMap(({ name }) => ofSide(evidence, name)),
    ...neverReconciled(evidence),
  ];
}

/** The watch judges no sync that is paused, and nothing else of one that nobody works on. */
function unjudgedSigns({ sync, conditions }: Evidence): readonly BlindSpot[] {
  if (sync.mode === 'paused')
    return [{ side: null, says: 'while the sync is paused, its signs of life were not judged' }];
  return conditions.some(({ code }) => code === 'watch.stalled')
    ? [{ side: null, says: 'while no worker runs, how fresh the sides are was not judged' }]
    : [];
}

function ofSide({ vitals, conditions }: Evidence, side: string): readonly BlindSpot[] {
  const streams = vitals.streams.filter((stream) => stream.side === side);
  const sweep = streams.find(({ kind }) => kind === 'sweep');
  if (sweep?.currentAsOfMs == null)
    return [{ side, says: `${side} was never read to its end: what is there beyond that is not known` }];
  const spots: BlindSpot[] = [];
  if (streams.some(({ isFailing }) => isFailing)) {
    const asOfMs = Math.max(...streams.map(({ currentAsOfMs }) => currentAsOfMs ?? 0));
    const since = new Date(asOfMs).toISOString();
    spots.push({ side, says: `${side} cannot be read: what has changed there since ${since} is not known` });
  }
  if (conditions.some((one) => one.side === side && one.code === 'watch.deaf_feed'))
    spots.push({
      side,
      says: `the feed of ${side} does not tell of everything: newer changes may be unseen`,
    });
  return spots;
}

function neverReconciled({ sync, vitals }: Evidence): readonly BlindSpot[] {
  const sides = sync.definition.sides
    .map(({ name }) => name)
    .filter((name) => !vitals.reconciliations.some(({ side }) => side === name));
  if (sides.length === 0) return [];
  const which = `${sides.join(', ')} ${sides.length === 1 ? 'was' : 'were'} never reconciled`;
  return [
    { side: null, says: `${which}: values that nobody told of may differ without anything showing it` },
  ];
}

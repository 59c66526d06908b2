import type { CapabilityCard } from '../connector/contract.ts';

const SECOND_MS = 1_000;

/** What a side cannot do, each with what follows from it: told before anybody relies on it. Empty where it can do all. */
export function lacksOf({ can, createIdentity, readLagMs, version }: CapabilityCard): readonly string[] {
  const cannot = (['create', 'update', 'delete'] as const).filter((ability) => !can[ability]);
  const isLost = can.create && createIdentity === 'none';
  return [
    ...(cannot.length === 0 ? [] : [`cannot ${cannot.join(', ')} records`]),
    ...(version === 'none' ? ['has no versions: changes are told by comparing values'] : []),
    ...(isLost ? ['cannot find a new record again whose answer was lost: a person decides then'] : []),
    ...(readLagMs >= SECOND_MS
      ? [`may show for ${String(Math.round(readLagMs / SECOND_MS))} s what was there before a write`]
      : []),
  ];
}

/** What is asked for on the records page: what was typed, or else one side of one sync from its beginning. */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';

import type { Sync } from '../../data/contract.ts';
import type { Query } from '../../data/endpoints.ts';
import { syncsQuery } from '../../data/queries.ts';

export interface RecordFilters {
  readonly syncs: readonly Sync[];
  readonly filters: Query<'/records'>;
  /** False while it is not known which side to begin with. */
  readonly isReady: boolean;
}

/** The filters of the address; where they name nothing, the first side there is. */
export function useRecordFilters(): RecordFilters {
  const { query, within, state, ...place } = useSearch({ from: '/shell/records' });
  const { data } = useQuery(syncsQuery);
  const syncs = data?.items ?? [];
  if (query !== undefined) return { syncs, filters: { query, within, ...place }, isReady: true };
  const sync = syncs.find(({ name }) => name === place.sync) ?? syncs[0];
  const side = sync?.sides.find(({ name }) => name === place.side) ?? sync?.sides[0];
  return { syncs, filters: { sync: sync?.name, side: side?.name, state }, isReady: side !== undefined };
}

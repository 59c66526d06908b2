/** What is asked for on the records page: what was typed, or else one side of one sync from its beginning. */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';

import type { Sync } from '../../data/contract.ts';
import { syncsQuery, type Filters } from '../../data/queries.ts';

export interface RecordFilters {
  readonly syncs: readonly Sync[];
  readonly filters: Filters;
  /** False while it is not known which side to begin with. */
  readonly isReady: boolean;
}

/** The filters of the address; where they name nothing, the first side there is. */
export function useRecordFilters(): RecordFilters {
  const search = useSearch({ from: '/shell/records' });
  const { data } = useQuery(syncsQuery);
  const syncs = data?.items ?? [];
  if (search.query !== undefined) return { syncs, filters: { ...search }, isReady: true };
  const sync = syncs.find(({ name }) => name === search.sync) ?? syncs[0];
  const side = sync?.sides.find(({ name }) => name === search.side) ?? sync?.sides[0];
  return { syncs, filters: { ...search, sync: sync?.name, side: side?.name }, isReady: side !== undefined };
}

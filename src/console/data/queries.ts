/** What the pages ask for, with the keys under which answers are kept; the first word of a key is its topic. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';

import type { JsonObject } from '../../lib/json.ts';
import type { Alert, Listed, Page } from './contract.ts';
import type { Query } from './endpoints.ts';
import { get, rememberCsrfToken, send } from './request.ts';

const PAGE_SIZE = '200';
const TASK_LOOK_EVERY_MS = 700;
/** The watch looks every minute, and no topic of the event stream tells of it. */
const ALERTS_LOOK_EVERY_MS = 10_000;
const DIAGNOSE_EVERY_MS = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await get('/session', signal);
    rememberCsrfToken(session.state === 'signedIn' ? (session.csrfToken ?? '') : '');
    return session;
  },
  staleTime: 60_000,
});

export const signInQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: ({ signal }) => get('/sign-in', signal),
});

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => get('/overview', signal),
});

export const measuresQuery = queryOptions({
  queryKey: ['measures'],
  queryFn: ({ signal }) => get('/measures', signal),
  staleTime: 60_000,
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: ({ signal }) => get('/connections', signal),
});

export const connectionQuery = (name: string) =>
  queryOptions({
    queryKey: ['connections', name],
    queryFn: ({ signal }) => get('/connections/:name', signal, { param: { name } }),
  });

export const syncsQuery = queryOptions({
  queryKey: ['syncs'],
  queryFn: ({ signal }) => get('/syncs', signal),
});

export const syncQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name],
    queryFn: ({ signal }) => get('/syncs/:name', signal, { param: { name } }),
  });

/** One mapping as it is, or said otherwise: what it would be. Null: the field is left out at that side. */
export const mappingTrialQuery = (
  place: { readonly sync: string; readonly side: string; readonly field: string },
  mapping?: JsonObject | null,
) =>
  queryOptions({
    queryKey: ['mapping', place, mapping],
    queryFn: () =>
      send('POST', '/sync-file/mapping', {
        json: { ...place, ...(mapping === undefined ? {} : { mapping }) },
      }),
    retry: false,
  });

export const schemasQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'schemas'],
    queryFn: ({ signal }) => get('/syncs/:name/schemas', signal, { param: { name } }),
  });

export const planQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'plan'],
    queryFn: ({ signal }) => get('/syncs/:name/plan', signal, { param: { name } }),
  });

export const dictionaryQuery = queryOptions({
  queryKey: ['dictionary'],
  queryFn: ({ signal }) => get('/dictionary', signal),
});

export const violationsQuery = (name: string) =>
  queryOptions({
    queryKey: ['violations', name],
    queryFn: ({ signal }) => get('/syncs/:name/violations', signal, { param: { name } }),
  });

export const reconciliationQuery = (name: string) =>
  queryOptions({
    queryKey: ['reconciliation', name],
    queryFn: ({ signal }) => get('/syncs/:name/reconciliation', signal, { param: { name } }),
  });

export const revisionsQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'revisions'],
    queryFn: ({ signal }) => get('/syncs/:name/revisions', signal, { param: { name } }),
  });

export const revisionQuery = (name: string, revision: number) =>
  queryOptions({
    queryKey: ['syncs', name, 'revisions', revision],
    queryFn: ({ signal }) =>
      get('/syncs/:name/revisions/:revision', signal, { param: { name, revision: String(revision) } }),
    staleTime: Infinity,
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['tasks', id],
    queryFn: ({ signal }) => get('/tasks/:id', signal, { param: { id } }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? TASK_LOOK_EVERY_MS : false),
  });

export const journeyQuery = (identity: string) =>
  queryOptions({
    queryKey: ['records', 'journey', identity],
    queryFn: ({ signal }) => get('/records/:identity', signal, { param: { identity } }),
  });

export const recordQuery = (name: string, side: string, id: string) =>
  queryOptions({
    queryKey: ['records', 'one', name, side, id],
    queryFn: ({ signal }) =>
      get('/syncs/:name/sides/:side/records/:id', signal, { param: { name, side, id } }),
    retry: false,
  });

export const heldWritesQuery = queryOptions({
  queryKey: ['stops', 'writes'],
  queryFn: ({ signal }) => get('/held-writes', signal),
});

export const emptiedQuery = queryOptions({
  queryKey: ['stops', 'emptied'],
  queryFn: ({ signal }) => get('/emptied-sides', signal),
});

export const mergesQuery = queryOptions({
  queryKey: ['merges'],
  queryFn: ({ signal }) => get('/merges', signal),
});

/** A walk through all values is not begun anew whenever something changes. */
export const recordsQuery = (filters: Query<'/records'>) =>
  listQuery(filters.within === 'values' ? ['search', 'values'] : ['records', 'found'], '/records', filters);
export const holdsQuery = (filters: Query<'/holds'>) => listQuery(['holds', 'open'], '/holds', filters);
export const matchesQuery = (filters: Query<'/matches'>) =>
  listQuery(['holds', 'matches'], '/matches', filters);
export const lettersQuery = (filters: Query<'/dead-letters'>) =>
  listQuery(['dead-letters'], '/dead-letters', filters);
export const runsQuery = (filters: Query<'/runs'>) => listQuery(['runs'], '/runs', filters);
export const auditQuery = listQuery(['audit'], '/audit', {});

export const problemsQuery = (state: 'open' | 'resolved') =>
  queryOptions({
    queryKey: ['problems', state],
    queryFn: ({ signal }) => get('/problems', signal, { query: { state } }),
  });

export const problemQuery = (id: string) =>
  queryOptions({
    queryKey: ['problems', 'one', id],
    queryFn: ({ signal }) => get('/problems/:id', signal, { param: { id } }),
  });

/** Every record is counted for it: it is not made anew whenever something changes. */
export const diagnosisQuery = (sync: string | undefined) =>
  queryOptions({
    queryKey: ['diagnosis', sync ?? null],
    queryFn: ({ signal }) => get('/diagnosis', signal, { query: { sync } }),
    refetchInterval: DIAGNOSE_EVERY_MS,
  });

export const alertsQuery = (state: Alert['state']) =>
  queryOptions({
    queryKey: ['alerts', state],
    queryFn: ({ signal }) => get('/alerts', signal, { query: { state } }),
    refetchInterval: ALERTS_LOOK_EVERY_MS,
  });

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => get('/retention', signal),
});

export const backupQuery = queryOptions({
  queryKey: ['backup'],
  queryFn: ({ signal }) => get('/backup', signal),
});

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => get('/sign-in-providers', signal),
});

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: ({ signal }) => get('/channels', signal),
});

export const collectorsQuery = queryOptions({
  queryKey: ['collectors'],
  queryFn: ({ signal }) => get('/collectors', signal),
});

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => get('/accounts', signal),
});

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => get('/tokens', signal),
});

/** A list that has grown longer is not asked for again by itself: that would be every page of it. */
export const FRESH_PAGES_MAX = 5;

type Kept = { readonly state: { readonly data?: unknown } };

function isShort({ state }: Kept): boolean {
  const { pages } = (state.data ?? {}) as { readonly pages?: readonly unknown[] };
  return pages === undefined || pages.length <= FRESH_PAGES_MAX;
}

type ListAddress = '/records' | '/holds' | '/matches' | '/dead-letters' | '/runs' | '/audit';

/** A list that grows by pages as it is scrolled. */
function listQuery<A extends ListAddress>(key: readonly string[], address: A, filters: Query<A>) {
  return infiniteQueryOptions({
    queryKey: [...key, filters],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filters, limit: PAGE_SIZE, cursor: pageParam ?? undefined };
      return (await get<ListAddress>(address, signal, { query })) as Page<Listed<A>>;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // Comparing every entry of a long list with what it was takes longer than a frame, and spares nothing.
    structuralSharing: false,
    refetchOnWindowFocus: isShort,
    refetchOnMount: isShort,
    refetchOnReconnect: isShort,
  });
}

/** After something was written: everything of these topics is asked for again, but for long lists, which say that they are old. */
export async function refresh(client: QueryClient, ...topics: readonly string[]): Promise<void> {
  await Promise.all(
    topics.map(async (topic) => {
      await client.invalidateQueries({ queryKey: [topic], refetchType: 'none' });
      await client.refetchQueries({ queryKey: [topic], type: 'active', predicate: isShort });
    }),
  );
}

/** The sync file as it was saved last; its text is empty before there is one. */
export const syncFileQuery = queryOptions({
  queryKey: ['syncs', 'file'],
  queryFn: ({ signal }) => get('/sync-file', signal),
});

/** What the pages ask for, with the keys under which answers are kept; the first word of a key is its topic. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';

import type {
  Alert,
  AuditEntry,
  Channel,
  Connection,
  DeadLetter,
  Found,
  HeldSet,
  Hold,
  Journey,
  Match,
  Merge,
  Measures,
  Overview,
  Page,
  Person,
  Plan,
  Problem,
  ProblemDetail,
  Reconciliation,
  Revision,
  RevisionSource,
  Run,
  Session,
  SignInChoice,
  SideSchema,
  Sync,
  SyncDetail,
  Task,
  Token,
} from './contract.ts';
import { read, rememberCsrfToken, segment } from './request.ts';

const PAGE_SIZE = '100';
const TASK_LOOK_EVERY_MS = 700;
/** The watch looks every minute, and no topic of the event stream tells of it. */
const ALERTS_LOOK_EVERY_MS = 10_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await read<Session>('/session', {}, signal);
    rememberCsrfToken(session.state === 'signedIn' ? (session.csrfToken ?? '') : '');
    return session;
  },
  staleTime: 60_000,
});

export const signInQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: ({ signal }) => read<Page<SignInChoice>>('/sign-in', {}, signal),
});

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => read<Overview>('/overview', {}, signal),
});

export const measuresQuery = queryOptions({
  queryKey: ['measures'],
  queryFn: ({ signal }) => read<Measures>('/measures', {}, signal),
  staleTime: 60_000,
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: ({ signal }) => read<Page<Connection>>('/connections', {}, signal),
});

export const connectionQuery = (name: string) =>
  queryOptions({
    queryKey: ['connections', name],
    queryFn: ({ signal }) => read<Connection>(`/connections/${segment(name)}`, {}, signal),
  });

export const syncsQuery = queryOptions({
  queryKey: ['syncs'],
  queryFn: ({ signal }) => read<Page<Sync>>('/syncs', {}, signal),
});

export const syncQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name],
    queryFn: ({ signal }) => read<SyncDetail>(`/syncs/${segment(name)}`, {}, signal),
  });

export const schemasQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'schemas'],
    queryFn: ({ signal }) => read<Page<SideSchema>>(`/syncs/${segment(name)}/schemas`, {}, signal),
  });

export const planQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'plan'],
    queryFn: ({ signal }) => read<Plan>(`/syncs/${segment(name)}/plan`, {}, signal),
  });

export const reconciliationQuery = (name: string) =>
  queryOptions({
    queryKey: ['reconciliation', name],
    queryFn: ({ signal }) => read<Reconciliation>(`/syncs/${segment(name)}/reconciliation`, {}, signal),
  });

export const revisionsQuery = (name: string) =>
  queryOptions({
    queryKey: ['syncs', name, 'revisions'],
    queryFn: ({ signal }) => read<Page<Revision>>(`/syncs/${segment(name)}/revisions`, {}, signal),
  });

export const revisionQuery = (name: string, revision: number) =>
  queryOptions({
    queryKey: ['syncs', name, 'revisions', revision],
    queryFn: ({ signal }) =>
      read<RevisionSource>(`/syncs/${segment(name)}/revisions/${String(revision)}`, {}, signal),
    staleTime: Infinity,
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['tasks', id],
    queryFn: ({ signal }) => read<Task>(`/tasks/${segment(id)}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? TASK_LOOK_EVERY_MS : false),
  });

export const journeyQuery = (identity: string) =>
  queryOptions({
    queryKey: ['records', 'journey', identity],
    queryFn: ({ signal }) => read<Journey>(`/records/${segment(identity)}`, {}, signal),
  });

export const heldWritesQuery = queryOptions({
  queryKey: ['holds', 'writes'],
  queryFn: ({ signal }) => read<Page<HeldSet>>('/held-writes', {}, signal),
});

export const mergesQuery = queryOptions({
  queryKey: ['merges'],
  queryFn: ({ signal }) => read<Page<Merge>>('/merges', {}, signal),
});

export type Filters = Readonly<Record<string, string | undefined>>;

export const recordsQuery = (filters: Filters) => listQuery<Found>(['records', 'found'], '/records', filters);
export const holdsQuery = (filters: Filters) => listQuery<Hold>(['holds', 'open'], '/holds', filters);
export const matchesQuery = (filters: Filters) => listQuery<Match>(['holds', 'matches'], '/matches', filters);
export const lettersQuery = (filters: Filters) =>
  listQuery<DeadLetter>(['dead-letters'], '/dead-letters', filters);
export const runsQuery = (filters: Filters) => listQuery<Run>(['runs'], '/runs', filters);
export const auditQuery = listQuery<AuditEntry>(['audit'], '/audit', {});

export const problemsQuery = (state: 'open' | 'resolved') =>
  queryOptions({
    queryKey: ['problems', state],
    queryFn: ({ signal }) => read<Page<Problem>>('/problems', { state }, signal),
  });

export const problemQuery = (id: string) =>
  queryOptions({
    queryKey: ['problems', 'one', id],
    queryFn: ({ signal }) => read<ProblemDetail>(`/problems/${segment(id)}`, {}, signal),
  });

export const alertsQuery = (state: Alert['state']) =>
  queryOptions({
    queryKey: ['alerts', state],
    queryFn: ({ signal }) => read<Page<Alert>>('/alerts', { state }, signal),
    refetchInterval: ALERTS_LOOK_EVERY_MS,
  });

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: ({ signal }) => read<Page<Channel>>('/channels', {}, signal),
});

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => read<Page<Person>>('/accounts', {}, signal),
});

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => read<Page<Token>>('/tokens', {}, signal),
});

/** A list that has grown longer is not asked for again by itself: that would be every page of it. */
export const FRESH_PAGES_MAX = 5;

type Listed = { readonly state: { readonly data?: unknown } };

function isShort({ state }: Listed): boolean {
  const { pages } = (state.data ?? {}) as { readonly pages?: readonly unknown[] };
  return pages === undefined || pages.length <= FRESH_PAGES_MAX;
}

/** A list that grows by pages as it is scrolled. */
function listQuery<T>(key: readonly string[], path: string, filters: Filters) {
  return infiniteQueryOptions({
    queryKey: [...key, filters],
    queryFn: ({ pageParam, signal }) =>
      read<Page<T>>(path, { ...filters, limit: PAGE_SIZE, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
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

/** The text of the sync file as it was saved last; null before there is one. Every revision keeps the whole file. */
export const syncFileQuery = queryOptions({
  queryKey: ['syncs', 'file'],
  queryFn: async ({ signal }): Promise<string | null> => {
    const { items: syncs } = await read<Page<Sync>>('/syncs', {}, signal);
    const details = await Promise.all(
      syncs.map(({ name }) => read<SyncDetail>(`/syncs/${segment(name)}`, {}, signal)),
    );
    const [newest] = details.toSorted((left, right) => right.savedAt.localeCompare(left.savedAt));
    if (newest === undefined) return null;
    const path = `/syncs/${segment(newest.name)}/revisions/${String(newest.revision)}`;
    return (await read<RevisionSource>(path, {}, signal)).source;
  },
});

/** The addresses of the console. Each page is a chunk of its own, loaded when it is opened or a link to it is touched. */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';

import { sessionQuery } from './data/queries.ts';
import { SYMPTOMS, type Symptom } from './pages/diagnosis/words.ts';
import { LISTED_STATES, type ListedState } from './pages/records/listed-states.ts';
import { TABS, type Tab } from './pages/syncs/tabs.ts';
import { Crash } from './parts/Crash.tsx';
import { Lost } from './parts/Lost.tsx';
import { Waiting } from './parts/Waiting.tsx';
import { Shell } from './shell/Shell.tsx';

interface Context {
  readonly client: QueryClient;
}

/** The named filters of an address; one that is empty is not there. The router reads `?query=42` as a number. */
function texts<Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'number' || typeof value === 'boolean') found[name] = String(value);
    if (typeof value === 'string' && value !== '') found[name] = value;
  }
  return found;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: Lost });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { readonly from?: string; readonly refused?: string } =>
    texts(search, ['from', 'refused']),
  component: lazyRouteComponent(() => import('./pages/sign-in/SignIn.tsx'), 'SignIn'),
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/set-up',
  validateSearch: (search: Record<string, unknown>): { readonly token?: string } => texts(search, ['token']),
  component: lazyRouteComponent(() => import('./pages/sign-in/SetUp.tsx'), 'SetUp'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.fetchQuery(sessionQuery);
    if (session.state === 'setUp') redirect({ to: '/set-up', throw: true });
    if (session.state === 'signedOut')
      redirect({
        to: '/sign-in',
        search: location.pathname === '/' ? {} : { from: location.href },
        throw: true,
      });
  },
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview/Overview.tsx'), 'Overview'),
});

interface RecordSearch {
  readonly query?: string;
  readonly sync?: string;
  readonly side?: string;
  readonly state?: ListedState;
  /** Where the query is looked for: not only in ids and keys. */
  readonly within?: 'values';
}

const records = createRoute({
  getParentRoute: () => shell,
  path: '/records',
  validateSearch: (search: Record<string, unknown>): RecordSearch => {
    const state = LISTED_STATES.find((known) => known === search['state']);
    return {
      ...texts(search, ['query', 'sync', 'side']),
      ...(state === undefined ? {} : { state }),
      ...(search['within'] === 'values' ? { within: 'values' } : {}),
    };
  },
  component: lazyRouteComponent(() => import('./pages/records/Records.tsx'), 'Records'),
});

const journey = createRoute({
  getParentRoute: () => shell,
  path: '/records/$identity',
  component: lazyRouteComponent(() => import('./pages/records/JourneyPage.tsx'), 'JourneyPage'),
});

const record = createRoute({
  getParentRoute: () => shell,
  path: '/record',
  validateSearch: (
    search: Record<string, unknown>,
  ): { readonly sync?: string; readonly side?: string; readonly id?: string } =>
    texts(search, ['sync', 'side', 'id']),
  component: lazyRouteComponent(() => import('./pages/records/RecordPage.tsx'), 'RecordPage'),
});

interface ReviewSearch {
  readonly hold?: string;
  readonly match?: string;
  readonly sync?: string;
}

const review = createRoute({
  getParentRoute: () => shell,
  path: '/review',
  validateSearch: (search: Record<string, unknown>): ReviewSearch => texts(search, ['hold', 'match', 'sync']),
  component: lazyRouteComponent(() => import('./pages/review/Review.tsx'), 'Review'),
});

interface DiagnosisSearch {
  readonly sync?: string;
  readonly symptom?: Symptom;
}

const diagnosis = createRoute({
  getParentRoute: () => shell,
  path: '/diagnosis',
  validateSearch: (search: Record<string, unknown>): DiagnosisSearch => {
    const found = SYMPTOMS.find(({ symptom }) => symptom === search['symptom']);
    return { ...texts(search, ['sync']), ...(found === undefined ? {} : { symptom: found.symptom }) };
  },
  component: lazyRouteComponent(() => import('./pages/diagnosis/Diagnosis.tsx'), 'Diagnosis'),
});

const problems = createRoute({
  getParentRoute: () => shell,
  path: '/problems',
  validateSearch: (search: Record<string, unknown>): { readonly state?: 'resolved' } =>
    search['state'] === 'resolved' ? { state: 'resolved' } : {},
  component: lazyRouteComponent(() => import('./pages/problems/Problems.tsx'), 'Problems'),
});

const problem = createRoute({
  getParentRoute: () => shell,
  path: '/problems/$problem',
  component: lazyRouteComponent(() => import('./pages/problems/ProblemPage.tsx'), 'ProblemPage'),
});

const LETTER_STATES = ['waiting', 'retrying', 'discarded'] as const;
type LetterState = (typeof LETTER_STATES)[number];

interface LetterSearch {
  readonly state?: LetterState;
  readonly sync?: string;
  readonly side?: string;
  readonly code?: string;
}

const deadLetters = createRoute({
  getParentRoute: () => shell,
  path: '/dead-letters',
  validateSearch: (search: Record<string, unknown>): LetterSearch => {
    const state = LETTER_STATES.find((known) => known === search['state']);
    const rest = texts(search, ['sync', 'side', 'code']);
    return state === undefined ? rest : { state, ...rest };
  },
  component: lazyRouteComponent(() => import('./pages/dead-letters/DeadLetters.tsx'), 'DeadLetters'),
});

const reconciliation = createRoute({
  getParentRoute: () => shell,
  path: '/reconciliation',
  validateSearch: (search: Record<string, unknown>): { readonly sync?: string } => texts(search, ['sync']),
  component: lazyRouteComponent(() => import('./pages/reconciliation/Reconciliation.tsx'), 'Reconciliation'),
});

const dictionary = createRoute({
  getParentRoute: () => shell,
  path: '/dictionary',
  component: lazyRouteComponent(() => import('./pages/dictionary/Dictionary.tsx'), 'Dictionary'),
});

const syncs = createRoute({
  getParentRoute: () => shell,
  path: '/syncs',
  component: lazyRouteComponent(() => import('./pages/syncs/Syncs.tsx'), 'Syncs'),
});

const syncFile = createRoute({
  getParentRoute: () => shell,
  path: '/syncs/file',
  component: lazyRouteComponent(() => import('./pages/syncs/SyncFile.tsx'), 'SyncFile'),
});

const sync = createRoute({
  getParentRoute: () => shell,
  path: '/syncs/$sync',
  validateSearch: (search: Record<string, unknown>): { readonly tab?: Tab } => {
    const tab = TABS.find((known) => known === search['tab']);
    return tab === undefined ? {} : { tab };
  },
  component: lazyRouteComponent(() => import('./pages/syncs/SyncPage.tsx'), 'SyncPage'),
});

const connections = createRoute({
  getParentRoute: () => shell,
  path: '/connections',
  component: lazyRouteComponent(() => import('./pages/connections/Connections.tsx'), 'Connections'),
});

const connection = createRoute({
  getParentRoute: () => shell,
  path: '/connections/$connection',
  component: lazyRouteComponent(() => import('./pages/connections/ConnectionPage.tsx'), 'ConnectionPage'),
});

const callback = createRoute({
  getParentRoute: () => shell,
  path: '/oauth/callback',
  component: lazyRouteComponent(() => import('./pages/connections/Callback.tsx'), 'Callback'),
});

const alerts = createRoute({
  getParentRoute: () => shell,
  path: '/alerts',
  validateSearch: (search: Record<string, unknown>): { readonly state?: 'recovered' } =>
    search['state'] === 'recovered' ? { state: 'recovered' } : {},
  component: lazyRouteComponent(() => import('./pages/alerts/Alerts.tsx'), 'Alerts'),
});

const activity = createRoute({
  getParentRoute: () => shell,
  path: '/activity',
  validateSearch: (search: Record<string, unknown>): { readonly tab?: 'audit' } =>
    search['tab'] === 'audit' ? { tab: 'audit' } : {},
  component: lazyRouteComponent(() => import('./pages/activity/Activity.tsx'), 'Activity'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/Settings.tsx'), 'Settings'),
});

const inShell = [
  overview,
  diagnosis,
  records,
  record,
  journey,
  review,
  problems,
  problem,
  deadLetters,
  alerts,
  reconciliation,
  syncs,
  syncFile,
  sync,
  connections,
  connection,
  callback,
  dictionary,
  activity,
  settings,
];
const routeTree = root.addChildren([signIn, setUp, shell.addChildren(inShell)]);

/** The router of the console; `client` holds the session that the shell asks for. */
export function createConsoleRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: 'intent',
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Crash,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: ReturnType<typeof createConsoleRouter>;
  }
}

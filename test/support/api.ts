/** The API over a test run's own database, with systems in memory behind it and a person in front. */
import { hc } from 'hono/client';

import { createApi, type Api, type ApiOptions, type RunningApi } from '../../src/api/app.ts';
import type { ApiHost, ConsentWork, SyncFileWork } from '../../src/api/host.ts';
import { createSetUp } from '../../src/api/set-up.ts';
import type { NetworkPolicy } from '../../src/connector/http/network.ts';
import type { Webhook } from '../../src/connector/webhook.ts';
import { compileSync } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { knownSchemas } from '../../src/schemas.ts';
import { planningMode, type SyncRow } from '../../src/store/control.ts';
import { createSealer } from '../../src/store/seal.ts';
import { syncTransaction } from '../../src/store/sync-transaction.ts';
import { silentLog, type SyncRuntime } from '../../src/worker/runtime.ts';
import { createWakes } from '../../src/worker/wakes.ts';
import type { TestStore } from './sync.ts';

export const ORIGIN = 'http://127.0.0.1:4600';
export const ADMIN = { email: 'ada@example.com', name: 'Ada', password: 'correct horse battery' };

/** Opens a sync's sides for the API, where a test has some. */
export type Opening = (sync: SyncRow) => Promise<SyncRuntime>;

export interface TestApi {
  readonly host: ApiHost;
  readonly setUpToken: string;
  readonly app: RunningApi['app'];
  close(): Promise<void>;
  /** Sends a body as JSON; paths begin behind `/api/v1`. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** What stands in for the rest of the installation, where a test needs it. */
export interface Given {
  readonly clock?: Clock;
  readonly network?: NetworkPolicy;
  readonly consent?: () => Promise<ConsentWork | null>;
  readonly file?: Partial<SyncFileWork>;
  readonly webhook?: (connection: string) => Promise<Webhook | null>;
}

const NO_FILE: SyncFileWork = {
  check: () => Promise.resolve([]),
  take: () => Promise.resolve([]),
  whatIf: () => Promise.resolve({ kind: 'told', syncs: [] }),
  tryMapping: () => Promise.resolve(null),
};

const closed: Opening = () => Promise.reject(new Error('this test has no systems'));

export function createTestApi(
  store: TestStore,
  options: Partial<ApiOptions> = {},
  open: Opening = closed,
  given: Given = {},
): TestApi {
  const clock = given.clock ?? systemClock;
  const ids = createIds(systemClock, systemRandom);
  const host: ApiHost = {
    database: store.database,
    sealer: createSealer([systemRandom.bytes(32)], systemRandom),
    clock,
    random: systemRandom,
    ids,
    log: silentLog,
    network: given.network ?? { allowLoopback: true, allowPlain: true },
    workspaceNo: store.workspaceNo,
    work: (workspaceNo) => ({
      tryConnection: () => Promise.resolve(),
      consent: given.consent ?? (() => Promise.resolve(null)),
      webhook: given.webhook ?? (() => Promise.resolve(null)),
      describe: () => Promise.resolve([]),
      lookNow: () => Promise.resolve({ raised: [], recovered: [] }),
      tellTest: () => Promise.resolve(false),
      sendMetrics: () => Promise.resolve(),
      file: { ...NO_FILE, ...given.file },
      dictionary: {
        seen: () => Promise.resolve({ fileName: null, complaint: null, entities: [] }),
        exported: () => Promise.resolve(null),
      },
      schemas: knownSchemas,
      lookAtSchemas: () => Promise.resolve(),
      unopened: (sync) => ({
        syncKey: sync.syncKey,
        name: sync.name,
        mode: planningMode(sync),
        model: compileSync(sync.definition),
        sides: new Map(),
        clock: systemClock,
        random: systemRandom,
        ids,
        log: silentLog,
        wakes: createWakes(systemClock),
        nowMs: () => store.database.nowMs(),
        transaction: (action) =>
          store.database.transaction(workspaceNo, (tx) => action(syncTransaction(tx, sync, ids))),
      }),
      withSync: async (sync, action) => action(await open(sync)),
    }),
  };
  const setUp = createSetUp(systemRandom);
  const running = createApi(host, { setUp, publicUrl: null, ...options });
  const { app } = running;
  return {
    host,
    setUpToken: setUp.token,
    app,
    close: () => running.close(),
    post: async (path, body, headers = {}) =>
      app.request(`${ORIGIN}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  };
}

/** The typed client that the console has, over this API. */
export type Client = ReturnType<typeof hc<Api>>;

export function clientOf({ app }: TestApi, headers: Readonly<Record<string, string>> = {}): Client {
  return hc<Api>(ORIGIN, {
    headers,
    fetch: async (input: Request | string | URL, init?: RequestInit) => app.request(input, init),
  });
}

/** The cookie that an answer sets, without its attributes. */
export function cookieOf(answer: { readonly headers: Headers }): string {
  return must(answer.headers.get('set-cookie'), 'signing in sets a cookie').split(';')[0] ?? '';
}

/** What a browser sends of a session. */
export async function sessionHeaders(answer: Response): Promise<Readonly<Record<string, string>>> {
  const { csrfToken } = (await answer.json()) as { readonly csrfToken: string };
  return { cookie: cookieOf(answer), 'x-trueup-csrf': csrfToken };
}

/** Makes the first account of all and signs it in. */
export async function signInFirst(api: TestApi): Promise<Readonly<Record<string, string>>> {
  return sessionHeaders(await api.post('/set-up', { ...ADMIN, token: api.setUpToken }));
}

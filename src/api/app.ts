/** The HTTP API as one application: its doors in their order, its routes, its document. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';

import { DELIVERY_BYTES_MAX } from '../connector/http/webhook/intake.ts';
import type { ApiEnv } from './api-env.ts';
import { createAuthorisations } from './authorisations.ts';
import { createCounting } from './counting.ts';
import { apiDocument } from './document.ts';
import { authenticate } from './doors/authenticate.ts';
import { protect } from './doors/headers.ts';
import {
  createLimiter,
  limitAccounts,
  limitAddresses,
  limitBodies,
  limitDeliveries,
  limitTime,
  RATES,
  type Rates,
} from './doors/limits.ts';
import { knownNames } from './doors/names.ts';
import { once } from './doors/once.ts';
import { plainTexts } from './doors/texts.ts';
import { createEvents } from './events.ts';
import { answerFailure } from './failures.ts';
import { HOOKS } from './hook-path.ts';
import type { ApiHost } from './host.ts';
import { createProviders } from './openid/provider.ts';
import { ApiProblem, problemAnswer } from './problem.ts';
import { alertRoutes } from './routes/alerts.ts';
import { auditRoutes } from './routes/audit.ts';
import { authorisationRoutes, backToOrigin, CALLBACK_PATH } from './routes/authorisations.ts';
import { collectorRoutes } from './routes/collectors.ts';
import { connectionRoutes } from './routes/connections.ts';
import { diagnosisRoutes } from './routes/diagnosis.ts';
import { dictionaryRoutes } from './routes/dictionary.ts';
import { eventRoutes } from './routes/events.ts';
import { holdRoutes } from './routes/holds.ts';
import { hookRoutes } from './routes/hooks.ts';
import { letterRoutes } from './routes/letters.ts';
import { matchRoutes } from './routes/matches.ts';
import { measureRoutes } from './routes/measures.ts';
import { overviewRoutes } from './routes/overview.ts';
import { peopleRoutes } from './routes/people.ts';
import { planRoutes } from './routes/plans.ts';
import { problemRoutes } from './routes/problems.ts';
import { reconciliationRoutes } from './routes/reconciliation.ts';
import { recordRoutes } from './routes/records.ts';
import { runRoutes } from './routes/runs.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { sessionRoutes } from './routes/session.ts';
import { signInProviderRoutes } from './routes/sign-in-providers.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { supportBundleRoutes } from './routes/support-bundle.ts';
import { syncFileRoutes } from './routes/sync-file.ts';
import { syncRoutes } from './routes/syncs.ts';
import { upkeepRoutes } from './routes/upkeep.ts';
import type { SetUp } from './set-up.ts';
import { createTasks } from './tasks.ts';

export interface ApiOptions {
  readonly setUp: SetUp;
  /** How browsers reach this, where that is not by its own address; over TLS if it begins with https. */
  readonly publicUrl: string | null;
  readonly rates?: Rates;
  /** Answers what is not below /api. */
  readonly files?: MiddlewareHandler<ApiEnv>;
}

export interface RunningApi {
  readonly app: OpenAPIHono<ApiEnv>;
  /** OpenAPI 3.1, as it is served. */
  readonly document: string;
  /** Ends the work and the streams that requests have begun. */
  close(): Promise<void>;
}

/** The type of the API for hono's client: `hc<Api>(origin)`. */
export type Api = ReturnType<typeof routesOf>['routes'];

const ANSWER_TIMEOUT_MS = 30_000;
const EVENTS = '/api/v1/events';
const isEndless = (path: string): boolean => path === EVENTS;

function routesOf(host: ApiHost, setUp: SetUp, publicUrl: string | null) {
  const isSecure = publicUrl?.startsWith('https:') === true;
  const providers = createProviders(host.clock, host.network);
  const authorisations = createAuthorisations(host.clock);
  const counting = createCounting(host);
  const tasks = createTasks(host.clock, host.ids);
  const events = createEvents(host, tasks);
  const routes = new OpenAPIHono<ApiEnv>()
    .basePath('/api/v1')
    .route('/', sessionRoutes(host, setUp, isSecure))
    .route('/', signInRoutes(host, providers, publicUrl))
    .route('/', signInProviderRoutes(host))
    .route('/', overviewRoutes(counting))
    .route('/', connectionRoutes(host))
    .route('/', authorisationRoutes(host, authorisations, publicUrl))
    .route('/', syncRoutes(counting))
    .route('/', schemaRoutes(host, tasks))
    .route('/', syncFileRoutes(host, counting))
    .route('/', planRoutes(host, tasks, counting))
    .route('/', dictionaryRoutes(host, tasks))
    .route('/', recordRoutes(host))
    .route('/', holdRoutes(host))
    .route('/', matchRoutes(host, tasks))
    .route('/', problemRoutes(host))
    .route('/', letterRoutes(host))
    .route('/', diagnosisRoutes(host))
    .route('/', supportBundleRoutes())
    .route('/', measureRoutes())
    .route('/', alertRoutes(host))
    .route('/', collectorRoutes(host))
    .route('/', reconciliationRoutes(host, tasks))
    .route('/', runRoutes())
    .route('/', peopleRoutes(host))
    .route('/', auditRoutes())
    .route('/', upkeepRoutes())
    .route('/', eventRoutes(events, host.clock));
  return { routes, tasks, events, providers, authorisations, isSecure };
}

export function createApi(host: ApiHost, options: ApiOptions): RunningApi {
  const { setUp, publicUrl, rates = RATES, files } = options;
  const limiter = createLimiter(host.clock);
  const { routes, tasks, events, providers, authorisations, isSecure } = routesOf(host, setUp, publicUrl);
  const hooks = new OpenAPIHono<ApiEnv>().route(HOOKS, hookRoutes(host, publicUrl));
  const document = JSON.stringify(apiDocument(routes, hooks));
  const app = new OpenAPIHono<ApiEnv>();
  app.onError((error, context) => answerFailure(error, context, host.log));
  app.notFound((context) => problemAnswer(context, new ApiProblem('not_found')));
  app.use(protect(isSecure));
  app.use(knownNames(publicUrl));
  app.use(limitAddresses(limiter, rates, publicUrl !== null));
  app.get(CALLBACK_PATH, backToOrigin(authorisations, publicUrl));
  app.use(`${HOOKS}/*`, limitDeliveries(limiter, rates, publicUrl !== null));
  app.use(`${HOOKS}/*`, limitBodies(DELIVERY_BYTES_MAX));
  app.use(`${HOOKS}/*`, limitTime(host.clock, ANSWER_TIMEOUT_MS, isEndless));
  app.route('/', hooks);
  if (files !== undefined) app.use(files);
  app.use('/api/*', limitBodies());
  app.use('/api/*', limitTime(host.clock, ANSWER_TIMEOUT_MS, isEndless));
  app.use('/api/*', plainTexts());
  app.use('/api/*', authenticate(host, isSecure));
  app.use('/api/*', limitAccounts(limiter, rates));
  app.use('/api/*', once());
  app.use('/api/*', tagged());
  app.get('/api/v1/openapi.json', (context) =>
    context.body(document, 200, { 'content-type': 'application/json' }),
  );
  app.route('/', routes);
  return {
    app,
    document,
    close: async () => {
      events.close();
      await tasks.close();
      await providers.close();
    },
  };
}

/** ETags for all that ends. */
function tagged(): MiddlewareHandler<ApiEnv> {
  const tag = etag();
  return (context, next) => (isEndless(context.req.path) ? next() : tag(context, next));
}

/** The HTTP API as one application: its doors in their order, its routes, its document. */
import { OpenAPIHono } from '@hono/zod-openapi';

import type { ApiEnv } from './api-env.ts';
import { createCounting } from './counting.ts';
import { authenticate } from './doors/authenticate.ts';
import { answerFailure } from './failures.ts';
import type { ApiHost } from './host.ts';
import { ApiProblem, problemAnswer } from './problem.ts';
import { holdRoutes } from './routes/holds.ts';
import { overviewRoutes } from './routes/overview.ts';
import { recordRoutes } from './routes/records.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/session.ts';
import { syncRoutes } from './routes/syncs.ts';
import type { SetUp } from './set-up.ts';

export interface ApiOptions {
  readonly setUp: SetUp;
  /** Whether browsers reach this over TLS, by whatever terminates it. */
  readonly isSecure: boolean;
}

/** The type of the API for hono's client: `hc<Api>(origin)`. */
export type Api = ReturnType<typeof routesOf>;

function routesOf(host: ApiHost, { setUp, isSecure }: ApiOptions) {
  const counting = createCounting(host);
  return new OpenAPIHono<ApiEnv>()
    .basePath('/api/v1')
    .route('/', sessionRoutes(host, setUp, isSecure))
    .route('/', overviewRoutes(counting))
    .route('/', syncRoutes(counting))
    .route('/', recordRoutes())
    .route('/', holdRoutes(host))
    .route('/', runRoutes());
}

export function createApi(host: ApiHost, options: ApiOptions): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.onError((error, context) => answerFailure(error, context, host.log));
  app.notFound((context) => problemAnswer(context, new ApiProblem('not_found')));
  app.use('/api/*', authenticate(host, options.isSecure));
  app.route('/', routesOf(host, options));
  return app;
}

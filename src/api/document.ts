/** The OpenAPI document: what the routes declare, and what holds for all of them. */
import type { OpenAPIHono } from '@hono/zod-openapi';

import type { ApiEnv } from './api-env.ts';
import { CSRF_HEADER } from './doors/authenticate.ts';
import { Problem } from './problem.ts';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** Routes that can be written down. */
type Documented = Pick<OpenAPIHono<ApiEnv>, 'openAPIRegistry' | 'getOpenAPI31Document'>;

/** The OpenAPI 3.1 document of the API and of the addresses of webhooks: the same for equal routes, text for text. */
export function apiDocument(routes: Documented, hooks: Documented): Document {
  const { openAPIRegistry: registry } = routes;
  registry.register('Problem', Problem);
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'trueup_session',
    description: `The cookie of a session; its writes also carry ${CSRF_HEADER}, as GET /session gives it`,
  });
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  const document = routes.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Trueup',
      version: '1',
      description:
        'Lists are `{items, next}`, times are ISO 8601 in UTC, failures are problem documents (RFC 9457).',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
  });
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of ['get', 'put', 'post', 'patch', 'delete'] as const) {
      const operation = path[method];
      if (operation === undefined) continue;
      operation.responses = { ...operation.responses, default: PROBLEM };
      if (method !== 'get') operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY];
    }
  }
  const { paths } = hooks.getOpenAPI31Document({ openapi: document.openapi, info: document.info });
  for (const { post } of Object.values(paths ?? {}))
    if (post !== undefined) post.responses = { ...post.responses, default: PROBLEM };
  return { ...document, paths: { ...document.paths, ...paths } };
}

const PROBLEM = {
  description: 'Why not, as a problem document',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const IDEMPOTENCY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'Done once within a day, however often it is asked for with this key',
  schema: { type: 'string' as const, minLength: 1, maxLength: 200 },
};

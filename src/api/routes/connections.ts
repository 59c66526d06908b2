/** Connections tried and looked into, and the secrets they use: taken, never given back. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { Secret } from '../../lib/secret.ts';
import { audit } from '../../store/audit.ts';
import { secretsChanged } from '../../store/connections.ts';
import { allSyncs, connectionsNamed } from '../../store/control.ts';
import { giveSecret } from '../../store/secret-uses.ts';
import { resumed } from '../actions/resume.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { at, Instant, json, list, NameParam, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { Connection } from '../shapes/status.ts';
import { connectionViews } from '../views/status.ts';
import { typeText } from '../words/mapping.ts';

const SECRET_LENGTH_MAX = 100_000;
const COLLECTIONS_MAX = 500;
const QUERY_LENGTH_MAX = 200;
const SecretName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/);

const Collection = z
  .object({
    name: z.string(),
    title: z.string().nullable(),
    recordsEstimate: z.number().nullable(),
    fields: list(z.object({ name: z.string(), type: z.string(), isRequired: z.boolean() })),
  })
  .openapi('Collection');

const postTest = createRoute({
  method: 'post',
  path: '/connections/{name}/test',
  tags: ['connections'],
  summary: 'Opens the connection and says how it stands',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 200: json(Connection, 'The connection, after it was tried') },
});

const getCollections = createRoute({
  method: 'get',
  path: '/connections/{name}/collections',
  tags: ['connections'],
  summary: 'What the connection offers: its collections and their fields',
  ...needs('operator'),
  request: { params: NameParam, query: z.object({ query: z.string().max(QUERY_LENGTH_MAX).default('') }) },
  responses: {
    200: json(page(Collection), `At most ${String(COLLECTIONS_MAX)} whose name contains the query`),
  },
});

const getSecrets = createRoute({
  method: 'get',
  path: '/secrets',
  tags: ['connections'],
  summary: 'The names of the secrets that are stored',
  ...needs('admin'),
  responses: {
    200: json(page(z.object({ name: z.string(), changedAt: Instant })), 'All of them, without their values'),
  },
});

const putSecret = createRoute({
  method: 'put',
  path: '/secrets/{name}',
  tags: ['connections'],
  summary: 'Stores a secret, sealed; it is never given back',
  description:
    'It goes to the connections that name it now, as they are now, and for 15 minutes to those that whoever gave it describes. Whoever has a connection lead elsewhere gives it again.',
  ...needs('admin'),
  request: {
    params: z.object({ name: SecretName }),
    body: takes(z.object({ value: z.string().min(1).max(SECRET_LENGTH_MAX) })),
  },
  responses: NO_CONTENT,
});

export function connectionRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(postTest, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const [known] = await context.get('inWorkspace')((tx) => connectionsNamed(tx, [name]));
      if (known === undefined) throw notFound('connection', name);
      await resumed(host, workspaceNo, name);
      const views = await context.get('inWorkspace')(async (tx) => {
        await audit(tx, workspaceNo, { by, action: 'connection.tried', subject: name, detail: {} });
        return connectionViews(tx, await allSyncs(tx));
      });
      const tried = views.find((connection) => connection.name === name);
      if (tried === undefined) throw notFound('connection', name);
      return context.json(tried, 200);
    })
    .openapi(getCollections, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { query } = context.req.valid('query');
      const [known] = await context.get('inWorkspace')((tx) => connectionsNamed(tx, [name]));
      if (known === undefined) throw notFound('connection', name);
      const wanted = query.toLowerCase();
      const found = (await host.work(workspaceNo).describe(name)).filter((collection) =>
        `${collection.name} ${collection.title ?? ''}`.toLowerCase().includes(wanted),
      );
      const shown = found.slice(0, COLLECTIONS_MAX).map((collection) => ({
        name: collection.name,
        title: collection.title ?? null,
        recordsEstimate: collection.recordsEstimate,
        fields: collection.fields.map((field) => ({
          name: field.name,
          type: typeText(field.type),
          isRequired: field.required,
        })),
      }));
      return context.json({ items: shown, next: null }, 200);
    })
    .openapi(getSecrets, async (context) => {
      const rows = await context.get('inWorkspace')(secretsChanged);
      const shown = rows.map(({ name, changedMs }) => ({ name, changedAt: at(changedMs) }));
      return context.json({ items: shown, next: null }, 200);
    })
    .openapi(putSecret, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const secret = new Secret(context.req.valid('json').value);
      await context.get('inWorkspace')(async (tx) => {
        await giveSecret(tx, host.sealer, workspaceNo, { name, secret, by });
        await audit(tx, workspaceNo, { by, action: 'secret.stored', subject: name, detail: {} });
      });
      return context.body(null, 204);
    });
}

/** What systems change about their fields: shown, looked at, accepted. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { syncNamed } from '../actions/find.ts';
import { acceptSchemas } from '../actions/schemas.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost, SideSchemaSeen } from '../host.ts';
import { at, json, NAME_LENGTH_MAX, NameParam, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { SideSchema } from '../shapes/syncs.ts';
import { Task, taskShape } from '../shapes/tasks.ts';
import type { Tasks } from '../tasks.ts';
import { diffWords } from '../words/schema.ts';

const SIDES_MAX = 100;

const getSchemas = createRoute({
  method: 'get',
  path: '/syncs/{name}/schemas',
  tags: ['syncs'],
  summary:
    'What the systems have changed about their fields since the sync was approved, and what that does to it',
  description: 'As it was seen last: a running worker looks every few minutes. No system is asked.',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: { 200: json(page(SideSchema), 'Every side whose fields have been seen') },
});

const postLook = createRoute({
  method: 'post',
  path: '/syncs/{name}/schemas/look',
  tags: ['syncs'],
  summary: 'Asks every system of the sync what its fields are now',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 202: json(Task, 'The work, begun') },
});

const postAcceptance = createRoute({
  method: 'post',
  path: '/syncs/{name}/schemas/acceptance',
  tags: ['syncs'],
  summary: 'What the systems say now, as it was seen, is what the mappings are made for from now on',
  description: 'Changes that stop something cannot be accepted: the sync file must follow them.',
  ...needs('approver'),
  request: {
    params: NameParam,
    body: takes(
      z.object({
        seen: z
          .array(
            z.object({
              side: z.string().min(1).max(NAME_LENGTH_MAX),
              version: z.int().min(1).max(2_147_483_647),
            }),
          )
          .max(SIDES_MAX)
          .openapi({ description: 'The version of every side, as the list of changes gives it' }),
      }),
    ),
  },
  responses: { 200: json(z.object({ accepted: z.int() }), 'How many sides that has changed') },
});

function schemaView({
  side,
  collection,
  sinceMs,
  seenAtMs,
  version,
  effects,
}: SideSchemaSeen): z.infer<typeof SideSchema> {
  const changes = effects.map((effect) => {
    const { says: sentence, gravity, fix, fields } = effect;
    return { gravity, sentence, fix, fields, ...diffWords(effect) };
  });
  return { side, collection, since: at(sinceMs), seenAt: at(seenAtMs), version, changes };
}

export function schemaRoutes(host: ApiHost, tasks: Tasks) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getSchemas, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const seen = await context.get('inWorkspace')(async (tx) =>
        host.work(workspaceNo).schemas(tx, await syncNamed(tx, name)),
      );
      return context.json({ items: seen.map(schemaView), next: null }, 200);
    })
    .openapi(postLook, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      const task = tasks.start(workspaceNo, { kind: 'schemas', sync: name }, async (tell) => {
        tell('asking the systems', 0, null);
        await host.work(workspaceNo).lookAtSchemas(sync);
      });
      return context.json(taskShape(task), 202);
    })
    .openapi(postAcceptance, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { seen } = context.req.valid('json');
      const accepted = await context.get('inWorkspace')((tx) =>
        acceptSchemas(tx, host, principal, name, seen),
      );
      return context.json({ accepted }, 200);
    });
}

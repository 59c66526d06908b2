/** Plans made and approved, syncs stopped and started, and work that takes its time. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { syncNamed } from '../actions/find.ts';
import { approve, changeMode, makePlan } from '../actions/plan.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { Counting } from '../counting.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { json, NameParam, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { Mode, Sync } from '../shapes/status.ts';
import { Approval } from '../shapes/syncs.ts';
import { Task, taskShape } from '../shapes/tasks.ts';
import type { Tasks } from '../tasks.ts';
import { allSyncViews } from './overview.ts';

const HASH = /^([0-9a-f]{64}|empty)$/;

const postPlan = createRoute({
  method: 'post',
  path: '/syncs/{name}/plan',
  tags: ['syncs'],
  summary: 'Reads every side and seals what would be written; writes nothing anywhere',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 202: json(Task, 'The work, begun') },
});

const getTask = createRoute({
  method: 'get',
  path: '/tasks/{id}',
  tags: ['activity'],
  summary: 'How far some work has come',
  ...needs('viewer'),
  request: { params: z.object({ id: z.uuid() }) },
  responses: { 200: json(Task, 'The work') },
});

const postApproval = createRoute({
  method: 'post',
  path: '/syncs/{name}/approval',
  tags: ['syncs'],
  summary: 'Lets exactly this plan go; what has moved since is planned anew and left for the next one',
  ...needs('approver'),
  request: { params: NameParam, body: takes(z.object({ hash: z.string().regex(HASH) })) },
  responses: { 200: json(Approval, 'What goes out') },
});

const putMode = createRoute({
  method: 'put',
  path: '/syncs/{name}/mode',
  tags: ['syncs'],
  summary: 'Pauses a sync, lets it only observe, or lets it go on',
  ...needs('operator'),
  request: { params: NameParam, body: takes(z.object({ mode: Mode })) },
  responses: { 200: json(Sync, 'The sync as it is now') },
});

export function planRoutes(host: ApiHost, tasks: Tasks, counting: Counting) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(postPlan, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      const task = tasks.start(principal.workspaceNo, { kind: 'plan', sync: name }, (tell, signal) =>
        makePlan(host, principal, sync, tell, signal),
      );
      return context.json(taskShape(task), 202);
    })
    .openapi(getTask, (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const task = tasks.find(workspaceNo, id);
      if (task === null) throw notFound('task', id);
      return context.json(taskShape(task), 200);
    })
    .openapi(postApproval, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { hash } = context.req.valid('json');
      const approval = await context.get('inWorkspace')((tx) => approve(tx, principal, name, hash));
      return context.json(approval, 200);
    })
    .openapi(putMode, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { mode } = context.req.valid('json');
      await context.get('inWorkspace')((tx) => changeMode(tx, principal, name, mode));
      const changed = (await allSyncViews(context, counting)).find((sync) => sync.name === name);
      if (changed === undefined) throw notFound('sync', name);
      return context.json(changed, 200);
    });
}

/** Reconciliation: begun, shown, downloaded, and its drift mended by a plan. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { SAMPLE_RECORDS_MAX, SAMPLE_RECORDS_MIN } from '../../diagnose/reconcile/budget.ts';
import { csvReport, htmlReport } from '../../diagnose/reconcile/formats.ts';
import { keptReport } from '../../diagnose/reconcile/kept.ts';
import { standingOf } from '../../diagnose/reconcile/standing.ts';
import { pastReconciliations } from '../../store/reconciliations.ts';
import { syncNamed } from '../actions/find.ts';
import { reconcile, repair, reportOfSync } from '../actions/reconcile.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { json, NAME_LENGTH_MAX, NameParam } from '../shapes/common.ts';
import { Reconciliation, reconciliationShape } from '../shapes/reconciliation.ts';
import { refuse } from '../shapes/refuse.ts';
import { Task, taskShape } from '../shapes/tasks.ts';
import type { Tasks } from '../tasks.ts';

const TREND_MAX = 60;

const getReconciliation = createRoute({
  method: 'get',
  path: '/syncs/{name}/reconciliation',
  tags: ['reconciliation'],
  summary: 'What the newest reconciliation found, with the reason of every difference, and the trend',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: { 200: json(Reconciliation, 'The report; null before the first') },
});

const postReconciliation = createRoute({
  method: 'post',
  path: '/syncs/{name}/reconciliation',
  tags: ['reconciliation'],
  summary: 'Compares every side with what should stand there; writes to no system',
  ...needs('operator'),
  request: {
    params: NameParam,
    query: z.object({
      side: z.string().min(1).max(NAME_LENGTH_MAX).optional().openapi({ description: 'Only this side' }),
      sample: z.coerce.number().int().min(SAMPLE_RECORDS_MIN).max(SAMPLE_RECORDS_MAX).optional().openapi({
        type: 'integer',
        description: 'So many records drawn by lot, where a side cannot digest them itself',
      }),
    }),
  },
  responses: { 202: json(Task, 'The work, begun') },
});

const postRepair = createRoute({
  method: 'post',
  path: '/syncs/{name}/reconciliation/repair',
  tags: ['reconciliation'],
  summary: 'Looks at all listed drift again and seals what mends it as a plan, to be approved like any other',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 202: json(Task, 'The work, begun') },
});

const TEXT = { schema: z.string() };

const getFile = createRoute({
  method: 'get',
  path: '/syncs/{name}/reconciliation/file',
  tags: ['reconciliation'],
  summary: 'The newest report as a table for a spreadsheet, or as one page that needs nothing else',
  ...needs('viewer'),
  request: { params: NameParam, query: z.object({ format: z.enum(['csv', 'html']) }) },
  responses: { 200: { description: 'The file', content: { 'text/csv': TEXT, 'text/html': TEXT } } },
});

export function reconciliationRoutes(host: ApiHost, tasks: Tasks) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getReconciliation, async (context) => {
      const { name } = context.req.valid('param');
      const shape = await context.get('inWorkspace')(async (tx) => {
        const sync = await syncNamed(tx, name);
        const past = await pastReconciliations(tx, sync.syncKey, TREND_MAX);
        const report = await keptReport(tx, sync.syncKey, name);
        return reconciliationShape(report, past, await standingOf(tx, sync));
      });
      return context.json(shape, 200);
    })
    .openapi(postReconciliation, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const asked = context.req.valid('query');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      if (asked.side !== undefined && !sync.definition.sides.some((side) => side.name === asked.side))
        throw notFound(`side of ${name}`, asked.side);
      const what = { kind: 'reconciliation', sync: name } as const;
      const task = tasks.start(principal.workspaceNo, what, (tell, signal) =>
        reconcile(host, principal, sync, asked, tell, signal),
      );
      return context.json(taskShape(task), 202);
    })
    .openapi(postRepair, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      const task = tasks.start(principal.workspaceNo, { kind: 'repair', sync: name }, (tell, signal) =>
        repair(host, principal, sync, tell, signal),
      );
      return context.json(taskShape(task), 202);
    })
    .openapi(getFile, async (context) => {
      const { name } = context.req.valid('param');
      const { format } = context.req.valid('query');
      const report = await context.get('inWorkspace')((tx) => reportOfSync(tx, name));
      const [type, text] =
        format === 'csv' ? ['text/csv', csvReport(report)] : ['text/html', htmlReport(report)];
      return context.body(text, 200, {
        'content-type': `${type}; charset=utf-8`,
        'content-disposition': `attachment; filename="reconciliation.${format}"`,
      });
    });
}

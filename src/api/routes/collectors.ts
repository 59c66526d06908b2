/** Where the metrics are sent over OTLP, every minute. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { otlpComplaint } from '../../diagnose/metrics/otlp.ts';
import { Secret } from '../../lib/secret.ts';
import { audit } from '../../store/audit.ts';
import {
  allCollectors,
  collectorSecret,
  removeCollector,
  saveCollector,
  type CollectorRow,
} from '../../store/collectors.ts';
import { openSecret, saveSecret } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { at, Failure, failureOf, Instant, json, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

const URL_LENGTH_MAX = 2_000;
const HEADERS_LENGTH_MAX = 10_000;
const COLLECTORS_MAX = 20;

const Collector = z
  .object({
    name: z.string(),
    url: z.string(),
    lastSentAt: Instant.nullable(),
    failures: z.int().openapi({ description: 'Tries in a row that did not arrive' }),
    failure: Failure.nullable().openapi({ description: 'Why the newest try did not arrive' }),
  })
  .openapi('Collector');

const CollectorParam = z.object({ name: z.string().regex(/^[a-z][a-z0-9_-]{0,54}$/) });

const getCollectors = createRoute({
  method: 'get',
  path: '/collectors',
  tags: ['alerts'],
  summary: 'Where the metrics are sent over OTLP, every minute, and how that goes',
  ...needs('viewer'),
  responses: { 200: json(page(Collector), 'All of them, without their headers') },
});

const putCollector = createRoute({
  method: 'put',
  path: '/collectors/{name}',
  tags: ['alerts'],
  summary: 'Has the metrics sent there from now on; without headers it keeps those it has',
  ...needs('admin'),
  request: {
    params: CollectorParam,
    body: takes(
      z.object({
        url: z
          .string()
          .min(1)
          .max(URL_LENGTH_MAX)
          .openapi({ description: 'The whole address, with its path' }),
        headers: z
          .string()
          .min(1)
          .max(HEADERS_LENGTH_MAX)
          .optional()
          .openapi({ description: 'Name=value, with commas between them and values percent-encoded' }),
      }),
    ),
  },
  responses: NO_CONTENT,
});

const deleteCollector = createRoute({
  method: 'delete',
  path: '/collectors/{name}',
  tags: ['alerts'],
  summary: 'Sends the metrics there no more',
  ...needs('admin'),
  request: { params: CollectorParam },
  responses: NO_CONTENT,
});

const postTest = createRoute({
  method: 'post',
  path: '/collectors/{name}/test',
  tags: ['alerts'],
  summary: 'Sends the metrics now, and says whether they were taken',
  ...needs('operator'),
  request: { params: CollectorParam },
  responses: { 200: json(Collector, 'The collector, with its failure if it has one') },
});

export function collectorRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getCollectors, async (context) => {
      const all = await context.get('inWorkspace')(allCollectors);
      return context.json({ items: all.map(collectorView), next: null }, 200);
    })
    .openapi(putCollector, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { url, headers: given } = context.req.valid('json');
      await context.get('inWorkspace')(async (tx) => {
        const known = await allCollectors(tx);
        if (known.length >= COLLECTORS_MAX && !known.some((collector) => collector.name === name))
          throw invalid('param.name', `there are ${String(COLLECTORS_MAX)} collectors already`);
        const headers =
          given === undefined ? await keptHeaders(tx, host, workspaceNo, name, url) : new Secret(given);
        const complaint = otlpComplaint(url, headers);
        if (complaint !== null) throw invalid('json.url', complaint);
        await saveCollector(tx, workspaceNo, name, url);
        if (headers !== null) await saveSecret(tx, host.sealer, workspaceNo, collectorSecret(name), headers);
        await audit(tx, workspaceNo, { by, action: 'collector.saved', subject: name, detail: { url } });
      });
      return context.body(null, 204);
    })
    .openapi(deleteCollector, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      await context.get('inWorkspace')(async (tx) => {
        if (!(await removeCollector(tx, workspaceNo, name))) throw notFound('collector', name);
        await audit(tx, workspaceNo, { by, action: 'collector.removed', subject: name, detail: {} });
      });
      return context.body(null, 204);
    })
    .openapi(postTest, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      await host.work(workspaceNo).sendMetrics(name);
      const tried = await context.get('inWorkspace')(async (tx) => {
        const found = (await allCollectors(tx)).find((collector) => collector.name === name);
        if (found === undefined) throw notFound('collector', name);
        await audit(tx, workspaceNo, { by, action: 'collector.tried', subject: name, detail: {} });
        return found;
      });
      return context.json(collectorView(tried), 200);
    });
}

function collectorView({
  name,
  url,
  lastSentMs,
  failures,
  failure,
}: CollectorRow): z.infer<typeof Collector> {
  return { name, url, lastSentAt: at(lastSentMs), failures, failure: failureOf(failure) };
}

function invalid(path: string, message: string): ApiProblem {
  return new ApiProblem('invalid', { errors: [{ path, message }] });
}

/** Headers stay with the address that they were given for: sent to another they would be given away. */
async function keptHeaders(
  tx: Tx,
  { sealer }: ApiHost,
  workspaceNo: number,
  name: string,
  url: string,
): Promise<Secret | null> {
  const kept = await openSecret(tx, sealer, workspaceNo, collectorSecret(name));
  const known = (await allCollectors(tx)).find((collector) => collector.name === name);
  if (kept === null || known === undefined || known.url === url) return kept;
  throw invalid('json.headers', 'must be given again where the address changes');
}

/** Where systems tell of changes. The signature is the door; what is told is only where to look. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { judge, type Refusal } from '../../connector/http/webhook/intake.ts';
import type { Delivery } from '../../connector/http/webhook/signature.ts';
import { noteRefusals, type WebhookPlace } from '../../store/webhooks.ts';
import { takeTold } from '../../worker/told-by-webhook.ts';
import { OPEN, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { NO_CONTENT } from '../shapes/common.ts';
import { createWebhookEnds } from '../webhook-ends.ts';

/** Refusals between two notes are counted here: a flood of them must not become a flood of statements. */
const NOTED_EVERY_MS = 1_000;

const postDelivery = createRoute({
  method: 'post',
  path: '/{workspace}/{connection}',
  tags: ['webhooks'],
  summary: 'Where the system of a connection tells that records have changed',
  description:
    'Signed as the connection’s description says; at most 256 KB. Taken once, however often it comes. What it says of a record is not believed: the record is read.',
  ...OPEN,
  request: {
    params: z.object({ workspace: z.string(), connection: z.string() }),
    body: { content: { '*/*': { schema: z.string().openapi({ format: 'binary' }) } } },
  },
  responses: NO_CONTENT,
});

export function hookRoutes(host: ApiHost, publicUrl: string | null) {
  const endOf = createWebhookEnds(host);
  const refuse = createRefusing(host);
  return new OpenAPIHono<ApiEnv>().openapi(postDelivery, async (context) => {
    const { workspace, connection } = context.req.valid('param');
    const end = await endOf(workspace, connection).catch((error: unknown) =>
      unopened(host, connection, error),
    );
    if (end === null) throw new ApiProblem('not_found');
    const delivery = await deliveryOf(context, publicUrl);
    const verdict = judge(delivery, end.webhook);
    if (verdict.kind === 'refused') throw await refuse(end, verdict.why);
    const told = end.webhook.read(delivery);
    if (told === null) throw await refuse(end, 'not understood');
    const taken = await host.database.transaction(end.workspaceNo, (tx) => takeTold(tx, end, verdict, told));
    if (taken === 'too old') throw await refuse(end, taken);
    return context.body(null, 204);
  });
}

/** The raw bytes, and the address that the sender has called: a proxy of ours may have shown us another. */
async function deliveryOf(context: Context<ApiEnv>, publicUrl: string | null): Promise<Delivery> {
  const { req } = context;
  const called = new URL(req.url);
  const { origin } = publicUrl === null ? called : new URL(publicUrl);
  return {
    method: req.method,
    url: `${origin}${called.pathname}${called.search}`,
    headers: new Map(Object.entries(req.header())),
    body: new Uint8Array(await req.arrayBuffer()),
  };
}

/** A connection whose secrets or description are not to be had now: the sender tries again. */
function unopened({ log }: ApiHost, connection: string, error: unknown): never {
  const name = error instanceof Error ? error.name : 'unknown';
  log.warn({ connection, error: name }, 'a webhook could not be opened');
  throw new ApiProblem('unavailable', { headers: { 'retry-after': '60' } });
}

/** Counts what was refused, and says no more than that it was. */
function createRefusing(host: ApiHost): (place: WebhookPlace, why: Refusal) => Promise<ApiProblem> {
  const uncounted = new Map<string, { readonly count: number; readonly notedMs: number }>();
  return async (place, why) => {
    const key = `${String(place.workspaceNo)} ${place.connection}`;
    const nowMs = host.clock.monotonicMs();
    const { count, notedMs } = uncounted.get(key) ?? { count: 0, notedMs: -Infinity };
    const isDue = nowMs - notedMs >= NOTED_EVERY_MS;
    uncounted.set(key, isDue ? { count: 0, notedMs: nowMs } : { count: count + 1, notedMs });
    if (isDue) {
      host.log.warn({ connection: place.connection, deliveries: count + 1, why }, 'a webhook was refused');
      await host.database.transaction(place.workspaceNo, (tx) => noteRefusals(tx, place, count + 1, why));
    }
    return new ApiProblem(why === 'not understood' ? 'malformed' : 'unsigned');
  };
}

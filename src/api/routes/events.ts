/** Live state as server-sent events: what has changed, not the news itself, so that nothing is told to whom it is not for. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';

import type { Clock } from '../../lib/clock.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { Events, Topic } from '../events.ts';

const ALIVE_EVERY_MS = 15_000;
/** A stream ends then and the browser opens a new one, for which it has to be signed in still. */
const LIFE_MS = 5 * 60_000;

const getEvents = createRoute({
  method: 'get',
  path: '/events',
  tags: ['status'],
  summary: 'Tells what has changed: events `changed` whose data is `{topics}`',
  ...needs('viewer'),
  responses: {
    200: { description: 'A stream of events', content: { 'text/event-stream': { schema: z.string() } } },
  },
});

export function eventRoutes(events: Events, clock: Clock) {
  return new OpenAPIHono<ApiEnv>().openapi(getEvents, (context) => {
    const { workspaceNo, accountId } = principalOf(context.get('principal'));
    const told: (readonly Topic[])[] = [];
    let wake = new AbortController();
    const end = events.listen(workspaceNo, accountId, (topics) => {
      told.push(topics);
      wake.abort();
    });
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => wake.abort());
      const startedMs = clock.monotonicMs();
      try {
        await stream.writeSSE({ event: 'open', data: '{}', retry: 2_000 });
        while (!stream.aborted && clock.monotonicMs() - startedMs < LIFE_MS) {
          await clock.sleep(ALIVE_EVERY_MS, wake.signal);
          wake = new AbortController();
          const topics = [...new Set(told.splice(0).flat())];
          if (stream.aborted) break;
          if (topics.length === 0) await stream.write(': alive\n\n');
          else await stream.writeSSE({ event: 'changed', data: JSON.stringify({ topics }) });
        }
      } finally {
        end();
      }
    });
  });
}

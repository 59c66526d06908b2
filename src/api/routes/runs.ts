/** Sweeps and reconciliations, with counts that balance. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { runsPage } from '../../store/listing.ts';
import { syncsMeant } from '../actions/find.ts';
import { needs, type ApiEnv } from '../api-env.ts';
import { json, at, failureOf, NAME_LENGTH_MAX, page } from '../shapes/common.ts';
import { decodeCursor, pageOf, Paging } from '../shapes/paging.ts';
import { Run } from '../shapes/records.ts';
import { refuse } from '../shapes/refuse.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);

const getRuns = createRoute({
  method: 'get',
  path: '/runs',
  tags: ['activity'],
  summary: 'Runs, the newest first',
  ...needs('viewer'),
  request: {
    query: Paging.extend({
      sync: Name.optional(),
      side: Name.optional(),
      state: z.enum(['running', 'complete', 'failed']).optional(),
    }),
  },
  responses: { 200: json(page(Run), 'Runs') },
});

export function runRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse }).openapi(getRuns, async (context) => {
    const { sync, side = null, state = null, cursor, limit } = context.req.valid('query');
    const before = decodeCursor(cursor, z.uuid());
    const found = await context.get('inWorkspace')(async (tx) => {
      const syncs = syncsMeant(await allSyncs(tx), sync);
      const names = new Map(syncs.map(({ syncKey, name }) => [syncKey, name]));
      const rows = await runsPage(tx, { syncKeys: [...names.keys()], side, state }, before, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ runId }) => runId,
        ({ runId, syncKey, startedMs, endedMs, failure, ...rest }) => ({
          ...rest,
          id: runId,
          sync: names.get(syncKey) ?? '',
          startedAt: at(startedMs),
          endedAt: at(endedMs),
          failure: failureOf(failure),
        }),
      );
    });
    return context.json(found, 200);
  });
}

/** How everything stands: the overview, the syncs in short, the connections. */
import { OpenAPIHono, createRoute, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { allSyncs } from '../../store/control.ts';
import { countHolds } from '../../store/holds.ts';
import { countSuggestions } from '../../store/matches.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { Counting } from '../counting.ts';
import { notFound } from '../problem.ts';
import { json, at, NameParam, page } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { Connection, Overview, Sync } from '../shapes/status.ts';
import { connectionViews, syncView } from '../views/status.ts';

const COUNTED_MAX = 10_000;

const getOverview = createRoute({
  method: 'get',
  path: '/overview',
  tags: ['status'],
  summary: 'How everything stands, and what waits for a person',
  ...needs('viewer'),
  responses: { 200: json(Overview, 'Every sync and connection') },
});

const getSyncs = createRoute({
  method: 'get',
  path: '/syncs',
  tags: ['status'],
  summary: 'Every sync with its sides',
  ...needs('viewer'),
  responses: { 200: json(page(Sync), 'All of them; there is no second page') },
});

const getConnections = createRoute({
  method: 'get',
  path: '/connections',
  tags: ['connections'],
  summary: 'Every connection and how it stands',
  ...needs('viewer'),
  responses: { 200: json(page(Connection), 'All of them; there is no second page') },
});

const getConnection = createRoute({
  method: 'get',
  path: '/connections/{name}',
  tags: ['connections'],
  summary: 'One connection',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: { 200: json(Connection, 'The connection') },
});

/** Every sync in short, by the counts that were taken last. */
export async function allSyncViews(
  context: Context<ApiEnv>,
  counting: Counting,
): Promise<readonly z.infer<typeof Sync>[]> {
  const { workspaceNo } = principalOf(context.get('principal'));
  const syncs = await context.get('inWorkspace')(allSyncs);
  const counted = await counting.of(workspaceNo, syncs);
  return context.get('inWorkspace')(async (tx) => {
    const systems = new Map((await connectionViews(tx, syncs)).map(({ name, system }) => [name, system]));
    const views = [];
    for (const sync of syncs) views.push(await syncView(tx, sync, systems, counted.get(sync.syncKey)));
    return views;
  });
}

export function overviewRoutes(counting: Counting) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getOverview, async (context) => {
      const syncs = await allSyncViews(context, counting);
      const { connections, holds, matches, nowMs } = await context.get('inWorkspace')(async (tx) => {
        const rows = await allSyncs(tx);
        const keys = rows.map(({ syncKey }) => syncKey);
        return {
          connections: await connectionViews(tx, rows),
          holds: await countHolds(tx, keys, COUNTED_MAX),
          matches: await countSuggestions(tx, keys, COUNTED_MAX),
          nowMs: tx.nowMs,
        };
      });
      const sum = (count: (side: z.infer<typeof Sync>['sides'][number]) => number): number =>
        syncs.flatMap(({ sides }) => sides).reduce((total, side) => total + count(side), 0);
      const waiting = {
        holds,
        matches,
        heldWrites: sum(({ owed }) => owed.held),
        dead: sum(({ counts }) => counts?.dead ?? 0),
        connections: connections.filter(({ state }) => state !== 'connected' && state !== 'new').length,
      };
      return context.json({ asOf: at(nowMs), syncs, connections, waiting }, 200);
    })
    .openapi(getSyncs, async (context) =>
      context.json({ items: await allSyncViews(context, counting), next: null }, 200),
    )
    .openapi(getConnections, async (context) => {
      const all = await context.get('inWorkspace')(async (tx) => connectionViews(tx, await allSyncs(tx)));
      return context.json({ items: all, next: null }, 200);
    })
    .openapi(getConnection, async (context) => {
      const { name } = context.req.valid('param');
      const all = await context.get('inWorkspace')(async (tx) => connectionViews(tx, await allSyncs(tx)));
      const found = all.find((connection) => connection.name === name);
      if (found === undefined) throw notFound('connection', name);
      return context.json(found, 200);
    });
}

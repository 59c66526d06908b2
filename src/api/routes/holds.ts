/** What is stopped until a person decides, and the decisions. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { holdsPage, type ListedHold } from '../../store/holds.ts';
import { allEmptied, sayEmptied } from '../actions/emptied.ts';
import { syncsMeant } from '../actions/find.ts';
import { decideHold, Decision, holdNamed, releaseSet, WriteSet } from '../actions/holds.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { json, list, NAME_LENGTH_MAX, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { decodeCursor, pageOf, Paging } from '../shapes/paging.ts';
import { HeldWrites, Hold } from '../shapes/records.ts';
import { refuse } from '../shapes/refuse.ts';
import { heldViews } from '../views/held.ts';
import { holdViews } from '../views/holds.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);
const IdParam = z.object({ id: z.uuid() });
const Place = z.object({ openedMs: z.number(), holdId: z.uuid() });

const getHolds = createRoute({
  method: 'get',
  path: '/holds',
  tags: ['review'],
  summary: 'What waits for a person, the oldest first, with every choice there is',
  ...needs('viewer'),
  request: {
    query: Paging.extend({ sync: Name.optional(), reason: Name.optional(), field: Name.optional() }),
  },
  responses: { 200: json(page(Hold), 'Open holds') },
});

const getHold = createRoute({
  method: 'get',
  path: '/holds/{id}',
  tags: ['review'],
  summary: 'One open hold',
  ...needs('viewer'),
  request: { params: IdParam },
  responses: { 200: json(Hold, 'The hold') },
});

const postDecision = createRoute({
  method: 'post',
  path: '/holds/{id}/decision',
  tags: ['review'],
  summary: 'Decides a hold; what follows is delivered by the workers',
  ...needs('approver'),
  request: { params: IdParam, body: takes(Decision) },
  responses: NO_CONTENT,
});

const getHeldWrites = createRoute({
  method: 'get',
  path: '/held-writes',
  tags: ['review'],
  summary: 'Floods of writes that a guard has stopped, each set with the hash that releases exactly it',
  ...needs('viewer'),
  responses: { 200: json(z.object({ items: list(HeldWrites) }), 'Sets of writes') },
});

const postRelease = createRoute({
  method: 'post',
  path: '/held-writes/release',
  tags: ['review'],
  summary: 'Lets a set of writes go, if it is still the one with this hash',
  ...needs('approver'),
  request: {
    body: takes(WriteSet),
  },
  responses: { 200: json(z.object({ released: z.int() }), 'How many go out') },
});

const getEmptied = createRoute({
  method: 'get',
  path: '/emptied-sides',
  tags: ['review'],
  summary:
    'Sides that show no records at all where some were known: nothing is concluded from that before a person says so',
  ...needs('viewer'),
  responses: {
    200: json(z.object({ items: list(z.object({ sync: z.string(), side: z.string() })) }), 'All of them'),
  },
});

const postEmptied = createRoute({
  method: 'post',
  path: '/syncs/{name}/sides/{side}/emptied',
  tags: ['review'],
  summary:
    'Says that a side was emptied on purpose: it is swept again, and what is missing there counts as deleted',
  description: 'The deletes that follow elsewhere are stopped by the guard like any flood.',
  ...needs('approver'),
  request: { params: z.object({ name: Name, side: Name }) },
  responses: NO_CONTENT,
});

function placeOf({ openedAtMs: openedMs, holdId }: ListedHold): z.infer<typeof Place> {
  return { openedMs, holdId };
}

export function holdRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getHolds, async (context) => {
      const { sync, reason = null, field = null, cursor, limit } = context.req.valid('query');
      const after = decodeCursor(cursor, Place);
      const found = await context.get('inWorkspace')(async (tx) => {
        const syncs = syncsMeant(await allSyncs(tx), sync);
        const syncKeys = syncs.map(({ syncKey }) => syncKey);
        const rows = await holdsPage(tx, { syncKeys, reason, field }, after, limit + 1);
        const listed = pageOf(rows, limit, placeOf, (row) => row);
        return { items: await holdViews(tx, syncs, listed.items), next: listed.next };
      });
      return context.json(found, 200);
    })
    .openapi(getHold, async (context) => {
      const { id } = context.req.valid('param');
      const hold = await context.get('inWorkspace')(async (tx) => {
        const syncs = await allSyncs(tx);
        const found = await holdNamed(tx, syncs, id);
        const [view] = await holdViews(tx, syncs, [found]);
        return view;
      });
      if (hold === undefined) throw notFound('open hold', id);
      return context.json(hold, 200);
    })
    .openapi(postDecision, async (context) => {
      const { id } = context.req.valid('param');
      await decideHold(host, principalOf(context.get('principal')), id, context.req.valid('json'));
      return context.body(null, 204);
    })
    .openapi(getHeldWrites, async (context) => {
      const sets = await context.get('inWorkspace')(async (tx) => {
        const all = [];
        for (const sync of await allSyncs(tx)) all.push(...(await heldViews(tx, sync)));
        return all;
      });
      return context.json({ items: sets }, 200);
    })
    .openapi(postRelease, async (context) => {
      const principal = principalOf(context.get('principal'));
      const set = context.req.valid('json');
      const released = await context.get('inWorkspace')((tx) => releaseSet(tx, principal, set));
      return context.json({ released }, 200);
    })
    .openapi(getEmptied, async (context) =>
      context.json({ items: await context.get('inWorkspace')((tx) => allEmptied(host, tx)) }, 200),
    )
    .openapi(postEmptied, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name, side } = context.req.valid('param');
      await context.get('inWorkspace')((tx) => sayEmptied(host, tx, principal, name, side));
      return context.body(null, 204);
    });
}

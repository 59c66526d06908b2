/** Pairs of things that may be one, for a person to say. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { suggestionsPage, type ListedSuggestion } from '../../store/matches.ts';
import { syncNamed, syncsMeant } from '../actions/find.ts';
import { decideMatch, decideMatches, mergeByHand, takeBackMerge } from '../actions/matches.ts';
import { searchPairs } from '../actions/search-pairs.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { json, list, NAME_LENGTH_MAX, NameParam, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { Match, MatchDecision, MatchDecisions, Merge, MergeByHand } from '../shapes/matches.ts';
import { decodeCursor, pageOf, Paging } from '../shapes/paging.ts';
import { refuse } from '../shapes/refuse.ts';
import { Task, taskShape } from '../shapes/tasks.ts';
import type { Tasks } from '../tasks.ts';
import { matchViews, mergeViews } from '../views/matches.ts';

const MERGES_MAX = 50;
const Place = z.object({ score: z.number(), suggestionId: z.uuid() });

const getMatches = createRoute({
  method: 'get',
  path: '/matches',
  tags: ['review'],
  summary: 'Pairs of things that may be one, as the last report found them, the likeliest first',
  ...needs('viewer'),
  request: { query: Paging.extend({ sync: z.string().min(1).max(NAME_LENGTH_MAX).optional() }) },
  responses: { 200: json(page(Match), 'Open suggestions') },
});

const postSearch = createRoute({
  method: 'post',
  path: '/syncs/{name}/matches',
  tags: ['review'],
  summary: 'Searches for pairs of things that may be one; links nothing',
  description: 'What it finds takes the place of the open suggestions; what people said already stays said.',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 202: json(Task, 'The work, begun') },
});

const postMatchDecision = createRoute({
  method: 'post',
  path: '/matches/{id}/decision',
  tags: ['review'],
  summary: 'Says that two things are one, or two; what follows is delivered by the workers',
  ...needs('approver'),
  request: { params: z.object({ id: z.uuid() }), body: takes(MatchDecision) },
  responses: {
    200: json(z.object({ joinId: z.string().nullable() }), 'The join, by which it can be taken back'),
  },
});

const postMatchDecisions = createRoute({
  method: 'post',
  path: '/matches/decisions',
  tags: ['review'],
  summary: 'Says of many pairs at once that they are one, or two: all of it is done, or nothing',
  ...needs('approver'),
  request: { body: takes(MatchDecisions) },
  responses: {
    200: json(
      z.object({ joinIds: list(z.string().nullable()) }),
      'The joins in the order of the decisions, null for those that are two',
    ),
  },
});

const getMerges = createRoute({
  method: 'get',
  path: '/merges',
  tags: ['review'],
  summary: 'What people said is one thing and did not take back, the newest first',
  ...needs('viewer'),
  responses: { 200: json(page(Merge), `At most ${String(MERGES_MAX)} of each sync`) },
});

const postMerge = createRoute({
  method: 'post',
  path: '/merges',
  tags: ['review'],
  summary:
    'Says that two things are one, though nothing suggested it; what follows is delivered by the workers',
  ...needs('approver'),
  request: { body: takes(MergeByHand) },
  responses: { 200: json(z.object({ joinId: z.string() }), 'The join, by which it can be taken back') },
});

const deleteMerge = createRoute({
  method: 'delete',
  path: '/merges/{id}',
  tags: ['review'],
  summary: 'Takes a merge back: they are two again, each with its own records and values',
  ...needs('approver'),
  request: { params: z.object({ id: z.uuid() }) },
  responses: NO_CONTENT,
});

function placeOf({ score, suggestionId }: ListedSuggestion): z.infer<typeof Place> {
  return { score, suggestionId };
}

export function matchRoutes(host: ApiHost, tasks: Tasks) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getMatches, async (context) => {
      const { sync, cursor, limit } = context.req.valid('query');
      const after = decodeCursor(cursor, Place);
      const found = await context.get('inWorkspace')(async (tx) => {
        const syncs = syncsMeant(await allSyncs(tx), sync);
        const keys = syncs.map(({ syncKey }) => syncKey);
        const rows = await suggestionsPage(tx, keys, after, limit + 1);
        const listed = pageOf(rows, limit, placeOf, (row) => row);
        return { items: await matchViews(tx, syncs, listed.items), next: listed.next };
      });
      return context.json(found, 200);
    })
    .openapi(postSearch, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      const task = tasks.start(principal.workspaceNo, { kind: 'matches', sync: name }, (tell, signal) =>
        searchPairs(host, principal, sync, tell, signal),
      );
      return context.json(taskShape(task), 202);
    })
    .openapi(postMatchDecision, async (context) => {
      const { id } = context.req.valid('param');
      const principal = principalOf(context.get('principal'));
      const joinId = await decideMatch(host, principal, id, context.req.valid('json'));
      return context.json({ joinId }, 200);
    })
    .openapi(postMatchDecisions, async (context) => {
      const principal = principalOf(context.get('principal'));
      const joinIds = await decideMatches(host, principal, context.req.valid('json').decisions);
      return context.json({ joinIds }, 200);
    })
    .openapi(getMerges, async (context) => {
      const merges = await context.get('inWorkspace')(async (tx) =>
        mergeViews(tx, await allSyncs(tx), MERGES_MAX),
      );
      return context.json({ items: merges, next: null }, 200);
    })
    .openapi(postMerge, async (context) => {
      const principal = principalOf(context.get('principal'));
      return context.json({ joinId: await mergeByHand(host, principal, context.req.valid('json')) }, 200);
    })
    .openapi(deleteMerge, async (context) => {
      const { id } = context.req.valid('param');
      await takeBackMerge(host, principalOf(context.get('principal')), id);
      return context.body(null, 204);
    });
}

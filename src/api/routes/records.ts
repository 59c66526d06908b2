/** Records: found by an id or a value, and each one's journey. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { findRecord } from '../../store/history.ts';
import { syncNamed, syncsMeant } from '../actions/find.ts';
import { needs, type ApiEnv } from '../api-env.ts';
import { notFound } from '../problem.ts';
import { json, Failure, failureOf, NAME_LENGTH_MAX, page } from '../shapes/common.ts';
import { Paging } from '../shapes/paging.ts';
import { FoundRecord, Journey } from '../shapes/records.ts';
import { refuse } from '../shapes/refuse.ts';
import { foundRecords, listedRecords } from '../views/found.ts';
import { journeyView } from '../views/journey.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);

const getRecords = createRoute({
  method: 'get',
  path: '/records',
  tags: ['records'],
  summary: 'Records whose id, or a value that they are matched by, is or begins with the query',
  description: 'Without a query: the records of a side, by id; `sync` and `side` must then be given.',
  ...needs('viewer'),
  request: {
    query: Paging.extend({
      query: z.string().max(NAME_LENGTH_MAX).default(''),
      sync: Name.optional(),
      side: Name.optional(),
    }),
  },
  responses: { 200: json(page(FoundRecord), 'What was found, exact ids first') },
});

const getJourney = createRoute({
  method: 'get',
  path: '/records/{identity}',
  tags: ['records'],
  summary: 'The journey of one identity: what it holds everywhere, and all that happened to it',
  ...needs('viewer'),
  request: { params: z.object({ identity: z.uuid() }) },
  responses: { 200: json(Journey, 'The journey') },
});

const getRecord = createRoute({
  method: 'get',
  path: '/syncs/{name}/sides/{side}/records/{id}',
  tags: ['records'],
  summary: 'Which identity a record is, and why it is none if it is none',
  ...needs('viewer'),
  request: { params: z.object({ name: Name, side: Name, id: z.string().min(1).max(2_000) }) },
  responses: {
    200: json(
      z.object({ identity: z.string().nullable(), status: z.string(), failure: Failure.nullable() }),
      'The record',
    ),
  },
});

export function recordRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getRecords, async (context) => {
      const { query, sync, side, cursor, limit } = context.req.valid('query');
      const found = await context.get('inWorkspace')(async (tx) => {
        const syncs = syncsMeant(await allSyncs(tx), sync);
        return query === ''
          ? listedRecords(tx, syncs, side, cursor, limit)
          : { items: await foundRecords(tx, syncs, side, query, limit), next: null };
      });
      return context.json(found, 200);
    })
    .openapi(getJourney, async (context) => {
      const { identity } = context.req.valid('param');
      const journey = await context.get('inWorkspace')(async (tx) => {
        for (const sync of await allSyncs(tx)) {
          const found = await journeyView(tx, sync, identity);
          if (found !== null) return found;
        }
        throw notFound('identity', identity);
      });
      return context.json(journey, 200);
    })
    .openapi(getRecord, async (context) => {
      const { name, side, id } = context.req.valid('param');
      const record = await context.get('inWorkspace')(async (tx) =>
        findRecord(tx, (await syncNamed(tx, name)).syncKey, side, id),
      );
      if (record === null) throw notFound(`record of ${side}`, id);
      const { identityId: identity, status, failure } = record;
      return context.json({ identity, status, failure: failureOf(failure) }, 200);
    });
}

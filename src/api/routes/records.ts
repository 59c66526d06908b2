/** Records: found by an id or a value, and each one's journey. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { findRecord } from '../../store/history.ts';
import { syncNamed, syncsMeant } from '../actions/find.ts';
import { testRecord } from '../actions/test-record.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { json, Failure, failureOf, NAME_LENGTH_MAX, page } from '../shapes/common.ts';
import { Paging } from '../shapes/paging.ts';
import { RecordTest } from '../shapes/record-test.ts';
import { FoundRecord, Journey, ListedState } from '../shapes/records.ts';
import { refuse } from '../shapes/refuse.ts';
import { createTurns } from '../turns.ts';
import { foundByValue, foundRecords, listedRecords, recordsInState } from '../views/found.ts';
import { journeyView } from '../views/journey.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);

const RecordParams = z.object({ name: Name, side: Name, id: z.string().min(1).max(2_000) });

const getRecords = createRoute({
  method: 'get',
  path: '/records',
  tags: ['records'],
  summary: 'Records by an id or a value of theirs; or those of one side, all or in one state',
  description: [
    'With a query: records whose id, or a value that they are matched by, is or begins with it; `within: values` walks through',
    'everything and finds what has it anywhere among its golden values. Without one: the records of a side, by id or by `state`;',
    '`sync` and `side` must then be given. A page of values or of a state may be short, and even empty, while `next` is not null.',
  ].join(' '),
  ...needs('viewer'),
  request: {
    query: Paging.extend({
      query: z.string().max(NAME_LENGTH_MAX).default(''),
      sync: Name.optional(),
      side: Name.optional(),
      state: ListedState.optional(),
      within: z.enum(['keys', 'values']).default('keys'),
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
  request: { params: RecordParams },
  responses: {
    200: json(
      z.object({ identity: z.string().nullable(), status: z.string(), failure: Failure.nullable() }),
      'The record',
    ),
  },
});

const postTest = createRoute({
  method: 'post',
  path: '/syncs/{name}/sides/{side}/records/{id}/test',
  tags: ['records'],
  summary:
    'Looks one record up in its system and tells what it would lead to, and what keeps it back; writes nothing',
  description: 'Also for a record that was never taken in. Two at a time.',
  ...needs('operator'),
  request: { params: RecordParams },
  responses: { 200: json(RecordTest, 'Step by step, and the smallest culprit') },
});

/** At once, in this process. */
const TESTS_MAX = 2;
const WALKS_MAX = 2;

export function recordRoutes(host: ApiHost) {
  const tests = createTurns(TESTS_MAX, 'records are being tested');
  const walks = createTurns(WALKS_MAX, 'searches walk through all values');
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getRecords, async (context) => {
      const { query, sync, side, state, within, cursor, limit } = context.req.valid('query');
      const found = await context.get('inWorkspace')(async (tx) => {
        const syncs = syncsMeant(await allSyncs(tx), sync);
        if (query === '')
          return state === undefined
            ? listedRecords(tx, syncs, side, cursor, limit)
            : recordsInState(tx, syncs, side, state, cursor, limit);
        return within === 'values'
          ? walks(() => foundByValue(tx, syncs, query, cursor, limit, () => host.clock.monotonicMs()))
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
    })
    .openapi(postTest, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name, side, id } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      return context.json(await tests(() => testRecord(host, principal, sync, side, id)), 200);
    });
}

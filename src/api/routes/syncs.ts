/** One sync: what it says, what it would write, what it has been. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import type { SyncRow } from '../../store/control.ts';
import { newestPlan, newestSource, revisionsPage, revisionSource } from '../../store/revisions.ts';
import { syncNamed } from '../actions/find.ts';
import { needs, type ApiEnv } from '../api-env.ts';
import type { Counting } from '../counting.ts';
import { fileTag } from '../file-tag.ts';
import { notFound } from '../problem.ts';
import { json, at, NameParam, page } from '../shapes/common.ts';
import { FileTag } from '../shapes/mapping.ts';
import { decodeCursor, pageOf, Paging } from '../shapes/paging.ts';
import { refuse } from '../shapes/refuse.ts';
import { Plan, Revision, SyncDetail } from '../shapes/syncs.ts';
import { planHead, planView } from '../views/plan.ts';
import { mappingSentence, policySentence, ruleSentences, typeText } from '../words/mapping.ts';
import { allSyncViews } from './overview.ts';

const REVISION_MAX = 2_147_483_647;
const RevisionNumber = z.coerce.number().int().min(1).max(REVISION_MAX);

const getSync = createRoute({
  method: 'get',
  path: '/syncs/{name}',
  tags: ['syncs'],
  summary: 'One sync: its sides, its fields, its mappings in plain sentences',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: { 200: json(SyncDetail, 'The sync') },
});

const getPlan = createRoute({
  method: 'get',
  path: '/syncs/{name}/plan',
  tags: ['syncs'],
  summary: 'What would be written where, with samples, and the plan that was sealed last',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: { 200: json(Plan, 'The plan') },
});

const getRevisions = createRoute({
  method: 'get',
  path: '/syncs/{name}/revisions',
  tags: ['syncs'],
  summary: 'What the sync has been, the newest first',
  ...needs('viewer'),
  request: { params: NameParam, query: Paging },
  responses: { 200: json(page(Revision), 'Revisions') },
});

const getRevision = createRoute({
  method: 'get',
  path: '/syncs/{name}/revisions/{revision}',
  tags: ['syncs'],
  summary: 'The sync file as it was for one revision',
  ...needs('viewer'),
  request: { params: NameParam.extend({ revision: RevisionNumber }) },
  responses: { 200: json(z.object({ source: z.string() }), 'The text') },
});

const getFile = createRoute({
  method: 'get',
  path: '/sync-file',
  tags: ['syncs'],
  summary: 'The sync file as it was taken last',
  ...needs('viewer'),
  responses: {
    200: json(z.object({ source: z.string(), tag: FileTag }), 'The text; empty before the first'),
  },
});

export function syncRoutes(counting: Counting) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getSync, async (context) => {
      const { name } = context.req.valid('param');
      const short = (await allSyncViews(context, counting)).find((sync) => sync.name === name);
      if (short === undefined) throw notFound('sync', name);
      const more = await context.get('inWorkspace')(async (tx) => {
        const sync = await syncNamed(tx, name);
        const [saved] = await revisionsPage(tx, sync.syncKey, sync.revision + 1, 1);
        const plan = await newestPlan(tx, sync.syncKey);
        return { sync, saved, plan: plan === null ? null : planHead(sync, plan) };
      });
      return context.json(
        {
          ...short,
          ...wordsOf(more.sync),
          author: more.saved?.author ?? '',
          savedAt: at(more.saved?.savedMs ?? 0),
          plan: more.plan,
        },
        200,
      );
    })
    .openapi(getPlan, async (context) => {
      const { name } = context.req.valid('param');
      const plan = await context.get('inWorkspace')(async (tx) => planView(tx, await syncNamed(tx, name)));
      return context.json(plan, 200);
    })
    .openapi(getRevisions, async (context) => {
      const { name } = context.req.valid('param');
      const { cursor, limit } = context.req.valid('query');
      const before = decodeCursor(cursor, RevisionNumber);
      const rows = await context.get('inWorkspace')(async (tx) =>
        revisionsPage(tx, (await syncNamed(tx, name)).syncKey, before, limit + 1),
      );
      const shown = pageOf(
        rows,
        limit,
        ({ revision }) => revision,
        ({ revision, hash, author, savedMs }) => ({ revision, hash, author, savedAt: at(savedMs) }),
      );
      return context.json(shown, 200);
    })
    .openapi(getRevision, async (context) => {
      const { name, revision } = context.req.valid('param');
      const source = await context.get('inWorkspace')(async (tx) =>
        revisionSource(tx, (await syncNamed(tx, name)).syncKey, revision),
      );
      if (source === null) throw notFound('revision', String(revision));
      return context.json({ source }, 200);
    })
    .openapi(getFile, async (context) => {
      const source = await context.get('inWorkspace')(newestSource);
      return context.json({ source: source ?? '', tag: fileTag(source ?? '') }, 200);
    });
}

function wordsOf({ definition }: SyncRow): Pick<z.infer<typeof SyncDetail>, 'fields' | 'mappings' | 'rules'> {
  return {
    fields: definition.fields.map((field) => ({
      name: field.name,
      type: typeText(field.type),
      isRequired: field.required,
      policy: policySentence(field),
    })),
    mappings: definition.sides.flatMap((side) =>
      side.fields.map((mapping) => ({
        side: side.name,
        field: mapping.field,
        native: mapping.native,
        direction: mapping.direction,
        sentence: mappingSentence(definition.entity, side, mapping),
      })),
    ),
    rules: ruleSentences(definition),
  };
}

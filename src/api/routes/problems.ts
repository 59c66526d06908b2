/** Problems: failures with one cause as one thing, with advice and one remedy for all. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { currentProblems } from '../../diagnose/problems.ts';
import { audit } from '../../store/audit.ts';
import { allSyncs } from '../../store/control.ts';
import { noteDeed } from '../../store/problem-deeds.ts';
import { addProblemNote, problemNotes, setProblemOwner, type ProblemFilter } from '../../store/problems.ts';
import { REPLAY_PER_SECOND, REPLAY_PER_SECOND_MAX, replayAll } from '../../worker/redrive.ts';
import { problemNamed, syncNamed } from '../actions/find.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import { at, json, NAME_LENGTH_MAX, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { ProblemParam, ProblemCard, ProblemDetail, problemShape } from '../shapes/problems.ts';
import { refuse } from '../shapes/refuse.ts';

const PROBLEMS_MAX = 200;
const NOTE_LENGTH_MAX = 4_000;
const Name = z.string().min(1).max(NAME_LENGTH_MAX);

const getProblems = createRoute({
  method: 'get',
  path: '/problems',
  tags: ['problems'],
  summary: 'What is wrong, one entry per cause; the open ones and the largest first',
  ...needs('viewer'),
  request: {
    query: z.object({
      sync: Name.optional(),
      side: Name.optional(),
      code: Name.optional(),
      owner: Name.optional(),
      state: z.enum(['open', 'resolved', 'all']).default('open'),
    }),
  },
  responses: { 200: json(page(ProblemCard), `At most ${String(PROBLEMS_MAX)}; there is no second page`) },
});

const getProblem = createRoute({
  method: 'get',
  path: '/problems/{id}',
  tags: ['problems'],
  summary: 'One problem and what people noted about it',
  ...needs('viewer'),
  request: { params: ProblemParam },
  responses: { 200: json(ProblemDetail, 'The problem') },
});

const putOwner = createRoute({
  method: 'put',
  path: '/problems/{id}/owner',
  tags: ['problems'],
  summary: 'Says who looks after it; null for nobody',
  ...needs('operator'),
  request: { params: ProblemParam, body: takes(z.object({ owner: Name.nullable() })) },
  responses: NO_CONTENT,
});

const postNote = createRoute({
  method: 'post',
  path: '/problems/{id}/notes',
  tags: ['problems'],
  summary: 'Adds a note',
  ...needs('operator'),
  request: {
    params: ProblemParam,
    body: takes(z.object({ note: z.string().trim().min(1).max(NOTE_LENGTH_MAX) })),
  },
  responses: NO_CONTENT,
});

const postFix = createRoute({
  method: 'post',
  path: '/problems/{id}/fix',
  tags: ['problems'],
  summary: 'Lets every case of it try again, at a pace the system can bear',
  ...needs('operator'),
  request: {
    params: ProblemParam,
    body: takes(
      z.object({ perSecond: z.int().min(1).max(REPLAY_PER_SECOND_MAX).default(REPLAY_PER_SECOND) }),
    ),
  },
  responses: { 200: json(z.object({ replayed: z.int() }), 'How many try again') },
});

export function problemRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getProblems, async (context) => {
      const { sync, state, ...given } = context.req.valid('query');
      const found = await context.get('inWorkspace')(async (tx) => {
        const chosen = Object.entries(given).filter(([, value]) => value !== undefined);
        const filter: ProblemFilter = {
          ...Object.fromEntries(chosen),
          ...(sync === undefined ? {} : { syncKey: (await syncNamed(tx, sync)).syncKey }),
          ...(state === 'all' ? {} : { state }),
        };
        return currentProblems(tx, filter, PROBLEMS_MAX);
      });
      return context.json({ items: found.map(problemShape), next: null }, 200);
    })
    .openapi(getProblem, async (context) => {
      const { id } = context.req.valid('param');
      const { problem, notes } = await context.get('inWorkspace')(async (tx) => {
        const found = await problemNamed(tx, id);
        return { problem: found, notes: await problemNotes(tx, found.syncKey, id) };
      });
      const told = notes.map(({ atMs, author, note }) => ({ at: at(atMs), author, note }));
      return context.json({ ...problemShape(problem), notes: told }, 200);
    })
    .openapi(putOwner, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const { owner } = context.req.valid('json');
      await context.get('inWorkspace')(async (tx) => {
        const { syncKey } = await problemNamed(tx, id);
        await setProblemOwner(tx, syncKey, id, owner);
        await noteDeed(tx, syncKey, [id], by);
        await audit(tx, workspaceNo, { by, action: 'problem.owned', subject: id, detail: { owner } });
      });
      return context.body(null, 204);
    })
    .openapi(postNote, async (context) => {
      const { email: by } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const { note } = context.req.valid('json');
      await context.get('inWorkspace')(async (tx) => {
        const { syncKey } = await problemNamed(tx, id);
        await addProblemNote(tx, syncKey, id, by, note);
        await noteDeed(tx, syncKey, [id], by);
      });
      return context.body(null, 204);
    })
    .openapi(postFix, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const { perSecond } = context.req.valid('json');
      const sync = await context.get('inWorkspace')(async (tx) => {
        const { syncKey } = await problemNamed(tx, id);
        return (await allSyncs(tx)).find((known) => known.syncKey === syncKey);
      });
      if (sync === undefined) throw notFound('problem', id);
      const workspace = { transaction: context.get('inWorkspace') };
      const act = { by, reason: `fixes ${id}` };
      const replayed = await replayAll(workspace, sync, { problem: id }, act, perSecond);
      await host.database.transaction(workspaceNo, (tx) =>
        audit(tx, workspaceNo, { by, action: 'problem.fixed', subject: id, detail: { replayed } }),
      );
      return context.json({ replayed }, 200);
    });
}

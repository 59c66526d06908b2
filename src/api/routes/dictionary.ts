/** The data dictionary: shown, downloaded, and held against what is stored. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs } from '../../store/control.ts';
import { syncNamed } from '../actions/find.ts';
import { lookForViolations, violationsSeen } from '../actions/violations.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { json, NameParam } from '../shapes/common.ts';
import { Dictionary, dictionaryShape, Violations, violationsShape } from '../shapes/dictionary.ts';
import { refuse } from '../shapes/refuse.ts';
import { Task, taskShape } from '../shapes/tasks.ts';
import type { Tasks } from '../tasks.ts';

const TYPES = {
  markdown: ['text/markdown', 'md'],
  html: ['text/html', 'html'],
  'json-schema': ['application/schema+json', 'json'],
} as const;

const getDictionary = createRoute({
  method: 'get',
  path: '/dictionary',
  tags: ['dictionary'],
  summary: 'What the data means, who owns it, which values are good, and where each field lives',
  description: 'Read from the file that the newest sync file names; without one, what the syncs alone say.',
  ...needs('viewer'),
  responses: { 200: json(Dictionary, 'Every entity that is kept in step') },
});

const TEXT = { schema: z.string() };

const getFile = createRoute({
  method: 'get',
  path: '/dictionary/file',
  tags: ['dictionary'],
  summary: 'The data dictionary as a page, or as JSON Schema for other programs',
  ...needs('viewer'),
  request: { query: z.object({ format: z.enum(['markdown', 'html', 'json-schema']) }) },
  responses: {
    200: {
      description: 'The file',
      content: { 'text/markdown': TEXT, 'text/html': TEXT, 'application/schema+json': TEXT },
    },
  },
});

const postViolations = createRoute({
  method: 'post',
  path: '/syncs/{name}/violations',
  tags: ['dictionary'],
  summary: 'Judges every stored value by the data dictionary; writes nothing',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 202: json(Task, 'The work, begun') },
});

const getViolations = createRoute({
  method: 'get',
  path: '/syncs/{name}/violations',
  tags: ['dictionary'],
  summary: 'Which values broke the data dictionary when it was last asked, by side, field and rule',
  ...needs('viewer'),
  request: { params: NameParam },
  responses: {
    200: json(z.object({ report: Violations.nullable() }), 'Null before anybody has asked'),
  },
});

export function dictionaryRoutes(host: ApiHost, tasks: Tasks) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getDictionary, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const seen = await host.work(workspaceNo).dictionary.seen();
      const syncs = await context.get('inWorkspace')(allSyncs);
      const entities = syncs.map(({ name, definition: { entity } }) => ({ name, entity }));
      return context.json(dictionaryShape(seen, entities), 200);
    })
    .openapi(getFile, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { format } = context.req.valid('query');
      const text = await host.work(workspaceNo).dictionary.exported(format);
      if (text === null)
        throw new ApiProblem('not_found', {
          detail: 'there is no data dictionary that can be read',
          advice: 'Draft one: trueup dictionary draft. Then name it in the sync file.',
        });
      const [type, ending] = TYPES[format];
      return context.body(text, 200, {
        'content-type': `${type}; charset=utf-8`,
        'content-disposition': `attachment; filename="data-dictionary.${ending}"`,
      });
    })
    .openapi(postViolations, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const sync = await context.get('inWorkspace')((tx) => syncNamed(tx, name));
      const task = tasks.start(workspaceNo, { kind: 'violations', sync: name }, (tell, signal) =>
        lookForViolations(host, workspaceNo, sync, tell, signal),
      );
      return context.json(taskShape(task), 202);
    })
    .openapi(getViolations, async (context) => {
      const { name } = context.req.valid('param');
      const report = await context.get('inWorkspace')(async (tx) => {
        const sync = await syncNamed(tx, name);
        const seen = await violationsSeen(tx, sync);
        return seen === null ? null : violationsShape(seen, sync.revision);
      });
      return context.json({ report }, 200);
    });
}

/** The sync file, checked and taken from afar. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { audit } from '../../store/audit.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { Counting } from '../counting.ts';
import type { ApiHost, SyncFileError } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { json, list, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { Sync } from '../shapes/status.ts';
import { allSyncViews } from './overview.ts';

const SOURCE_LENGTH_MAX = 500_000;
const Source = z.object({ source: z.string().min(1).max(SOURCE_LENGTH_MAX) });

const FileErrors = z
  .object({
    errors: list(
      z.object({
        line: z.int(),
        column: z.int(),
        path: z.string(),
        message: z.string(),
        fix: z.string().nullable(),
      }),
    ),
  })
  .openapi('FileErrors');

// Checking opens the connections that the text describes, with the secrets that it names: that is an admin's to order.
const postCheck = createRoute({
  method: 'post',
  path: '/sync-file/check',
  tags: ['syncs'],
  summary: 'Checks a sync file by itself and against the systems; no revision is made',
  ...needs('admin'),
  request: { body: takes(Source) },
  responses: { 200: json(FileErrors, 'Everything that is wrong with it; empty when nothing is') },
});

const putFile = createRoute({
  method: 'put',
  path: '/sync-file',
  tags: ['syncs'],
  summary: 'Checks a sync file and makes it the revision of its syncs, which then only observe',
  ...needs('admin'),
  request: { body: takes(Source) },
  responses: { 200: json(page(Sync), 'Every sync as it is now') },
});

export function syncFileRoutes(host: ApiHost, counting: Counting) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(postCheck, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { source } = context.req.valid('json');
      const errors = await host.work(workspaceNo).file.check(source, by, context.req.raw.signal);
      return context.json({ errors }, 200);
    })
    .openapi(putFile, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { source } = context.req.valid('json');
      const errors = await host.work(workspaceNo).file.take(source, by, context.req.raw.signal);
      if (errors.length > 0)
        throw new ApiProblem('invalid', {
          detail: 'the sync file is wrong; no revision was made',
          errors: errors.map(errorText),
        });
      await context.get('inWorkspace')((tx) =>
        audit(tx, workspaceNo, { by, action: 'syncFile.taken', subject: 'trueup.yaml', detail: {} }),
      );
      return context.json({ items: await allSyncViews(context, counting), next: null }, 200);
    });
}

function errorText({ line, column, path, message, fix }: SyncFileError): {
  readonly path: string;
  readonly message: string;
} {
  const place = `${String(line)}:${String(column)} ${path}`;
  return { path: place, message: fix === null ? message : `${message}. ${fix}` };
}

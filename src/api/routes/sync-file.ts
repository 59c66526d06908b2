/** The sync file, checked and taken from afar. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { audit } from '../../store/audit.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { Counting } from '../counting.ts';
import type { ApiHost, SyncFileError } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { json, list, NAME_LENGTH_MAX, page, takes } from '../shapes/common.ts';
import { FileErrorShape, FileTag, MappingTrial, SaidMapping } from '../shapes/mapping.ts';
import { refuse } from '../shapes/refuse.ts';
import { Sync } from '../shapes/status.ts';
import { SyncWhatIf } from '../shapes/what-if.ts';
import { createTurns } from '../turns.ts';
import { allSyncViews } from './overview.ts';

const SOURCE_LENGTH_MAX = 500_000;
const Source = z.object({ source: z.string().min(1).max(SOURCE_LENGTH_MAX) });

const FileErrors = z.object({ errors: list(FileErrorShape) }).openapi('FileErrors');

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
  request: {
    body: takes(
      Source.extend({
        over: FileTag.optional().openapi({
          description:
            'The tag of the text that this was made from: refused where another was saved meanwhile',
        }),
      }),
    ),
  },
  responses: { 200: json(page(Sync), 'Every sync as it is now') },
});

const Since = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .openapi({ description: 'A time, or a day: its beginning in UTC', example: '2026-01-31' });

const postWhatIf = createRoute({
  method: 'post',
  path: '/sync-file/what-if',
  tags: ['syncs'],
  summary:
    'What an edited sync file would change; with `since`, also of what has happened since then. No revision, no plan, no write',
  description: [
    'Checked as it is before it is saved; each of its syncs that says something else than the stored one is then tried on up to 200',
    'things and, for some 15 seconds, on the journal: `isWhole` says whether all of that was gone through. Two at a time.',
  ].join(' '),
  ...needs('admin'),
  request: { body: takes(Source.extend({ since: Since.nullable().default(null) })) },
  responses: { 200: json(z.object({ syncs: list(SyncWhatIf) }), 'What would be otherwise, sync by sync') },
});

const Name = z.string().min(1).max(NAME_LENGTH_MAX);

const postMapping = createRoute({
  method: 'post',
  path: '/sync-file/mapping',
  tags: ['syncs'],
  summary:
    'One mapping said otherwise: the text of the sync file with it, what is wrong with that, and real records through it. Stores nothing',
  ...needs('admin'),
  request: {
    body: takes(
      z.object({
        sync: Name,
        side: Name,
        field: Name,
        mapping: SaidMapping.nullable()
          .optional()
          .openapi({ description: 'Left out: as it is. Null: the field is no longer kept at this side' }),
      }),
    ),
  },
  responses: { 200: json(MappingTrial, 'What it would be') },
});

/** At once, in this process. */
const TRIES_MAX = 2;
/** These are short. */
const MAPPINGS_MAX = 4;

export function syncFileRoutes(host: ApiHost, counting: Counting) {
  const tries = createTurns(TRIES_MAX, 'edited sync files are being tried');
  const trials = createTurns(MAPPINGS_MAX, 'mappings are being tried');
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(postCheck, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { source } = context.req.valid('json');
      const errors = await host.work(workspaceNo).file.check(source, by, context.req.raw.signal);
      return context.json({ errors }, 200);
    })
    .openapi(putFile, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { source, over } = context.req.valid('json');
      const errors = await host.work(workspaceNo).file.take(source, by, context.req.raw.signal, over);
      if (errors.length > 0) throw wrongFile(errors, 'no revision was made');
      await context.get('inWorkspace')((tx) =>
        audit(tx, workspaceNo, { by, action: 'syncFile.taken', subject: 'trueup.yaml', detail: {} }),
      );
      return context.json({ items: await allSyncViews(context, counting), next: null }, 200);
    })
    .openapi(postMapping, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const asked = context.req.valid('json');
      const mapping = asked.mapping;
      const trial = await trials(() =>
        host.work(workspaceNo).file.tryMapping({ ...asked, mapping }, by, context.req.raw.signal),
      );
      if (trial === null) throw notFound('mapping', `${asked.sync} ${asked.side} ${asked.field}`);
      return context.json(trial, 200);
    })
    .openapi(postWhatIf, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { source, since } = context.req.valid('json');
      const sinceMs = since === null ? null : Date.parse(since);
      const found = await tries(async () => {
        await context.get('inWorkspace')((tx) =>
          audit(tx, workspaceNo, {
            by,
            action: 'syncFile.tried',
            subject: 'trueup.yaml',
            detail: { since },
          }),
        );
        return host.work(workspaceNo).file.whatIf(source, sinceMs, by, context.req.raw.signal);
      });
      if (found.kind === 'errors') throw wrongFile(found.errors, 'nothing was tried');
      return context.json({ syncs: found.syncs }, 200);
    });
}

function wrongFile(errors: readonly SyncFileError[], outcome: string): ApiProblem {
  return new ApiProblem('invalid', {
    detail: `the sync file is wrong; ${outcome}`,
    errors: errors.map(errorText),
  });
}

function errorText({ line, column, path, message, fix }: SyncFileError): {
  readonly path: string;
  readonly message: string;
} {
  const place = `${String(line)}:${String(column)} ${path}`;
  return { path: place, message: fix === null ? message : `${message}. ${fix}` };
}

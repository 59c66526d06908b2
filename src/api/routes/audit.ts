/** What people did, and the proof that nothing of it was changed. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { auditPage, verifyAudit } from '../../store/audit.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import { AnyJson, at, Instant, json, page } from '../shapes/common.ts';
import { decodeCursor, pageOf, Paging } from '../shapes/paging.ts';
import { refuse } from '../shapes/refuse.ts';

const AuditEntry = z
  .object({
    number: z.int(),
    at: Instant,
    by: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), AnyJson),
  })
  .openapi('AuditEntry');

const Head = z.object({ number: z.int(), hash: z.string() });

const Verification = z
  .object({
    isIntact: z.boolean(),
    entries: z.int(),
    brokenAt: z.int().nullable(),
    head: Head.nullable().openapi({ description: 'To be kept elsewhere and given at the next verification' }),
  })
  .openapi('Verification');

const getAudit = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['activity'],
  summary: 'What people did in Trueup, the newest first',
  ...needs('admin'),
  request: { query: Paging },
  responses: { 200: json(page(AuditEntry), 'Entries') },
});

const getVerification = createRoute({
  method: 'get',
  path: '/audit/verification',
  tags: ['activity'],
  summary: 'Follows the chain of hashes from the first entry to the last',
  description:
    'Only a head that was noted before shows that the end was cut off or everything was rewritten.',
  ...needs('admin'),
  request: {
    query: z.object({
      number: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      hash: z.hex().length(64).optional(),
    }),
  },
  responses: { 200: json(Verification, 'What was found') },
});

export function auditRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getAudit, async (context) => {
      const { cursor, limit } = context.req.valid('query');
      const before = decodeCursor(cursor, z.int().min(1));
      const rows = await context.get('inWorkspace')((tx) => auditPage(tx, before, limit + 1));
      const shown = pageOf(
        rows,
        limit,
        ({ number }) => number,
        ({ number, atMs, by, action, subject, detail }) => ({
          number,
          at: at(atMs),
          by,
          action,
          subject,
          detail: detail as z.infer<typeof AuditEntry>['detail'],
        }),
      );
      return context.json(shown, 200);
    })
    .openapi(getVerification, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { number, hash } = context.req.valid('query');
      const known = number === undefined || hash === undefined ? null : { number, hash };
      const found = await context.get('inWorkspace')((tx) => verifyAudit(tx, workspaceNo, known));
      return context.json({ ...found, isIntact: found.brokenAt === null }, 200);
    });
}

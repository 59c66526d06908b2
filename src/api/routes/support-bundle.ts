/** The support bundle: what somebody who helps needs to know, with the values of records kept out. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { bundlePage, gatherBundle } from '../../diagnose/bundle.ts';
import { audit } from '../../store/audit.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import { refuse } from '../shapes/refuse.ts';
import { createTurns } from '../turns.ts';

const getBundle = createRoute({
  method: 'get',
  path: '/support-bundle',
  tags: ['problems'],
  summary:
    'What somebody who helps needs to know, as one page that needs nothing else; who took it is in the audit trail',
  description:
    'Values of records are left out or shown by their form; counts every record anew. One at a time.',
  ...needs('operator'),
  responses: { 200: { description: 'The page', content: { 'text/html': { schema: z.string() } } } },
});

export function supportBundleRoutes() {
  const inTurn = createTurns(1, 'support bundles are being gathered');
  const program = { node: process.versions.node, platform: `${process.platform} ${process.arch}` };
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse }).openapi(getBundle, async (context) => {
    const { workspaceNo, email: by } = principalOf(context.get('principal'));
    const bundle = await inTurn(() =>
      context.get('inWorkspace')(async (tx) => {
        await audit(tx, workspaceNo, { by, action: 'bundle.taken', subject: 'support bundle', detail: {} });
        return gatherBundle(tx, program);
      }),
    );
    return context.body(bundlePage(bundle), 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-disposition': 'attachment; filename="trueup-support.html"',
    });
  });
}

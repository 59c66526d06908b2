/** What keeps the installation in order: how long what is over is kept, and how the backups stand. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { audit, newestUpkeep, type AuditEntry } from '../../store/audit.ts';
import type { Tx } from '../../store/database.ts';
import {
  keepFor,
  RETAINED,
  RETENTION_DAYS_MAX,
  RETENTION_DAYS_MIN,
  retentionOf,
} from '../../store/retention.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import { at, Instant, json, list, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

const Days = z
  .int()
  .min(RETENTION_DAYS_MIN)
  .max(RETENTION_DAYS_MAX)
  .nullable()
  .openapi({ description: 'Null keeps it for ever' });

const Retention = z
  .object({
    kept: list(z.object({ what: z.enum(RETAINED), days: Days, isDefault: z.boolean() })),
    daysMin: z.int(),
    daysMax: z.int(),
    lastForgottenAt: Instant.nullable().openapi({ description: 'When something was last ended by it' }),
  })
  .openapi('Retention');

const Deed = z.object({ at: Instant, by: z.string(), file: z.string() });

const Backup = z
  .object({
    made: Deed.extend({ bytes: z.int().nullable() }).nullable(),
    checked: Deed.extend({
      madeAt: Instant.nullable().openapi({ description: 'When the backup that was checked was made' }),
    }).nullable(),
  })
  .openapi('Backup', { description: 'The newest backup, and the newest one that was read to its end' });

const getRetention = createRoute({
  method: 'get',
  path: '/retention',
  tags: ['upkeep'],
  summary: 'How long what is over is kept',
  description: 'What explains something that is still open is kept as long as it is.',
  ...needs('viewer'),
  responses: { 200: json(Retention, 'Of everything that is kept for a time') },
});

const putRetention = createRoute({
  method: 'put',
  path: '/retention/{what}',
  tags: ['upkeep'],
  summary: 'Keeps something for so many days from now on; what is over already goes with the next night',
  ...needs('admin'),
  request: {
    params: z.object({ what: z.enum(RETAINED) }),
    body: takes(z.object({ days: Days })),
  },
  responses: { 200: json(Retention, 'As it is now') },
});

const getBackup = createRoute({
  method: 'get',
  path: '/backup',
  tags: ['upkeep'],
  summary: 'When the store was last backed up, and when a backup was last checked',
  ...needs('admin'),
  responses: { 200: json(Backup, 'Null for what was never done') },
});

export function upkeepRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getRetention, async (context) =>
      context.json(await context.get('inWorkspace')(retentionView), 200),
    )
    .openapi(putRetention, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { what } = context.req.valid('param');
      const { days } = context.req.valid('json');
      const view = await context.get('inWorkspace')(async (tx) => {
        const before = await keepFor(tx, workspaceNo, what, days);
        if (before !== days)
          await audit(tx, workspaceNo, {
            by,
            action: 'retention.set',
            subject: what,
            detail: { before, days },
          });
        return retentionView(tx);
      });
      return context.json(view, 200);
    })
    .openapi(getBackup, async (context) => {
      const [made, checked] = await context.get('inWorkspace')(async (tx) => [
        await newestUpkeep(tx, 'backedUp'),
        await newestUpkeep(tx, 'backupChecked'),
      ]);
      return context.json(
        {
          made: made == null ? null : { ...deedOf(made), bytes: numberIn(made, 'bytes') },
          checked: checked == null ? null : { ...deedOf(checked), madeAt: at(numberIn(checked, 'madeAtMs')) },
        },
        200,
      );
    });
}

async function retentionView(tx: Tx): Promise<z.infer<typeof Retention>> {
  const last = await newestUpkeep(tx, 'forgotten');
  return {
    kept: await retentionOf(tx),
    daysMin: RETENTION_DAYS_MIN,
    daysMax: RETENTION_DAYS_MAX,
    lastForgottenAt: at(last?.atMs ?? null),
  };
}

function deedOf({ atMs, by, subject }: AuditEntry): z.infer<typeof Deed> {
  return { at: at(atMs), by, file: subject };
}

function numberIn({ detail }: AuditEntry, name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
}

/** One sync in full: its fields, its mappings in words, its plan. */
import { z } from '@hono/zod-openapi';

import { Instant, list, Value } from './common.ts';
import { Sync } from './status.ts';

export const PlanHead = z
  .object({
    hash: z.string(),
    revision: z.int(),
    writes: z.int(),
    sealedAt: Instant,
    isApproved: z.boolean(),
    approvedBy: z.string().nullable(),
    isCurrent: z.boolean().openapi({ description: 'Made for the revision that the sync has now' }),
  })
  .openapi('PlanHead');

export const SyncDetail = Sync.extend({
  fields: list(
    z.object({
      name: z.string(),
      type: z.string(),
      isRequired: z.boolean(),
      policy: z.string().openapi({ description: 'Who decides about it, as a sentence' }),
    }),
  ),
  mappings: list(
    z.object({
      side: z.string(),
      field: z.string(),
      native: z.string(),
      direction: z.enum(['both', 'in', 'out']),
      sentence: z.string(),
    }),
  ),
  rules: list(z.string()).openapi({ description: 'Match, deletes and guard, each as a sentence' }),
  author: z.string(),
  savedAt: Instant,
  plan: PlanHead.nullable(),
}).openapi('SyncDetail');

export const Plan = z
  .object({
    plan: PlanHead.nullable(),
    groups: list(
      z.object({
        side: z.string(),
        kind: z.enum(['create', 'update', 'delete']),
        count: z.int(),
        samples: list(
          z.object({
            identity: z.string(),
            title: z.string(),
            values: list(z.object({ field: z.string(), before: Value.nullable(), after: Value.nullable() })),
          }),
        ),
      }),
    ),
  })
  .openapi('Plan');

export const Revision = z
  .object({ revision: z.int(), hash: z.string(), author: z.string(), savedAt: Instant })
  .openapi('Revision');

export const Approval = z.object({ released: z.int(), moved: z.int() }).openapi('Approval', {
  description:
    'Writes that go out now, and planned ones whose records have changed since the plan was sealed',
});

const Gravity = z
  .enum(['harmless', 'attention', 'stopsField', 'stopsCreates', 'stopsSync'])
  .openapi('Gravity', { description: 'From the mildest to the gravest' });

export const SideSchema = z
  .object({
    side: z.string(),
    collection: z.string(),
    since: Instant.openapi({ description: 'What the mapping is made for was approved, or first seen' }),
    seenAt: Instant.openapi({ description: 'When the system last said something else' }),
    version: z.int().openapi({ description: 'Of what the system says; to be named when it is accepted' }),
    changes: list(
      z.object({
        gravity: Gravity,
        sentence: z.string(),
        fix: z.string().nullable(),
        fields: list(z.string()),
        native: z.string().openapi({ description: 'The field at the system' }),
        before: z.string().nullable().openapi({ description: 'What it was; null for a new one' }),
        after: z.string().nullable().openapi({ description: 'What it is; null for one that is gone' }),
      }),
    ),
  })
  .openapi('SideSchema');

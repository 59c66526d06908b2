/** Pairs of things that may be one. */
import { z } from '@hono/zod-openapi';

import { Instant, list, NAME_LENGTH_MAX, Value } from './common.ts';

const Thing = z
  .object({
    identity: z.string(),
    title: z.string(),
    records: list(z.object({ side: z.string(), recordId: z.string() })),
  })
  .openapi('Thing');

export const Match = z
  .object({
    id: z.string(),
    sync: z.string(),
    kind: z
      .enum(['match', 'inner'])
      .openapi({ description: '`inner`: both are at one side, where only its own system can make them one' }),
    likeness: z.int().openapi({ description: 'Of 100' }),
    sentence: z.string(),
    foundAt: Instant,
    left: Thing,
    right: Thing,
    fields: list(z.object({ name: z.string(), left: Value, right: Value })),
    choices: list(z.enum(['confirm', 'reject'])),
  })
  .openapi('Match');

/** As many as the workers' transactions stay short with. */
const MATCHES_TOGETHER_MAX = 500;

export const MatchDecisions = z
  .object({
    decisions: z
      .array(z.object({ id: z.uuid(), kind: z.enum(['confirm', 'reject']) }))
      .min(1)
      .max(MATCHES_TOGETHER_MAX)
      .readonly(),
  })
  .openapi('MatchDecisions', { description: 'All of them are carried out, or none' });

export const MatchDecision = z
  .object({ kind: z.enum(['confirm', 'reject']) })
  .openapi('MatchDecision', { description: '`confirm`: they are one; `reject`: they are two' });

export const Merge = z
  .object({
    id: z.string(),
    sync: z.string(),
    identity: z.string(),
    title: z.string(),
    moved: list(z.object({ side: z.string(), recordId: z.string() })).openapi({
      description: 'The records that became those of the identity',
    }),
    at: Instant,
    by: z.string(),
  })
  .openapi('Merge', { description: 'Two things of which a person said that they are one' });

/** Two things that a person says are one, though nothing suggested it. */
export const MergeByHand = z
  .object({
    sync: z.string().min(1).max(NAME_LENGTH_MAX),
    identities: z.tuple([z.uuid(), z.uuid()]).readonly(),
  })
  .openapi('MergeByHand');

/** What a diagnosis says. */
import { z } from '@hono/zod-openapi';

import { Instant, list, page } from './common.ts';

export const Symptom = z.enum(['nothing', 'missing', 'duplicates', 'stale', 'mismatch']);

const Finding = z
  .object({
    sync: z.string(),
    symptoms: list(Symptom).openapi({ description: 'What people complain of because of it' }),
    cause: z.string(),
    evidence: list(z.string()),
    weight: z.enum(['stopped', 'partly', 'asSetUp']).openapi({
      description:
        '`stopped`: nothing goes at all, at a side or everywhere; `partly`: some does not; `asSetUp`: meant so',
    }),
    fault: z.object({
      kind: z.enum(['system', 'access', 'setUp', 'values', 'decision', 'workers', 'trueup', 'unclear']),
      says: z.string(),
    }),
    side: z.string().nullable(),
    since: Instant.nullable(),
    records: z.int().nullable(),
    samples: list(
      z.object({
        record: z.string(),
        identity: z.string().nullable(),
        title: z.string().openapi({ description: 'What people know it by; its id where nothing is known' }),
      }),
    ).openapi({ description: 'Some of the records' }),
    advice: z.string(),
    place: z
      .enum([
        'problem',
        'connection',
        'review',
        'plan',
        'sync',
        'syncFile',
        'excludedRecords',
        'reconciliation',
        'activity',
      ])
      .openapi({ description: 'Where it is mended' }),
    connection: z.string().nullable(),
    problem: z.string().nullable(),
    next: z.string().openapi({ description: 'The command that goes on from here' }),
  })
  .openapi('Finding');

export const Diagnosis = page(Finding)
  .extend({
    asOf: Instant,
    blind: list(
      z.object({ sync: z.string().nullable(), side: z.string().nullable(), says: z.string() }),
    ).openapi({ description: 'What could not be looked at: that nothing is found there says nothing' }),
  })
  .openapi('Diagnosis');

/** What became of the question why a record is not in step. */
import { z } from '@hono/zod-openapi';

import { list } from './common.ts';

export const RecordTest = z
  .object({
    kind: z
      .enum(['found', 'absent', 'hidden', 'failed'])
      .openapi({ description: 'What its system says of it now' }),
    verdict: z.string(),
    isWell: z.boolean().openapi({ description: 'Every step would go well' }),
    steps: list(
      z.object({
        what: z.enum(['filter', 'read', 'rules', 'match', 'write']),
        side: z.string(),
        says: z.string(),
        code: z.string().nullable().openapi({ description: 'Which failure it would be; null for none' }),
        field: z.string().nullable(),
      }),
    ),
    culprit: z
      .object({
        code: z.string(),
        says: z.string(),
        parts: list(z.string()).openapi({
          description:
            'The fewest parts of the sync without any of which it would go well; none if no part is to blame',
        }),
        tries: z.int(),
        isMinimal: z.boolean(),
      })
      .nullable()
      .openapi({ description: 'What makes the first failing step fail' }),
  })
  .openapi('RecordTest');
